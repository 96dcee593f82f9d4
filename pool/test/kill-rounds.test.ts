import { expect, test } from "vitest";
import { chooseShard, type SeenShard } from "../world/chaos/kill-rounds.ts";

const UP_MS = 5_000;
const seen = (...rows: readonly (readonly [pool: string, pid: number, sinceMs: number])[]): readonly SeenShard[] =>
  rows.map(([pool, pid, sinceMs]) => ({ pool, pid, sinceMs }));
const chosen = (shards: readonly SeenShard[], nowMs: number, chance = 0): number | undefined =>
  chooseShard(shards, nowMs, UP_MS, () => chance)?.pid;

test("[K22] a shard is killed only when it and another of its pool have been there for long enough", () => {
  const two = seen(["eu/p1", 11, 0], ["eu/p1", 12, 3_000]);
  expect(chosen(two, 7_999)).toBeUndefined();
  expect(chosen(two, 8_000)).toBe(11);
  expect(chosen(two, 8_000, 0.99)).toBe(12);
});

test.each([
  ["nobody is there", seen()],
  ["each pool has one", seen(["eu/p1", 11, 0], ["us/p1", 21, 0])],
  ["the pool's other one has just come", seen(["eu/p1", 11, 0], ["eu/p1", 12, 59_000])],
])("[K22] nobody is killed when %s", (_what, shards) => {
  expect(chosen(shards, 60_000)).toBeUndefined();
});

test("[K22] whom it meets is chance, and no pool is spared", () => {
  const four = seen(["eu/p1", 11, 0], ["eu/p1", 12, 0], ["us/p1", 21, 0], ["us/p1", 22, 0]);
  expect([0, 0.25, 0.5, 0.99].map((chance) => chosen(four, UP_MS, chance))).toEqual([11, 12, 21, 22]);
});
