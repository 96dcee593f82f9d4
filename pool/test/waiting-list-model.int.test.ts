import fc from "fast-check";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openMemoryWaitingList } from "../src/adapters/memory/memory-waiting-list.ts";
import { openRedisWaitingList } from "../src/adapters/redis/redis-waiting-list.ts";
import type { Desk } from "../src/matcher/desk.ts";
import { deskSettings } from "../src/matcher/desk-settings.ts";
import type { WaitingList } from "../src/ports.ts";
import { startRedis } from "../world/servers/redis.ts";
import type { Server } from "../world/servers/server.ts";
import { acts } from "./support/desk-acts.ts";
import { Life } from "./support/desk-model.ts";
import { REGION, seededRandom } from "./support/desk-people.ts";

let server: Server;
let admin: Redis;
beforeAll(async () => {
  server = await startRedis();
  admin = new Redis(server.url);
});
afterAll(async () => {
  admin.disconnect();
  await server.stop();
});

/** Everything that the desk in Redis holds, packed values as objects, with the keys that hold nothing left out. */
const DUMP = `
local held = {}
for _, key in ipairs(redis.call('KEYS', '*')) do
  local kind = redis.call('TYPE', key).ok
  if kind == 'zset' then held[key] = redis.call('ZRANGE', key, 0, -1, 'WITHSCORES')
  elseif kind == 'set' then local all = redis.call('SMEMBERS', key); table.sort(all); held[key] = all
  else
    local raw = redis.call('GET', key)
    held[key] = string.find(key, '^{match}:[spl]:') and cmsgpack.unpack(raw) or raw
  end
end
return cjson.encode(held)`;

/** The same of the desk in memory; what has ended by itself is left to both. */
function heldIn(desk: Desk, nowMs: number): Record<string, unknown> {
  const held: Record<string, unknown> = {};
  for (const [key, known] of desk.known) if (!isOver(known, nowMs)) held[`s:${key}`] = known;
  for (const [key, proposal] of desk.proposals) held[`p:${key}`] = proposal;
  for (const [key, list] of desk.lists) held[`l:${key}`] = list;
  return JSON.parse(JSON.stringify(held));
}

async function compare(desk: Desk, nowMs: number): Promise<void> {
  const raw: Record<string, unknown> = JSON.parse(String(await admin.eval(DUMP, 0)), (_, value) =>
    typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).length === 0
      ? []
      : value,
  );
  const due = raw["{match}:due"] ?? [];
  expect(due).toEqual(desk.due.first(1_000).flatMap(({ member, score }) => [member, String(score)]));
  const packed = Object.entries(raw).filter(([key]) => /^\{match\}:[spl]:/.test(key));
  const now = packed.filter(([key, value]) => !key.startsWith("{match}:s:") || !isOver(value, nowMs));
  expect(Object.fromEntries(now.map(([key, value]) => [key.slice(8), value]))).toEqual(heldIn(desk, nowMs));
}

const isOver = (value: unknown, nowMs: number): boolean => {
  const { state, untilMs } = value as { readonly state: string; readonly untilMs: number };
  return (state === "gone" || state === "ended") && untilMs <= nowMs;
};

test("[W30] memory and Redis answer the same to whatever is said in whatever order, and hold the same at the end", async () => {
  const settings = deskSettings(REGION, { sliceMax: 2, candidatesMax: 3 });
  let redis: WaitingList | undefined;
  try {
    await fc.assert(
      fc.asyncProperty(acts, async (all) => {
        await admin.flushall();
        redis = await openRedisWaitingList(server.url, settings, seededRandom(1), () => undefined);
        const memory = openMemoryWaitingList(settings, seededRandom(1));
        const life = new Life(memory.desk, [memory, redis]);
        await life.live(all);
        await compare(memory.desk, life.nowMs);
        await redis.close();
      }),
      { numRuns: 150 },
    );
  } finally {
    await redis?.close();
  }
}, 120_000);
