import { expect, test } from "vitest";
import { PartWatch } from "./part-watch.ts";
import { lastWordsOf } from "./worker-process.ts";

function watched(): { watch: PartWatch; given: string[]; turnTo(ms: number, heard?: readonly string[]): void } {
  let nowMs = 0;
  const given: string[] = [];
  const watch = new PartWatch({ nowMs: () => nowMs }, (part, why) => {
    given.push(`${part} ${why}`);
    watch.forget(part);
  });
  const turnTo = (ms: number, heard: readonly string[] = []): void => {
    for (; nowMs < ms; nowMs += 1_000) {
      for (const part of heard) watch.heard(part);
      watch.look();
    }
  };
  return { watch, given, turnTo };
}

test("who is silent for more than ten seconds is given up, and only they", () => {
  const { watch, given, turnTo } = watched();
  watch.begin(["a", "b"], 5_000, 600_000);
  turnTo(16_000, ["b"]);
  expect(given).toEqual([]);
  turnTo(17_000, ["b"]);
  expect(given).toEqual(["a fell silent for 10 s"]);
  turnTo(60_000, ["b"]);
  expect(given).toHaveLength(1);
  watch.end();
});

test("who goes on after the end is given up", () => {
  const { watch, given, turnTo } = watched();
  watch.begin(["a"], 0, 20_000);
  turnTo(21_000, ["a"]);
  expect(given).toEqual([]);
  turnTo(22_000, ["a"]);
  expect(given).toEqual(["a did not end in time"]);
  watch.end();
});

test("who was asked to stop has fifteen seconds", () => {
  const { watch, given, turnTo } = watched();
  watch.begin(["a"], 0, 600_000);
  turnTo(3_000, ["a"]);
  watch.stopping();
  turnTo(19_000, ["a"]);
  expect(given).toEqual([]);
  turnTo(20_000, ["a"]);
  expect(given).toEqual(["a did not end in time"]);
  watch.end();
});

test("whoever did not look for a while does not judge: what was said meanwhile is read first", () => {
  let nowMs = 0;
  const given: string[] = [];
  const watch = new PartWatch({ nowMs: () => nowMs }, (part) => given.push(part));
  watch.begin(["a"], 0, 600_000);
  nowMs = 30_000; // the machine stood still
  watch.look();
  watch.heard("a");
  nowMs = 31_000;
  watch.look();
  expect(given).toEqual([]);
  watch.end();
});

test("who is forgotten, or never was there, is not given up", () => {
  const { watch, given, turnTo } = watched();
  watch.begin(["a"], 0, 20_000);
  watch.forget("a");
  watch.heard("nobody");
  turnTo(60_000);
  expect(given).toEqual([]);
  watch.end();
});

test.each([
  ["", ""],
  ["file:///a.ts:3\n  throw\n  ^\n\nTypeError: no\n    at x\n\nNode.js v22\n", "TypeError: no"],
  ["Error [ERR_X]: gone\n    at y\n", "Error [ERR_X]: gone"],
  ["first\nlast\n", "last"],
])("of the errors %j the last words are %j", (errors, words) => {
  expect(lastWordsOf(errors)).toBe(words);
});
