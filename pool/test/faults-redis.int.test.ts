import { setTimeout as pause } from "node:timers/promises";
import type { ChatId } from "@whisper/shared/base/ids";
import { systemRandom } from "@whisper/shared/base/random";
import { Redis } from "ioredis";
import { afterEach, expect, test } from "vitest";
import { deskWaitingKey } from "../src/adapters/redis/keys.ts";
import { openRedisRecords } from "../src/adapters/redis/redis-records.ts";
import { RECORDS_SETTINGS } from "../src/clerk/records-settings.ts";
import { startRedis } from "../world/servers/redis.ts";
import { startWatchedRedis } from "./support/redis-sentinels.ts";
import { slowProxy } from "./support/slow-proxy.ts";
import { comeIn, pairUp } from "./support/steady-chat.ts";
import type { Stranger } from "./support/stranger.ts";
import { fate, openTwoPools, seeker, sessionOf, type TwoPools, twoChats } from "./support/two-pools.ts";
import { until } from "./support/until.ts";

const { PATH = "", HOME = "" } = process.env;
/** Two tries of a clerk, 1.5 s each, and the crowd itself. */
const REFUSED_MS = 5_000;
/** What is the region's own fault is mended in so long at the latest; mostly within one second. */
const MENDED_MS = 10_000;
const AWAY_MS = 10_000;
const LATE_MS = 2_000;

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});
const closeLater = (close: () => unknown): void => void closing.push(close);
async function twoPools(redisUrl: string): Promise<TwoPools> {
  const both = await openTwoPools({ PATH, HOME }, redisUrl);
  closeLater(() => both.ground.close());
  return both;
}

/** A time that a machine without a hurry needs far less of. */
const holds = (what: string, look: () => Promise<boolean>) => until(what, () => look().catch(() => false), MENDED_MS);

test("[R41] Redis away for 10 s, then back and empty: chats notice nothing, newcomers wait outside, and all is put back", async () => {
  const redis = await startRedis();
  const both = await twoPools(redis.url);
  const { ground, doors } = both;
  const chats = await twoChats(both);
  const idle = await comeIn(doors[0].port, ground.key);
  const first = await seeker(doors[1], ground, "lighthouses");
  const admin = new Redis(redis.url);
  admin.on("error", () => undefined); // dialled until it is back
  closeLater(() => admin.disconnect());
  await until("the search is listed", async () => (await admin.zcard(deskWaitingKey("live"))) === 1);

  const downMs = performance.now();
  await redis.kill();
  expect(await fate(doors[0], ground)).toBe(4102);
  idle.say({ type: "find_match", interests: ["lighthouses"] });
  await idle.next("matching_started");
  for (const door of doors) expect(await fate(door, ground)).toBe(4102);
  await pause(AWAY_MS - (performance.now() - downMs));
  expect(await fate(doors[1], ground)).toBe(4102);
  await chats.caughtUp();

  const second = await startRedis({ port: redis.port });
  closeLater(() => second.stop());
  const records = await openRedisRecords(second.url, RECORDS_SETTINGS, systemRandom, () => undefined);
  closeLater(() => records.close());
  const isIn = async (one: Stranger): Promise<boolean> =>
    (await records.where(sessionOf(one), chats.cross.chat as ChatId)).chat === "in";
  await Promise.all([
    holds("both halves are put back", async () => (await isIn(chats.cross.a)) && (await isIn(chats.cross.b))),
    holds("the seekers meet", async () => [first, idle].every((one) => one.all("match_found").length === 1)),
    holds("newcomers are let in", async () => (await fate(doors[1], ground)) === "in"),
  ]);
  await chats.stop();
}, 60_000);

test("[R42] Redis slow, each reply 2 s late: chats notice nothing, newcomers are refused in time, and nothing is left over", async () => {
  const redis = await startRedis();
  closeLater(() => redis.stop());
  const proxy = await slowProxy(redis.port);
  closeLater(() => proxy.close());
  const both = await twoPools(`redis://127.0.0.1:${proxy.port}`);
  const { ground, doors } = both;
  const chats = await twoChats(both);
  proxy.holdBack(LATE_MS);
  const startedMs = performance.now();
  const fates = await Promise.all(Array.from({ length: 200 }, (_, i) => fate(doors[i % 2 === 0 ? 0 : 1], ground)));
  expect(new Set(fates)).toEqual(new Set([4102]));
  expect(performance.now() - startedMs).toBeLessThan(REFUSED_MS);
  await chats.caughtUp();
  proxy.holdBack(0);
  await holds("newcomers are let in", async () => (await fate(doors[0], ground)) === "in");
  const again = await Promise.all(Array.from({ length: 50 }, () => fate(doors[1], ground)));
  expect(new Set(again)).toEqual(new Set(["in"]));
  const { a, b } = await pairUp(doors[0].port, ground.key, doors[1]);
  for (const one of [a, b]) one.vanish();
  await chats.stop();
}, 60_000);

test("[R43] a failover by Sentinel under a chat: it notices nothing, and its record is there on the new master", async () => {
  const redis = await startWatchedRedis();
  closeLater(() => redis.stop());
  const both = await twoPools(redis.url);
  const { ground, doors } = both;
  const chats = await twoChats(both);
  const waiting = await seeker(doors[0], ground, "windmills");
  await redis.copied();
  await redis.failOver();
  await holds("newcomers are let in", async () => (await fate(doors[1], ground)) === "in");
  const other = await seeker(doors[1], ground, "windmills");
  for (const one of [waiting, other]) await one.next("match_found");
  const records = await openRedisRecords(redis.url, RECORDS_SETTINGS, systemRandom, () => undefined);
  closeLater(() => records.close());
  for (const one of [chats.cross.a, chats.cross.b])
    expect(await records.where(sessionOf(one), chats.cross.chat as ChatId)).toMatchObject({ chat: "in" });
  await chats.stop();
}, 60_000);
