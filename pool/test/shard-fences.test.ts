import { newSessionId } from "@whisper/shared/base/ids";
import { systemRandom } from "@whisper/shared/base/random";
import type { Memo, MemoKind } from "@whisper/shared/bus/memos";
import { afterEach, expect, test } from "vitest";
import { createMail, type Mail } from "../src/runtime/mail.ts";
import { newDevice, startRegion, type TestRegion } from "./support/region.ts";
import { until } from "./support/until.ts";

// Words about a session that come late, or not at all, after it has moved on: of several shards that know it, only the
// one with the newest epoch speaks for it.

let region: TestRegion;
afterEach(() => region.stop());

const newcomer = () => ({ session: newSessionId(systemRandom), device: newDevice() });

/** Mail that does not hear memos of this kind, until it is told to. */
function deafTo(kind: MemoKind) {
  let held: (() => void)[] | undefined = [];
  const wrap = (mail: Mail): Mail => ({
    ...mail,
    listen: (subject, on, options) =>
      mail.listen(
        subject,
        (memo: Memo) => {
          if (memo.kind !== kind || held === undefined) on(memo);
          else held.push(() => on(memo));
        },
        options,
      ),
  });
  return {
    wrap,
    held: () => held?.length ?? 0,
    hear(): void {
      const late = held ?? [];
      held = undefined;
      for (const one of late) one();
    },
  };
}

test("[G66] a write that is refused for its epoch closes the socket it was about, not the newer one on the same shard", async () => {
  const deaf = deafTo("written");
  region = await startRegion({ mail: deaf.wrap });
  const who = newcomer();
  const old = await region.enter({ ...who, fresh: true });
  await old.next("session_created");
  old.say({ type: "find_match", interests: ["rivers"] });
  await until("the answer to its write is on its way", () => deaf.held() > 0);
  const young = await region.enter(who);
  await young.next("resumed");
  expect(await old.end()).toMatchObject({ code: 4302 });
  // The write goes again, is found to be of an older epoch, and all answers come at last.
  await until("it was asked again", () => deaf.held() > 2);
  deaf.hear();
  young.say({ type: "ping" });
  await young.next("pong");
  expect(young.closed).toBeUndefined();
  young.leave();
});

test("[G66] only a word about an epoch above its own ends the socket of a session", async () => {
  region = await startRegion({ shards: 2 });
  const { session } = newcomer();
  const one = await region.enter({ session, fresh: true });
  await one.next("session_created");
  const [shard, other] = region.shards;
  if (shard === undefined || other === undefined) throw new Error("a region of two shards");
  const { slots } = shard.hub;
  const { epoch } = slots.holder(slots.find(session));
  const bus = region.network.join(() => undefined);
  const mail = createMail(bus, setImmediate);
  const about = { kind: "superseded", session, address: other.address } as const;
  mail.sendTo(shard.address, { ...about, memo: 1, epoch: epoch - 4 });
  mail.sendTo(shard.address, { ...about, memo: 2, epoch });
  mail.flush();
  await bus.flush();
  one.say({ type: "ping" });
  await one.next("pong");
  expect(one.closed).toBeUndefined();
  mail.sendTo(shard.address, { ...about, memo: 3, epoch: epoch + 1 });
  expect(await one.end()).toMatchObject({ code: 4302 });
  await bus.close();
});
