import { setTimeout as pause } from "node:timers/promises";
import { systemRandom } from "@whisper/shared/base/random";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openRedisRecords } from "../src/adapters/redis/redis-records.ts";
import { openRedisTurn } from "../src/adapters/redis/redis-turn.ts";
import { openRedisWaitingList } from "../src/adapters/redis/redis-waiting-list.ts";
import { RECORDS_SETTINGS, type RecordsSettings } from "../src/clerk/records-settings.ts";
import { deskSettings } from "../src/matcher/desk-settings.ts";
import type { Records } from "../src/ports.ts";
import { anySession, CHAT, DEVICE, HALF, HERE, NOW_MS, recordsContract } from "./contract/records.contract.ts";
import { waitingListContract } from "./contract/waiting-list.contract.ts";
import { kindsOf, Person, REGION, seededRandom } from "./support/desk-people.ts";
import { startWatchedRedis, type WatchedRedis } from "./support/redis-sentinels.ts";
import { until } from "./support/until.ts";

const quiet = (): void => undefined;
/** Within the clerk's patience: an answer or a rejection. */
const PATIENCE_MS = 1_500;

let redis: WatchedRedis;
beforeAll(async () => {
  redis = await startWatchedRedis();
}, 40_000);
afterAll(() => redis.stop());

async function flush(): Promise<void> {
  const admin = await redis.admin();
  await admin.flushall();
  admin.disconnect();
}
async function open(settings: RecordsSettings): Promise<Records> {
  await flush();
  return openRedisRecords(redis.url, settings, systemRandom, quiet);
}
recordsContract("redis behind sentinels", open);
waitingListContract("Redis behind sentinels", async (changed) => {
  await flush();
  return openRedisWaitingList(redis.url, deskSettings(REGION, changed), seededRandom(7), quiet);
});

const newcomer = () => ({
  session: anySession(),
  epoch: 4 * NOW_MS,
  attempt: 1,
  fresh: true,
  device: DEVICE,
  address: HERE,
});
const isAnswered = (call: Promise<unknown>): Promise<boolean> =>
  call.then(
    () => true,
    () => false,
  );

test("[R39] a master killed: calls end in time, the promoted replica has records, generations and the queue, and the scripts again", async () => {
  const settings = { ...RECORDS_SETTINGS, settleMs: 0 };
  const records = await open(settings);
  const turn = await openRedisTurn(redis.url, 60_000, systemRandom, quiet);
  const list = await openRedisWaitingList(redis.url, deskSettings(REGION), systemRandom, quiet);
  const seek = (name: string) => list.seek(new Person(name).seek(NOW_MS, { interests: ["trains"] }), NOW_MS);
  const [person, late] = [newcomer(), newcomer()];
  await records.admit(person, NOW_MS);
  const standing = { place: "chatting", half: HALF } as const;
  await records.write({ ...person, rev: 1, standing }, NOW_MS);
  await seek("a");
  expect(await turn.isMine()).toBe(true);
  const before = await records.generations(NOW_MS);
  await redis.copied();

  let slowestMs = 0;
  let isOver = false;
  // As a clerk asks all the while; whoever is refused asks again.
  const asking = (async (): Promise<void> => {
    while (!isOver) {
      const startedMs = performance.now();
      await Promise.allSettled(Array.from({ length: 50 }, () => records.where(person.session, CHAT)));
      slowestMs = Math.max(slowestMs, performance.now() - startedMs);
      await pause(10); // a refusal comes at once
    }
  })();
  await redis.failOver();
  await until("records are answered", () => isAnswered(records.holderOf(person.session)));
  await until("the desk answers", () => isAnswered(list.size("live")));
  isOver = true;
  await asking;
  expect(slowestMs).toBeLessThan(PATIENCE_MS);

  expect(await records.generations(NOW_MS + 10_000)).toEqual(before);
  expect(await records.where(person.session, CHAT)).toMatchObject({ chat: "in" });
  expect(await records.admit({ ...person, attempt: 2 }, NOW_MS)).toEqual({ answer: "stale" });
  expect([...kindsOf(await seek("b"))].sort()).toEqual(["a:offer", "b:offer"]);
  await until("the turn is kept", () => turn.isMine());
  // What the dead master had taken and not yet passed on is missing without a word: whoever knows it writes it again.
  expect(await records.touch([late])).toEqual({ lower: [], missing: [late.session] });
  expect(await records.write({ ...late, rev: 7, standing }, NOW_MS)).toBe("taken");
  expect(await records.where(late.session, CHAT)).toMatchObject({ chat: "in" });

  // The old master at its old place, empty and not yet told that it is one no longer, is asked by nobody.
  await redis.restartDead();
  expect(await records.generations(NOW_MS + 20_000)).toEqual(before);
  expect(await records.where(late.session, CHAT)).toMatchObject({ chat: "in" });
  for (const one of [records, turn, list]) await one.close();
}, 60_000);

test("[R36] sentinels that are not there, or know no such master, are a rejection in time", async () => {
  const some = redis.url.replace("/eu-west?", "/nobody?");
  for (const url of ["redis+sentinel://:s3cret@127.0.0.1:1,127.0.0.1:2/eu-west", some]) {
    const faults: Error[] = [];
    const opening = openRedisRecords(url, RECORDS_SETTINGS, systemRandom, (fault) => faults.push(fault));
    const said = await opening.then(
      () => "opened",
      (error: Error) => `${error.message} ${error.stack}`,
    );
    expect(said).not.toBe("opened");
    expect([said, ...faults.map(String)].join()).not.toMatch(/s3cret|0f-the/);
  }
});
