import { expect, test } from "vitest";
import { wantedOf } from "./wanted.ts";

test.each<readonly [string, readonly string[], readonly string[]]>([
  ["doubled tags count once", ["b", "a", "b"], ["a", "b"]],
  ["a comma is a letter", ["a,b"], ["a,b"]],
  ["a lone surrogate becomes what the wire would make of it", ["\ud800"], ["\ufffd"]],
  ["no more than five count", ["f", "e", "d", "c", "b", "a"], ["b", "c", "d", "e", "f"]],
  ["none is a set too", [], []],
])("[W10] %s", (_, interests, expected) => {
  expect(wantedOf({ interests, languages: [] }).interests).toEqual(expected);
});

test("[W10] two sets are spelt alike only when they are the same", () => {
  const spelt = [["a,b"], ["a", "b"], ['a","b'], ["a", "b", ""], []].map(
    (interests) => wantedOf({ interests, languages: [] }).same,
  );
  expect(new Set(spelt).size).toBe(spelt.length);
  expect(wantedOf({ interests: ["b", "a"], languages: [] }).same).toBe(spelt[1]);
});
