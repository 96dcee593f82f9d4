import { expect, test } from "vitest";
import { LIFE_GOOD_MS, RESTART_MS_MAX, restartAfterMs } from "./back-off.ts";

test("[O2] a shard that dies again and again is started again ever later, up to 5 s", () => {
  const pauses: number[] = [];
  for (let i = 0; i < 9; i++) pauses.push(restartAfterMs(pauses.at(-1) ?? 0, 10));
  expect(pauses).toEqual([100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000, 5_000]);
});

test.each([
  ["lived 30 s", RESTART_MS_MAX, LIFE_GOOD_MS, 100],
  ["lived not quite 30 s", RESTART_MS_MAX, LIFE_GOOD_MS - 1, 5_000],
  ["died before it lived", 100, 0, 200],
  ["seems to have lived less than nothing, for the clock was set back", 100, -5_000, 200],
])("[O2] a shard that %s", (_what, last, lived, next) => {
  expect(restartAfterMs(last, lived)).toBe(next);
});

test("[O2] what a good life is can be set", () => {
  expect(restartAfterMs(RESTART_MS_MAX, 3_000, 3_000)).toBe(100);
  expect(restartAfterMs(RESTART_MS_MAX, 2_999, 3_000)).toBe(5_000);
});
