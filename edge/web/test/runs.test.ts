import type { Line } from "@whisper/shared/client/view";
import fc from "fast-check";
import { expect, test } from "vitest";
import { runState, runsOf } from "../runs.ts";

const lines: fc.Arbitrary<Line[]> = fc.array(
  fc.record({
    from: fc.constantFrom("me" as const, "partner" as const),
    id: fc.nat(),
    text: fc.string(),
    atMs: fc.integer({ min: -1_000_000, max: 1_000_000 }),
    state: fc.constantFrom("waiting" as const, "delivered" as const, "refused" as const),
  }),
);

test("[V9] no line is lost, moved or put under another person's name", () => {
  fc.assert(
    fc.property(lines, (transcript) => {
      const runs = runsOf(transcript);
      expect(runs.flatMap((run) => run.lines)).toEqual(transcript);
      for (const run of runs) expect(run.lines.every((line) => line.from === run.from)).toBe(true);
    }),
  );
});

test("[V9] a pause begins a new run, so that its time is shown", () => {
  const at = (atMs: number, id: number): Line => ({ from: "me", id, text: "x", atMs, state: "delivered" });
  expect(runsOf([at(0, 1), at(179_999, 2), at(400_000, 3)]).map((run) => run.lines.length)).toEqual([2, 1]);
});

test("[V9] a run says what became of its last text that was not refused; the partner's say nothing", () => {
  const of = (...states: readonly NonNullable<Line["state"]>[]) =>
    runsOf(states.map((state, at) => ({ from: "me", id: at + 1, text: "x", atMs: 0, state })))[0];
  const said = (...states: readonly NonNullable<Line["state"]>[]) => {
    const run = of(...states);
    return run === undefined ? undefined : runState(run);
  };
  expect(said("delivered", "waiting")).toBe("waiting");
  expect(said("delivered", "refused")).toBe("delivered");
  expect(said("refused")).toBeUndefined();
  const theirs = runsOf([{ from: "partner", id: 1, text: "x", atMs: 0 }])[0];
  expect(theirs === undefined ? "none" : runState(theirs)).toBeUndefined();
});
