import { expect, test } from "vitest";
import { descriptorsMax, readLimits, roomFor } from "./descriptor-limit.ts";

const limits = (soft: string, hard = soft): string =>
  `Limit                     Soft Limit           Hard Limit           Units\nMax processes             1 2 processes\nMax open files            ${soft}                ${hard}                files     \n`;

test.each([
  ["a number", limits("20000"), 20_000],
  ["the soft one, not the hard", limits("1024", "524288"), 1_024],
  ["no limit", limits("unlimited"), Number.POSITIVE_INFINITY],
  ["another system's words", "open files (-n) 256", Number.POSITIVE_INFINITY],
  ["nothing", "", Number.POSITIVE_INFINITY],
])("[O5] the limit of descriptors is read: %s", (_what, said, most) => {
  expect(descriptorsMax(said)).toBe(most);
});

test.each([
  [18_000, "20000", 18_000],
  [50_000, "20000", 19_800],
  [19_900, "20000", 19_800],
  [5, "unlimited", 5],
  [5, "100", 1],
])("[O5] of %i places wished, with %s descriptors, there are %i", (wished, soft, room) => {
  expect(roomFor(wished, limits(soft))).toBe(room);
});

test("[O5] this machine says its own, and a place without such a file says nothing", () => {
  expect(descriptorsMax(readLimits())).toBeGreaterThan(200);
  expect(readLimits("/nowhere")).toBe("");
});
