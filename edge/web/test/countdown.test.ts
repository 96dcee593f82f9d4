import { expect, test } from "vitest";
import { clockWords, secondsGone, secondsLeft, shareLeft } from "../countdown.ts";

test.each([
  [10_000, 0, 10],
  [10_000, 1, 10],
  [10_000, 9_001, 1],
  [10_000, 9_999, 1],
  [10_000, 10_000, 0],
  [10_000, 99_999, 0],
])("[V3] until %i at %i there are %i seconds left: 0 means over, and it is never below", (untilMs, nowMs, left) => {
  expect(secondsLeft(untilMs, nowMs)).toBe(left);
});

test("[V3] seconds gone count whole seconds, and a clock that steps back gives none", () => {
  expect(secondsGone(1_000, 3_999)).toBe(2);
  expect(secondsGone(5_000, 3_000)).toBe(0);
});

test("[V3] the share left stays between 1 and 0, also for a span of nothing", () => {
  expect(shareLeft(15_000, 0, 15_000)).toBe(1);
  expect(shareLeft(15_000, 7_500, 15_000)).toBe(0.5);
  expect(shareLeft(99_000, 0, 15_000)).toBe(1);
  expect(shareLeft(15_000, 20_000, 15_000)).toBe(0);
  expect(shareLeft(15_000, 0, 0)).toBe(0);
});

test("[V3] a clock shows hours only when there are any", () => {
  expect([9, 60, 863, 86_399].map(clockWords)).toEqual(["0:09", "1:00", "14:23", "23:59:59"]);
});
