import { systemClock } from "@whisper/shared/base/clock";
import { type Address, type DeviceHash, newSessionId, type PoolName, type RegionName } from "@whisper/shared/base/ids";
import { systemRandom } from "@whisper/shared/base/random";
import type { Memo, MemoOf } from "@whisper/shared/bus/memos";
import { clerkSubject, inboxSubject } from "@whisper/shared/bus/subjects";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openMemoryDirectory } from "../src/adapters/memory/memory-directory.ts";
import { openNatsBus } from "../src/adapters/nats/nats-bus.ts";
import { openRedisRecords } from "../src/adapters/redis/redis-records.ts";
import { type Clerk, startClerk } from "../src/clerk/clerk.ts";
import { RECORDS_SETTINGS } from "../src/clerk/records-settings.ts";
import type { Bus, Records } from "../src/ports.ts";
import { createMail, type Mail } from "../src/runtime/mail.ts";
import { startNats } from "../world/servers/nats.ts";
import { startRedis } from "../world/servers/redis.ts";
import type { Server } from "../world/servers/server.ts";
import { until } from "./support/until.ts";

const REGION = "eu-west" as RegionName;
const ADDRESS = "eu-west.p1.0.abc" as Address;
const ignore = (): void => undefined;
const rethrow = (error: unknown): void => {
  throw error;
};

let nats: Server;
let redis: Server;
const buses: Bus[] = [];
const stores: Records[] = [];
const clerks: Clerk[] = [];
let shard: Mail;
const answers: Memo[] = [];
let lastReq = 0;

const join = async (): Promise<Mail> => {
  const bus = await openNatsBus(nats.url, rethrow);
  buses.push(bus);
  return createMail(bus, setImmediate);
};

beforeAll(async () => {
  [nats, redis] = await Promise.all([startNats(), startRedis()]);
  for (let i = 0; i < 2; i++) {
    const records = await openRedisRecords(redis.url, { ...RECORDS_SETTINGS, settleMs: 0 }, systemRandom, ignore);
    stores.push(records);
    const log = { info: ignore, warn: ignore, error: ignore };
    const directory = openMemoryDirectory();
    const parts = { region: REGION, records, directory, log, clock: systemClock, random: systemRandom };
    clerks.push(await startClerk({ mail: await join(), ...parts }));
  }
  shard = await join();
  shard.listen(inboxSubject({ region: REGION, pool: "p1" as PoolName, shard: 0 }), (memo) => void answers.push(memo));
  await Promise.all(buses.map((bus) => bus.flush()));
});
afterAll(async () => {
  for (const part of clerks) await part.stop();
  for (const part of [...stores, ...buses]) await part.close();
  await Promise.all([nats.stop(), redis.stop()]);
});

const admit = (): MemoOf<"admit"> => ({
  kind: "admit",
  req: ++lastReq,
  address: ADDRESS,
  session: newSessionId(systemRandom),
  home: REGION,
  epoch: 4 * systemClock.nowMs(),
  attempt: 1,
  fresh: true,
  device: "dddddddddd0" as DeviceHash,
  network: "n",
});
const ask = (memo: Memo): void => shard.send(clerkSubject(REGION), memo);
const answersTo = (req: number): string[] =>
  answers.flatMap((memo) => (memo.kind === "admitted" && memo.req === req ? [memo.answer] : []));

test("[R14] ten thousand admissions, each sent twice, are answered twice alike by two clerks", async () => {
  const asked = Array.from({ length: 10_000 }, admit);
  for (let at = 0; at < asked.length; at += 500) {
    for (const memo of asked.slice(at, at + 500)) {
      ask(memo);
      ask(memo);
    }
    const last = asked.slice(at, at + 500);
    await until("all are answered", () => answers.length === 2 * (at + last.length));
  }
  expect(answers.every((memo) => memo.kind === "admitted" && memo.answer === "new")).toBe(true);
  expect(clerks.every(({ counts }) => counts.answered > 1_000)).toBe(true);
}, 60_000);

test("[R1] one ticket shown at many doors through both clerks admits one", async () => {
  const first = admit();
  const asked = Array.from({ length: 40 }, (_, attempt) => ({ ...first, req: ++lastReq, attempt }));
  for (const memo of asked) ask(memo);
  await until("all are answered", () => asked.every(({ req }) => answersTo(req).length === 1));
  expect(asked.filter(({ req }) => answersTo(req)[0] === "new").length).toBe(1);
});

test("[R17] a storm of rubbish over the real bus hurts no clerk", async () => {
  const bus = buses[0];
  for (let i = 0; i < 5_000; i++) bus?.publish(clerkSubject(REGION), systemRandom.bytes(1 + (i % 200)));
  const memo = admit();
  ask(memo);
  await until("it is answered", () => answersTo(memo.req).length === 1);
  expect(answersTo(memo.req)).toEqual(["new"]);
});

test("[R16] Redis killed under load: askers are told at once; restarted empty, clerks answer again by themselves", async () => {
  const asked = Array.from({ length: 2_000 }, admit);
  for (const memo of asked) ask(memo);
  await redis.kill();
  await until("each got an answer", () => asked.every(({ req }) => answersTo(req).length === 1));
  const told = new Set(asked.flatMap(({ req }) => answersTo(req)));
  expect([...told].every((answer) => answer === "new" || answer === "home_away")).toBe(true);
  const startedMs = performance.now();
  const away = admit();
  ask(away);
  await until("it is told", () => answersTo(away.req).length === 1);
  expect(answersTo(away.req)).toEqual(["home_away"]);
  expect(performance.now() - startedMs).toBeLessThan(1_000);

  redis = await startRedis({ port: redis.port });
  let last: MemoOf<"admit"> = away;
  await until("it is new", async () => {
    last = admit();
    ask(last);
    await until("it is answered", () => answersTo(last.req).length === 1);
    return answersTo(last.req)[0] === "new";
  });
});

test("[R14] NATS restarted: what was on its way is lost, what is repeated is answered, by every clerk", async () => {
  const lost = admit();
  await nats.kill();
  await until("all know", () => buses.every((bus) => !bus.isUp()));
  ask(lost);
  const before = clerks.map(({ counts }) => counts.answered);
  nats = await startNats({ port: nats.port });
  await until("all are back", () => buses.every((bus) => bus.isUp()));
  await Promise.all(buses.map((bus) => bus.flush()));
  expect(answersTo(lost.req)).toEqual([]);
  ask(lost);
  const asked = Array.from({ length: 200 }, admit);
  for (const memo of asked) {
    ask(memo);
    shard.flush(); // a payload each, so that both clerks get some
  }
  await until("all are answered", () => [lost, ...asked].every(({ req }) => answersTo(req).length === 1));
  expect(clerks.every(({ counts }, i) => counts.answered > (before[i] ?? 0))).toBe(true);
});
