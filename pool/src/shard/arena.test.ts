import { expect, test } from "vitest";
import { Arena } from "./arena.ts";

test.each([
  ["four at once", [0, 0, 0, 0], false],
  ["five at once", [0, 0, 0, 0, 0], true],
  ["five within a minute", [0, 10_000, 20_000, 30_000, 59_999], true],
  ["five in just a minute", [0, 10_000, 20_000, 30_000, 60_000], false],
  ["one each quarter of a minute, for an hour", Array.from({ length: 240 }, (_, i) => i * 15_000), false],
  ["many, and then none for long", [0, 0, 0, 0, 0, 3_600_000], true],
])("[Q14] %s", (_what, times, isUnwell) => {
  const arena = new Arena();
  for (const atMs of times) arena.broke(1_000_000 + atMs);
  expect(arena.isUnwell).toBe(isUnwell);
});
