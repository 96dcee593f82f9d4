import fc from "fast-check";
import { expect, test } from "vitest";
import { openMemoryWaitingList } from "../src/adapters/memory/memory-waiting-list.ts";
import { DESK_KEYS } from "../src/adapters/redis/keys.ts";
import { openRedisWaitingList } from "../src/adapters/redis/redis-waiting-list.ts";
import type { Desk } from "../src/matcher/desk.ts";
import { deskSettings } from "../src/matcher/desk-settings.ts";
import type { WaitingList } from "../src/ports.ts";
import { acts } from "./support/desk-acts.ts";
import { Life } from "./support/desk-model.ts";
import { REGION, seededRandom } from "./support/desk-people.ts";
import { ownRedis } from "./support/own-redis.ts";

const server = ownRedis();

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
  const raw: Record<string, unknown> = JSON.parse(String(await server.admin.eval(DUMP, 0)), (_, value) =>
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

const TYPES = `
local types = {}
for at, key in ipairs(redis.call('KEYS', '*')) do types[at] = {key, redis.call('TYPE', key).ok} end
return types`;

/** Which rows of the table of keys are filled now; every key has exactly one, of the type that it says. */
async function rowsInUse(): Promise<readonly string[]> {
  const found = (await server.admin.eval(TYPES, 0)) as readonly (readonly [string, string])[];
  return found.map(([key, type]) => {
    const [row, ...more] = Object.entries(DESK_KEYS).filter(([, { key: shape }]) => patternOf(shape).test(key));
    expect([row?.[1].type, more], key.slice(0, 12)).toEqual([type === "zset" ? "sorted set" : type, []]);
    return row?.[0] ?? "";
  });
}
const patternOf = (shape: string): RegExp =>
  new RegExp(`^${shape.replace(/[{}|]/g, "\\$&").replace(/<[^>]+>/g, ".*")}$`, "s");

const isOver = (value: unknown, nowMs: number): boolean => {
  const { state, untilMs } = value as { readonly state: string; readonly untilMs: number };
  return (state === "gone" || state === "ended") && untilMs <= nowMs;
};

test("[W30] memory and Redis answer the same to whatever is said in whatever order, and hold the same, under keys of the table", async () => {
  const settings = deskSettings(REGION, { sliceMax: 2, candidatesMax: 3 });
  const filled = new Set<string>();
  let redis: WaitingList | undefined;
  try {
    await fc.assert(
      fc.asyncProperty(acts, async (all) => {
        await server.admin.flushall();
        redis = await openRedisWaitingList(server.url, settings, seededRandom(1), () => undefined);
        const memory = openMemoryWaitingList(settings, seededRandom(1));
        const life = new Life(memory.desk, [memory, redis]);
        await life.live(all);
        await compare(memory.desk, life.nowMs);
        for (const row of await rowsInUse()) filled.add(row);
        await redis.close();
      }),
      { numRuns: 150 },
    );
    expect([...filled].sort()).toEqual(Object.keys(DESK_KEYS).sort());
  } finally {
    await redis?.close();
  }
}, 120_000);
