import { systemRandom } from "@whisper/shared/base/random";
import { afterAll, beforeAll, expect, test } from "vitest";
import { generationKey, recordKey } from "../src/adapters/redis/keys.ts";
import { openRedisRecords } from "../src/adapters/redis/redis-records.ts";
import { openRedisWaitingList } from "../src/adapters/redis/redis-waiting-list.ts";
import { RECORDS_SETTINGS, type RecordsSettings } from "../src/clerk/records-settings.ts";
import { deskSettings } from "../src/matcher/desk-settings.ts";
import type { Records } from "../src/ports.ts";
import { ALL_PARTITIONS, partitionOf } from "../src/runtime/partitions.ts";
import { anySession, CHAT, DEVICE, HALF, HERE, NOW_MS, recordsContract } from "./contract/records.contract.ts";
import { waitingListContract } from "./contract/waiting-list.contract.ts";
import { kindsOf, Person, REGION, seededRandom } from "./support/desk-people.ts";
import { type RedisCluster, startRedisCluster } from "./support/redis-cluster.ts";
import { CLUSTER_PASSWORD } from "./support/redis-cluster-node.ts";
import { until } from "./support/until.ts";

const quiet = (): void => undefined;
/** Within the clerk's patience: an answer or a rejection. */
const PATIENCE_MS = 1_500;

let cluster: RedisCluster;
beforeAll(async () => {
  cluster = await startRedisCluster();
}, 30_000);
afterAll(() => cluster.stop());

async function open(settings: RecordsSettings): Promise<Records> {
  await cluster.flush();
  return openRedisRecords(cluster.url, settings, systemRandom, quiet);
}
recordsContract("redis cluster", open);
waitingListContract("Redis Cluster of three", async (changed) => {
  await cluster.flush();
  return openRedisWaitingList(cluster.url, deskSettings(REGION, changed), seededRandom(7), quiet);
});

const newcomer = () => ({
  session: anySession(),
  epoch: 4 * NOW_MS,
  attempt: 1,
  fresh: true,
  device: DEVICE,
  address: HERE,
});

/** Settles, and says how long that took. */
async function timed<T>(call: Promise<T>): Promise<{ readonly value: T | undefined; readonly tookMs: number }> {
  const startedMs = performance.now();
  const value = await call.catch(() => undefined);
  return { value, tookMs: performance.now() - startedMs };
}

test("[R37] while a partition's slot moves to another master its records are there, whoever has them", async () => {
  const records = await open({ ...RECORDS_SETTINGS, settleMs: 0 });
  const people = Array.from({ length: 20 }, newcomer);
  const [first = newcomer()] = people;
  const partition = partitionOf(first.session);
  for (const person of people) {
    expect(await records.admit(person, NOW_MS)).toEqual({ answer: "new" });
    await records.write({ ...person, rev: 1, standing: { place: "chatting", half: HALF } }, NOW_MS);
  }
  const before = await records.generations(NOW_MS);
  const keys = people.map(({ session }) => recordKey(partition, session));
  const { from, to, end } = await cluster.move(keys[0] ?? "");
  const carry = (some: readonly string[]): Promise<unknown> =>
    from.admin.call("MIGRATE", to.server.host, to.server.port, "", 0, 5_000, "AUTH", CLUSTER_PASSWORD, "KEYS", ...some);
  const whereabouts = async (): Promise<string[]> =>
    (await Promise.all(people.map(({ session }) => records.where(session, CHAT)))).map(({ chat }) => chat);
  const allIn = people.map(() => "in");
  await carry(keys.slice(0, 10));
  expect(await whereabouts()).toEqual(allIn);
  for (const person of people)
    expect(await records.write({ ...person, rev: 2, standing: { place: "chatting", half: HALF } }, NOW_MS)).toBe(
      "taken",
    );
  // Half of what this needs is here and half there: it waits a little, is refused, and asked again by whoever asked.
  const { value, tookMs } = await timed(records.touch(people));
  expect(value).toBeUndefined();
  expect(tookMs).toBeLessThan(PATIENCE_MS);
  await carry([...keys.slice(10), generationKey(partition)]);
  expect(await whereabouts()).toEqual(allIn);
  await end();
  expect(await whereabouts()).toEqual(allIn);
  expect(await records.touch(people)).toEqual({ lower: [], missing: [] });
  expect(await records.admit({ ...first, epoch: first.epoch + 4 }, NOW_MS)).toMatchObject({ answer: "back" });
  expect(await records.admit(newcomer(), NOW_MS)).toEqual({ answer: "new" });
  expect(await records.generations(NOW_MS)).toEqual(before);
  expect(await cluster.ownerOf(keys[0] ?? "")).toBe(to);
  await records.close();
});

test("[W38] a desk whose slot moves goes on where it went, and has its functions there", async () => {
  await cluster.flush();
  for (const { admin } of cluster.nodes) await admin.function("FLUSH");
  const list = await openRedisWaitingList(cluster.url, deskSettings(REGION), systemRandom, quiet);
  const seek = (name: string) => list.seek(new Person(name).seek(NOW_MS, { interests: ["trains"] }), NOW_MS);
  await seek("a");
  const { from, to, end } = await cluster.move("{match}:due");
  const keys = await from.admin.keys("{match}:*");
  expect(keys.length).toBeGreaterThan(3);
  await from.admin.call(
    "MIGRATE",
    to.server.host,
    to.server.port,
    "",
    0,
    5_000,
    "AUTH",
    CLUSTER_PASSWORD,
    "KEYS",
    ...keys,
  );
  for (const { admin } of cluster.nodes) await admin.function("FLUSH");
  expect([...kindsOf(await seek("b"))].sort()).toEqual(["a:offer", "b:offer"]);
  await end();
  await seek("c");
  for (const { admin } of cluster.nodes) await admin.function("FLUSH");
  expect([...kindsOf(await seek("d"))].sort()).toEqual(["c:offer", "d:offer"]);
  await list.close();
});

test("[R38] a master killed: every call ends in time; back and empty: only its own partitions are new", async () => {
  const records = await open({ ...RECORDS_SETTINGS, settleMs: 0 });
  const before = await records.generations(NOW_MS);
  const person = newcomer();
  await records.admit(person, NOW_MS);
  const lost = await cluster.ownerOf(recordKey(partitionOf(person.session), person.session));
  const kept = await Promise.all(ALL_PARTITIONS.map(async (at) => (await cluster.ownerOf(generationKey(at))) !== lost));
  await lost.server.kill();
  const calls = Array.from({ length: 300 }, () => timed(records.admit(newcomer(), NOW_MS)));
  const slowest = Math.max(...(await Promise.all(calls)).map(({ tookMs }) => tookMs));
  expect(slowest).toBeLessThan(PATIENCE_MS);
  await until("a call is refused", async () => (await timed(records.holderOf(person.session))).value === undefined);
  await cluster.restart(lost);
  const bornMs = NOW_MS + 10_000;
  await until("the cluster serves again", async () => (await timed(records.generations(bornMs))).value !== undefined);
  const after = await records.generations(bornMs);
  expect(after.map((generation, at) => generation === before[at])).toEqual(kept);
  const standing = { place: "chatting", half: HALF } as const;
  expect(await records.write({ ...person, rev: 5, standing }, bornMs)).toBe("taken");
  expect(await records.where(person.session, CHAT)).toMatchObject({ chat: "in" });
  await records.close();
}, 30_000);

test("[R36] a cluster that is not there at the start is a rejection in time, and leaves nothing behind", async () => {
  const faults: Error[] = [];
  const url = "redis+cluster://:s3cret@127.0.0.1:1,127.0.0.1:2";
  const opening = openRedisRecords(url, RECORDS_SETTINGS, systemRandom, (fault) => faults.push(fault));
  const said = await opening.then(
    () => "opened",
    (error: Error) => `${error.message} ${error.stack}`,
  );
  expect(said).not.toBe("opened");
  expect([said, ...faults.map(String)].join()).not.toContain("s3cret");
});
