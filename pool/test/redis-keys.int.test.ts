import { toBase64Url } from "@whisper/shared/base/base64url";
import { type Address, type DeviceHash, newSessionId } from "@whisper/shared/base/ids";
import { systemRandom } from "@whisper/shared/base/random";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type KeyRow, RECORD_KEYS } from "../src/adapters/redis/keys.ts";
import { openRedisRecords } from "../src/adapters/redis/redis-records.ts";
import { openRedisTurn } from "../src/adapters/redis/redis-turn.ts";
import { RECORDS_SETTINGS } from "../src/clerk/records-settings.ts";
import type { Records } from "../src/ports.ts";
import { startRedis } from "../world/servers/redis.ts";
import type { Server } from "../world/servers/server.ts";
import { CHAT, HALF, NOW_MS } from "./contract/records.contract.ts";

let server: Server;
let control: Redis;
let records: Records;
beforeAll(async () => {
  server = await startRedis();
  control = new Redis(server.url);
  records = await openRedisRecords(server.url, RECORDS_SETTINGS, systemRandom, () => undefined);
});
afterAll(async () => {
  await records.close();
  control.disconnect();
  await server.stop();
});

const newDevice = (): DeviceHash => `${toBase64Url(systemRandom.bytes(9)).slice(0, 10)}A` as DeviceHash;
const newcomer = () => ({
  session: newSessionId(systemRandom),
  epoch: 4 * NOW_MS,
  attempt: 1 + Math.floor(systemRandom.unit() * 0xff_ff_ff),
  fresh: true,
  device: newDevice(),
  address: "eu-west.p1.3.k3x9abcd" as Address,
});

/** A row's key as a pattern. */
const patternOf = ({ key }: KeyRow): RegExp => {
  const literal = key.replace(/[{}:]/g, "\\$&");
  const filled = literal
    .replace("NN", "[0-6][0-9]")
    .replace("<session>", "[\\w-]{22}")
    .replace("<device hash>", "[\\w-]{11}");
  return new RegExp(`^${filled}$`);
};

test("[R23] every key is in the table, of the type it says, and ends if it says so", async () => {
  const turn = await openRedisTurn(server.url, 6_000, systemRandom, () => undefined);
  await turn.isMine();
  await turn.close();
  await records.generations(NOW_MS);
  await records.deskGeneration(NOW_MS);
  const people = Array.from({ length: 50 }, newcomer);
  for (const person of people) await records.admit(person, NOW_MS);
  for (const person of people.slice(0, 20))
    await records.write({ ...person, rev: 1, standing: { place: "chatting", half: HALF } }, NOW_MS);
  for (const person of people.slice(0, 10)) await records.endHalf(person.session, CHAT, person.epoch, NOW_MS);
  await records.touch(people.slice(15, 40));
  await records.forget(people[49]?.session ?? newSessionId(systemRandom));
  await records.ban(newDevice(), NOW_MS + 60_000, "spam", NOW_MS);

  const seen = new Set<string>();
  for (const key of await control.keys("*")) {
    const found = Object.entries(RECORD_KEYS).filter(([, row]) => patternOf(row).test(key));
    expect(found.length, `one row for a key of ${key.length} letters`).toBe(1);
    const [name, row] = found[0] as [string, KeyRow];
    seen.add(name);
    expect(await control.type(key)).toBe(row.type);
    expect((await control.pttl(key)) > 0).toBe(row.ttl !== "none");
  }
  expect([...seen].sort()).toEqual(Object.keys(RECORD_KEYS).sort());
});

test("[R23] an idle record costs at most 200 bytes", async () => {
  const usedBytes = async (): Promise<number> => Number(/used_memory:(\d+)/.exec(await control.info("memory"))?.[1]);
  await control.flushall();
  await records.generations(NOW_MS);
  const before = await usedBytes();
  const count = 20_000;
  for (let i = 0; i < count; i += 500)
    await Promise.all(Array.from({ length: 500 }, () => records.admit(newcomer(), NOW_MS)));
  expect((await usedBytes()) - before).toBeLessThan(200 * count);
}, 60_000);
