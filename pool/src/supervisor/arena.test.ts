import { expect, test } from "vitest";
import { leavesArena } from "./arena.ts";

const fine = (number: number) => ({ number, isUp: true, isUnwell: false });
const unwell = (number: number) => ({ number, isUp: true, isUnwell: true });
const down = (number: number) => ({ number, isUp: false, isUnwell: false });

test.each([
  ["nobody wishes to go", undefined, [fine(0), fine(1)], undefined],
  ["one wishes to", undefined, [fine(0), unwell(1)], 1],
  ["two wish to: the first", undefined, [unwell(0), unwell(1)], 0],
  ["one goes, and another that wishes to waits", 1, [unwell(0), unwell(1)], 1],
  ["the one that goes is between two lives: the others still wait", 1, [unwell(0), down(1), fine(2)], 1],
  ["it serves afresh: the next goes", 1, [unwell(0), fine(1)], 0],
  ["it serves afresh, and all is well", 1, [fine(0), fine(1)], undefined],
  ["the only one of its pool stays", undefined, [unwell(0)], undefined],
  ["the only one that serves stays", undefined, [unwell(0), down(1)], undefined],
])("[Q14] %s", (_what, leaving, shards, next) => {
  expect(leavesArena(leaving, shards)).toBe(next);
});
