import { systemClock } from "@whisper/shared/base/clock";
import type { SessionId } from "@whisper/shared/base/ids";
import { newSessionId } from "@whisper/shared/base/ids";
import { systemRandom } from "@whisper/shared/base/random";
import { audienceOf } from "@whisper/shared/credentials/claims";
import { signJwt } from "@whisper/shared/credentials/jwt";
import { TICKET_MS } from "@whisper/shared/limits";
import { afterAll, beforeAll, expect, test } from "vitest";
import { nodeSigner } from "../src/adapters/node-keys.ts";
import { meet } from "./support/meet.ts";
import { openPoolGround, type PoolGround, type PoolProcess } from "./support/pool-process.ts";
import { lives } from "./support/processes.ts";
import { newDevice, REGION } from "./support/region.ts";
import { Stranger } from "./support/stranger.ts";
import { until } from "./support/until.ts";

// A supervisor that is stopped, and one that is killed, under people who talk: real pools, at their real pace.

const { PATH = "", HOME = "" } = process.env;
let ground: PoolGround;
beforeAll(async () => {
  ground = await openPoolGround({ PATH, HOME });
}, 30_000);
afterAll(() => ground.close());

let lastEp = systemClock.nowMs() * 4;

/** Somebody, new or known, on one of the pools. */
async function enter(pool: PoolProcess, name: string, sub: SessionId, dev: string, isNew: boolean): Promise<Stranger> {
  const iat = Math.floor(systemClock.nowMs() / 1_000);
  lastEp += 4;
  const claims = { typ: "ticket", sub, home: REGION, dev, net: "n", lane: "live", ep: lastEp, iat } as const;
  const more = { aud: [audienceOf(REGION, name)], exp: iat + TICKET_MS / 1_000, ...(isNew ? { new: true } : {}) };
  return Stranger.withTicket(pool.url, await signJwt({ ...claims, ...more }, nodeSigner(ground.key)));
}

test("[G62] a supervisor that is stopped and stays so costs nobody anything; killed, its pool's people go on elsewhere", async () => {
  const pools = [await ground.pool({ WHISPER_SHARDS: "2" }), await ground.pool({ WHISPER_POOL: "p2" })] as const;
  const [first, second] = pools;
  const who = [newSessionId(systemRandom), newDevice()] as const;
  const a = await enter(first, "p1", ...who, true);
  const b = await enter(second, "p2", newSessionId(systemRandom), newDevice(), true);
  const chat_id = await meet(a, b);
  const shards = first.shards();
  process.kill(first.child.pid, "SIGSTOP");
  const stoppedMs = performance.now();
  // Twice as long as it takes to be thought dead, and each shard speaks for itself all the while.
  const own = (shard: number): number =>
    ground.heard.lines.filter((line) => line.pool === "p1" && line.shard === shard && line.atMs > stoppedMs).length;
  await until("both speak for themselves", () => own(0) >= 4 && own(1) >= 4, 12_000);
  for (const id of [1, 2, 3]) {
    a.say({ type: "message", chat_id, id, text: `still here ${id}` });
    expect(await b.next("message")).toMatchObject({ id, text: `still here ${id}` });
  }
  b.say({ type: "message", chat_id, id: 1, text: "so am I" });
  expect(await a.next("message")).toMatchObject({ id: 1 });
  expect([b.all("partner_away"), b.all("partner_left"), a.all("partner_away")]).toEqual([[], [], []]);

  process.kill(first.child.pid, "SIGKILL");
  await a.end();
  await until("its shards are gone with it", () => !shards.some(lives));
  await b.next("partner_away");
  const back = await enter(second, "p2", ...who, false);
  expect(await back.next("resumed")).toMatchObject({ place: "chatting", chat_id });
  await b.next("partner_back");
  back.say({ type: "message", chat_id, id: 4, text: "back again" });
  expect(await b.next("message")).toMatchObject({ id: 4, text: "back again" });
  expect(b.all("partner_left")).toEqual([]);
  for (const one of [back, b]) one.leave();
}, 60_000);
