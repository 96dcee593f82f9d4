import type { PoolName, RegionName } from "@whisper/shared/base/ids";
import { expect, test } from "vitest";
import { drawEndpoints, roomOf } from "./drain-room.ts";

const EU = "eu-west" as RegionName;
const line = (sockets: number, max: number, state = "up", answered = true) => ({ sockets, max, state, answered });
const pool = (name: string, lines: readonly ReturnType<typeof line>[], url: string | undefined = `ws://${name}`) => ({
  pool: name as PoolName,
  url,
  lines,
});

test.each([
  ["nobody else", [], 0],
  ["room in two shards", [pool("p2", [line(4, 10), line(9, 10)])], 7],
  ["a full one", [pool("p2", [line(10, 10)])], 0],
  ["one above its maximum beside one with room", [pool("p2", [line(12, 10), line(7, 10)])], 3],
  ["a shard that does not answer", [pool("p2", [line(0, 10, "up", false), line(9, 10)])], 1],
  ["one that is cordoned", [pool("p2", [line(0, 10, "cordoned")])], 0],
  ["one without an address", [{ pool: "p2" as PoolName, url: undefined, lines: [line(0, 10)] }], 0],
  ["another that drains, which takes its half", [pool("p2", [line(0, 9)]), pool("p3", [line(5, 9, "draining")])], 4],
])("[Q11] the room beside %s", (_what, siblings, places) => {
  expect(roomOf(EU, siblings, { shard: 0, shards: 1 }).places).toBe(places);
});

test("[Q11] a pool's shards share its room to the last place, and promise none twice", () => {
  for (const free of [0, 1, 13, 14, 15, 1_000]) {
    const siblings = [pool("p2", [line(0, free)])];
    const shares = Array.from({ length: 14 }, (_, shard) => roomOf(EU, siblings, { shard, shards: 14 }).places);
    expect(shares.reduce((sum, one) => sum + one, 0)).toBe(free);
    expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
  }
});

test("[Q11] endpoints are drawn: all come first in turn, the freer ones more often, three at most", () => {
  let seed = 1;
  const chance = (): number => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  const siblings = [
    pool("p2", [line(0, 3_000)]),
    pool("p3", [line(0, 1_000)]),
    pool("p4", [line(0, 1_000)]),
    pool("p5", [line(0, 1_000)]),
  ];
  const room = roomOf(EU, siblings, { shard: 0, shards: 1 });
  const first = new Map<string, number>();
  for (let i = 0; i < 3_000; i++) {
    const drawn = drawEndpoints(room, chance).map((one) => one.pool);
    expect(new Set(drawn).size).toBe(3);
    first.set(drawn[0] ?? "", (first.get(drawn[0] ?? "") ?? 0) + 1);
  }
  expect(first.get("p2")).toBeGreaterThan(1_300);
  expect(first.get("p2")).toBeLessThan(1_700);
  for (const other of ["p3", "p4", "p5"]) expect(first.get(other)).toBeGreaterThan(400);
  for (const odd of [0, 0.999_999_999_999]) expect(drawEndpoints(room, () => odd)).toHaveLength(3);
});
