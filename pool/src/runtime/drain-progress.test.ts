import { expect, test } from "vitest";
import { type DrainProgress, sumOfDrains } from "./drain-progress.ts";

const part = (state: DrainProgress["state"], left: number): DrainProgress => ({
  state,
  total: 10,
  left,
  moved: 10 - left,
  closed: 0,
});

test.each([
  ["all are over", [part("done", 0), part("done", 0)], "done"],
  ["one is not", [part("done", 0), part("draining", 3)], "draining"],
  ["one has nowhere to send its people", [part("draining", 3), part("no_room", 4)], "no_room"],
  ["one has not begun, and has people", [part("done", 0), part("open", 2)], "draining"],
  ["there is no shard", [], "done"],
])("[O9] the drain of a pool when %s", (_what, parts, state) => {
  const sum = sumOfDrains(parts);
  expect(sum.state).toBe(state);
  expect(sum.left + sum.moved).toBe(parts.length * 10);
});
