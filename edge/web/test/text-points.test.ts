import { TEXT_POINTS_MAX } from "@whisper/shared/limits";
import { textOf } from "@whisper/shared/protocol/fields";
import { expect, test } from "vitest";
import { isSendable, pointsLeft } from "../text-points.ts";

test.each(["a", "é", "語", "😀", "\ud800"])("[V4] the page and the server agree on the longest text of %j", (point) => {
  for (const count of [TEXT_POINTS_MAX, TEXT_POINTS_MAX + 1]) {
    const text = point.repeat(count);
    expect(isSendable(text)).toBe(textOf(text).ok);
    expect(pointsLeft(text)).toBe(TEXT_POINTS_MAX - count);
  }
});

test("[V4] the counter is silent far from the limit, counted in characters and not in units", () => {
  expect(pointsLeft("")).toBeUndefined();
  expect(pointsLeft("😀".repeat(1_000))).toBeUndefined(); // 2,000 units
  expect(pointsLeft("a".repeat(1_799))).toBeUndefined();
  expect(pointsLeft("a".repeat(1_800))).toBe(200);
});

test.each(["", " ", "\n\n", "\t \u00a0"])("[V4] %j is nothing to send", (text) => {
  expect(isSendable(text)).toBe(false);
});
