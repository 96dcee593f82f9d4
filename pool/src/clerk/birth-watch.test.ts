import type { RegionName } from "@whisper/shared/base/ids";
import type { Memo } from "@whisper/shared/bus/memos";
import { afterEach, expect, test } from "vitest";
import { until } from "../../test/support/until.ts";
import { createMemoryNetwork } from "../adapters/memory/memory-bus.ts";
import { createMail } from "../runtime/mail.ts";
import { startBirthWatch } from "./birth-watch.ts";

const REGION = "eu-west" as RegionName;
const EVERY_MS = 2;
const watches: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  for (const watch of watches.splice(0)) await watch.stop();
});

/** A store whose partitions can be born anew, clerks that watch it, and what shards are told. */
function scene() {
  const network = createMemoryNetwork();
  const mail = () =>
    createMail(
      network.join((error) => {
        throw error;
      }),
      setImmediate,
    );
  const births = new Map<string, number>();
  let isAway = false;
  let looks = 0;
  const read = async (name: string): Promise<string> => {
    if (isAway) throw new Error("away");
    return `${name}.${births.get(name) ?? 0}`;
  };
  const told: Memo[] = [];
  mail().listen("wh.ctl.all", (memo) => void told.push(memo));
  return {
    told,
    born: (...names: string[]) => {
      for (const name of names) births.set(name, (births.get(name) ?? 0) + 1);
    },
    away(is: boolean) {
      isAway = is;
    },
    watch(isMine: () => boolean = () => true) {
      const records = {
        generations: () => Promise.all(["0", "1", "2"].map(read)),
        deskGeneration: () => {
          looks++;
          return read("desk");
        },
      };
      const turn = { isMine: async () => isMine() };
      const parts = { mail: mail(), region: REGION, records, clock: { nowMs: () => 0 }, turn, everyMs: EVERY_MS };
      watches.push(startBirthWatch(parts));
    },
    /** Resolves when the store was looked at so many times more. */
    async looked(times: number): Promise<void> {
      const wanted = looks + times;
      await until("looks", () => looks >= wanted);
    },
  };
}
const reborn = (partitions: string[], desk?: "emptied") => ({ kind: "reborn", home: REGION, partitions, desk });

test("[R40] what was there at the first look is no birth, and each birth is told once", async () => {
  const { watch, told, born, looked } = scene();
  born("0", "desk");
  watch();
  await looked(3);
  expect(told).toEqual([]);
  born("1", "2");
  await looked(5);
  expect(told).toEqual([reborn(["1", "2"])]);
  born("desk");
  await looked(5);
  expect(told).toEqual([reborn(["1", "2"]), reborn([], "emptied")]);
});

test("[R40] a turn that was lost with the store is told of by whoever takes it, for all have looked", async () => {
  const { watch, told, born, looked } = scene();
  let holder: number | undefined = 1;
  watch(() => holder === 1);
  watch(() => holder === 2);
  await looked(6);
  holder = undefined;
  born("0", "1", "2", "desk");
  await looked(6);
  expect(told).toEqual([]);
  holder = 2;
  await until("it is told", () => told.length > 0);
  await looked(6);
  expect(told).toEqual([reborn(["0", "1", "2"], "emptied")]);
  holder = 1;
  await looked(6);
  expect(told).toHaveLength(1);
});

test("[R40] a store that was away and lost nothing is no news; one that came back empty is told at once", async () => {
  const { watch, told, born, looked, away } = scene();
  watch();
  await looked(3);
  away(true);
  await looked(3);
  away(false);
  await looked(3);
  expect(told).toEqual([]);
  away(true);
  born("0", "1", "2", "desk");
  await looked(3);
  away(false);
  await until("it is told", () => told.length > 0);
  expect(told).toEqual([reborn(["0", "1", "2"], "emptied")]);
});
