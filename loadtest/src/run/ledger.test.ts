import fc from "fast-check";
import { build } from "hdr-histogram-js";
import { expect, test } from "vitest";
import { encodedTimes, tickOf } from "../../test/support/ticks.ts";
import type { PerSecond } from "../plan/plan.ts";
import { percentilesOf } from "./histograms.ts";
import { Ledger } from "./ledger.ts";
import { tickIn } from "./worker-words.ts";

const PLAN = { rampMs: 2_000, holdMs: 3_000 };

function opened(...parts: readonly string[]): { ledger: Ledger; seconds: PerSecond[] } {
  const seconds: PerSecond[] = [];
  return { ledger: new Ledger(parts, PLAN, (second) => seconds.push(second)), seconds };
}

test("merged percentiles equal those of all values in one histogram", () => {
  const times = fc.array(fc.integer({ min: 0, max: 60_000_000 }), { maxLength: 60 });
  const parts = fc.array(fc.array(times, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(parts, fc.boolean(), (all, saysDone) => {
      const { ledger } = opened(...[...all.keys()].map(String));
      const whole = build({ bitBucketSize: 64, highestTrackableValue: 600_000_000 });
      for (const [part, ticks] of all.entries()) {
        for (const [at, values] of ticks.entries()) {
          for (const value of values) whole.recordValue(value);
          expect(ledger.note(String(part), tickOf({ times: { text: values } }), (at + 1) * 1_000)).toBe(true);
        }
        if (saysDone) ledger.note(String(part), tickOf({ say: "done", times: { text: ticks.flat() } }), 5_000);
      }
      const { histograms, phases } = ledger.sums();
      expect(histograms.text).toEqual(percentilesOf(whole));
      expect(phases.reduce((sum, phase) => sum + phase.latencies.text.count, 0)).toBe(whole.totalCount);
    }),
    { numRuns: 60 },
  );
});

test("histograms of another exactness and length are merged as well", () => {
  const { ledger } = opened("a", "b");
  ledger.note("a", tickOf({ times: { text: [1_000] } }), 1_000);
  const coarse = { ...tickOf({}), histograms: { ...tickOf({}).histograms, text: encodedTimes([900_000_000], 2) } };
  ledger.note("b", coarse, 1_000);
  const { text } = ledger.sums().histograms;
  expect(text.count).toBe(2);
  expect(text.maxMs).toBeGreaterThan(890_000);
});

test("a second is told once all have spoken, with the sums of all and the worst of them", () => {
  const { ledger, seconds } = opened("a", "b");
  ledger.note("a", tickOf({ counts: { admitted: 3 }, gauges: { sockets: 3 }, health: { loopLagMs: 9 } }), 1_010);
  ledger.turn(1_100);
  expect(seconds).toEqual([]);
  ledger.note("b", tickOf({ counts: { admitted: 4 }, gauges: { sockets: 4 }, health: { portsLeft: 7 } }), 990);
  ledger.turn(1_200);
  expect(seconds).toHaveLength(1);
  expect(seconds[0]).toMatchObject({ atMs: 1_000, counts: { admitted: 7 }, gauges: { sockets: 7 } });
  expect(seconds[0]?.health).toEqual({ loopLagMs: 9, lateSends: 0, cpuShare: 0.1, rssBytes: 2_000, portsLeft: 7 });
});

test("what is said before the beginning, or in the middle of the first second, ends no second", () => {
  const { ledger, seconds } = opened("a");
  for (const atMs of [-700, 300]) {
    ledger.note("a", tickOf({ gauges: { sockets: 1 }, counts: { admitted: 1 } }), atMs);
    ledger.turn(atMs);
  }
  expect(seconds).toEqual([]);
  ledger.note("a", tickOf({ gauges: { sockets: 2 }, counts: { admitted: 1 } }), 1_300);
  ledger.turn(1_300);
  expect(seconds.map(({ gauges, counts }) => [gauges.sockets, counts.admitted])).toEqual([[2, 3]]);
});

test("nobody waits long for a part that is late, and what it tells later is not lost", () => {
  const { ledger, seconds } = opened("a", "b");
  ledger.note("a", tickOf({ counts: { textsSent: 1 } }), 1_000);
  ledger.turn(3_400);
  expect(seconds).toEqual([]);
  ledger.turn(3_500);
  expect(seconds).toHaveLength(1);
  ledger.note("b", tickOf({ counts: { textsSent: 5 } }), 1_000);
  const sums = ledger.sums();
  expect(sums.totals.textsSent).toBe(6);
  expect(sums.seconds.map(({ counts }) => counts.textsSent)).toEqual([1, 5]);
});

test("a second of which nobody spoke keeps who was there", () => {
  const { ledger } = opened("a");
  ledger.note("a", tickOf({ gauges: { sockets: 8 } }), 1_000);
  ledger.note("a", tickOf({ gauges: { sockets: 9 }, counts: { errors: 1 } }), 3_000);
  const { seconds, health } = ledger.sums();
  expect(seconds.map(({ gauges, counts }) => [gauges.sockets, counts.errors])).toEqual([
    [8, 0],
    [8, 0],
    [9, 1],
  ]);
  expect(health.portsLeftMin).toBe(500);
});

test.each([
  ["told before", 7_400],
  ["still open", 4_000],
])("who stood still for seconds was starved in each of them, %s", (_when, turnMs) => {
  const { ledger } = opened("a", "b");
  for (const part of ["a", "b"]) ledger.note(part, tickOf({}), 1_000);
  for (let at = 2; at <= 6; at++) ledger.note("b", tickOf({}), at * 1_000);
  ledger.turn(turnMs);
  ledger.note("a", tickOf({ health: { loopLagMs: 3_400 } }), 5_000);
  ledger.note("a", tickOf({}), 6_000);
  expect(ledger.sums().seconds.map(({ health }) => health.loopLagMs)).toEqual([1, 3_400, 3_400, 3_400, 3_400, 1]);
});

test("a part that is gone is waited for no more: its sockets are gone, its texts are not", () => {
  const { ledger, seconds } = opened("a", "b");
  for (const part of ["a", "b"]) ledger.note(part, tickOf({ gauges: { sockets: 5 }, counts: { textsSent: 2 } }), 1_000);
  ledger.turn(1_000);
  ledger.lose("b");
  ledger.lose("nobody");
  ledger.note("a", tickOf({ gauges: { sockets: 5 } }), 2_000);
  ledger.turn(2_000);
  expect(seconds.map(({ gauges }) => gauges.sockets)).toEqual([10, 5]);
  expect(ledger.sums().totals.textsSent).toBe(4);
});

test("totals of those who are done are their own, and what came since their last tick counts once", () => {
  const { ledger } = opened("a");
  ledger.note("a", tickOf({ counts: { textsSent: 2 }, times: { text: [5] } }), 1_000);
  ledger.note("a", tickOf({ say: "done", counts: { textsSent: 3 }, times: { text: [5, 6] } }), 5_600);
  const { totals, histograms, phases } = ledger.sums();
  expect([totals.textsSent, histograms.text.count]).toEqual([3, 2]);
  expect(phases.map(({ name, totals: { textsSent } }) => [name, textsSent])).toEqual([
    ["ramp", 2],
    ["hold", 0],
    ["leave", 1],
  ]);
  expect(phases.at(-1)?.toMs).toBe(5_600);
});

test("while one part is not done, the ticks of all are the total", () => {
  const { ledger } = opened("a", "b");
  ledger.note("a", tickOf({ times: { text: [5] } }), 1_000);
  ledger.note("a", tickOf({ say: "done", times: { text: [5] } }), 2_000);
  ledger.note("b", tickOf({ times: { text: [7, 8] } }), 1_000);
  expect(ledger.sums().histograms.text.count).toBe(3);
});

test("a run of which nobody said anything has empty sums", () => {
  const sums = opened("a").ledger.sums();
  expect(sums.seconds).toEqual([]);
  expect(sums.histograms.text).toEqual({ count: 0, meanMs: 0, p50Ms: 0, p90Ms: 0, p99Ms: 0, p999Ms: 0, maxMs: 0 });
  expect(sums.health.portsLeftMin).toBe(0);
});

test("who is not of the run, and what cannot be decoded, is not taken", () => {
  const { ledger } = opened("a");
  expect(ledger.note("b", tickOf({ counts: { errors: 1 } }), 1_000)).toBe(false);
  const nonsense = { ...tickOf({ counts: { errors: 1 } }).histograms, match: "nonsense" };
  expect(ledger.note("a", { ...tickOf({ counts: { errors: 1 } }), histograms: nonsense }, 1_000)).toBe(false);
  expect(ledger.sums().totals.errors).toBe(0);
});

test("examples are few", () => {
  const { ledger } = opened("a");
  for (let at = 0; at < 30; at++) ledger.note("a", tickOf({ examples: [`fault ${at}`] }), 1_000);
  expect(ledger.sums().examples).toHaveLength(20);
});

test("what a worker says is read back whole", () => {
  const said = tickOf({ counts: { textsSent: 1 }, times: { connect: [1] }, examples: ["a"], atMs: 5 });
  expect(tickIn(JSON.parse(JSON.stringify(said)))).toEqual(said);
});

test.each<readonly [string, unknown]>([
  ["nothing", undefined],
  ["null", null],
  ["a word", "tick"],
  ["a list", []],
  ["another word", { ...tickOf({}), say: "ready" }],
  ["no time", { ...tickOf({}), atMs: "now" }],
  ["a count that is none", { ...tickOf({}), counts: { ...tickOf({}).counts, lost: Number.NaN } }],
  ["a count below nothing", { ...tickOf({}), counts: { ...tickOf({}).counts, lost: -1 } }],
  ["a count too few", { ...tickOf({}), counts: { lost: 1 } }],
  ["no gauges", { ...tickOf({}), gauges: null }],
  ["no health", { ...tickOf({}), health: 7 }],
  ["a histogram that is none", { ...tickOf({}), histograms: { ...tickOf({}).histograms, text: 7 } }],
  ["a histogram without end", { ...tickOf({}), histograms: { ...tickOf({}).histograms, text: "a".repeat(300_000) } }],
  ["examples that are none", { ...tickOf({}), examples: [7] }],
])("what is no tick is not read: %s", (_what, raw) => {
  expect(tickIn(raw)).toBeUndefined();
});

test("of what goes wrong a worker tells a little", () => {
  const told = tickIn({ ...tickOf({}), examples: Array.from({ length: 99 }, () => "x".repeat(9_999)) });
  expect(told?.examples.length).toBeLessThan(20);
  expect(told?.examples[0]?.length).toBe(300);
});
