import * as fc from "fast-check";
import { expect, test } from "vitest";
import { faultOfWords, judgeArrival, lostUpTo, newTrail, noteAgain } from "./text-check.ts";
import { fillingOf, type Marks, marksIn, openingOf, runMarkOf } from "./text-words.ts";

const MINE: Marks = { run: 5, lane: "live", couple: 12, seat: 1, no: 7 };
const wordsOf = (marks: Marks): string => `${openingOf(marks)}${marks.no}${fillingOf(20)}`;

/** Numbers as they arrive, `again` for those that were written once more before; what each was. */
function judged(arrivals: readonly number[], again: readonly number[] = []): (string | undefined)[] {
  const trail = newTrail();
  for (const id of again) noteAgain(trail, id);
  let last = 0;
  return arrivals.map((id) => {
    const { isNext, fault } = judgeArrival(trail, id, last);
    if (isNext) last = id;
    return fault;
  });
}

test.each([
  ["in order", [1, 2, 3], [], [undefined, undefined, undefined]],
  ["twice", [1, 2, 2], [], [undefined, undefined, "doubled"]],
  ["twice, later", [1, 2, 3, 1], [], [undefined, undefined, undefined, "doubled"]],
  ["thrice", [1, 1, 1], [], [undefined, "doubled", "doubled"]],
  ["twice, written twice", [1, 1], [1], [undefined, undefined]],
  ["thrice, written twice", [1, 1, 1], [1], [undefined, undefined, "doubled"]],
  ["swapped", [2, 1], [], [undefined, "reordered"]],
  ["swapped, then sent again", [1, 3, 2, 3], [3], [undefined, undefined, "reordered", undefined]],
  ["a gap that is filled by sending again", [1, 3, 2, 3], [2, 3], [undefined, undefined, undefined, undefined]],
  ["beyond a gap twice", [3, 3], [], [undefined, "doubled"]],
  ["one late by many", [1, 2, 4, 5, 6, 3], [], [undefined, undefined, undefined, undefined, undefined, "reordered"]],
] as const)("%s", (_what, arrivals, again, faults) => {
  expect(judged(arrivals, again)).toEqual(faults);
});

test("whatever goes wrong on the way, each copy too many is doubled, and nothing is else", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 40 }), (arrivals) => {
      const doubled = judged(arrivals).filter((fault) => fault === "doubled").length;
      expect(doubled).toBe(arrivals.length - new Set(arrivals).size);
    }),
  );
});

test("what is lost is counted once, and never what was shown", () => {
  const trail = newTrail();
  expect(lostUpTo(trail, 5, 5)).toBe(0);
  expect(lostUpTo(trail, 8, 6)).toBe(2);
  expect(lostUpTo(trail, 8, 6)).toBe(0);
  expect(lostUpTo(trail, 10, 6)).toBe(2);
  expect(lostUpTo(trail, 9, 6)).toBe(0);
});

test.each([
  ["another couple", { couple: 13 }, "foreign"],
  ["another run", { run: 6 }, "foreign"],
  ["one's own", { seat: 0 }, "foreign"],
  ["the other lane", { lane: "test" }, "laneCrossed"],
  ["the other lane, and all else", { lane: "test", run: 9, couple: 1 }, "laneCrossed"],
  ["an earlier number", { no: 6 }, "doubled"],
  ["a later number", { no: 8 }, "reordered"],
] as const)("words of %s", (_who, other, fault) => {
  expect(faultOfWords(wordsOf({ ...MINE, ...other }), MINE)).toBe(fault);
});

test("words that nobody wrote are foreign, whatever they are", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(faultOfWords(text, MINE)).toBe("foreign");
    }),
  );
});

test("marks are read back, for every run, lane, couple and number, behind any filling", () => {
  const marks = fc.record({
    run: fc.integer().map(runMarkOf),
    lane: fc.constantFrom("live" as const, "test" as const),
    couple: fc.integer({ min: 0, max: 500_000 }),
    seat: fc.constantFrom(0, 1),
    no: fc.integer({ min: 1, max: 16_777_215 }),
  });
  fc.assert(
    fc.property(marks, fc.integer({ min: -5, max: 200 }), (one, chars) => {
      const filling = fillingOf(chars);
      expect(filling.length).toBeLessThanOrEqual(Math.max(0, chars));
      expect(marksIn(`${openingOf(one)}${one.no}${filling}`)).toEqual(one);
    }),
  );
});
