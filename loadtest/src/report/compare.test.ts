import { describe, expect, test } from "vitest";
import { around, counts, latencies, NO_TIME, reportOf } from "../../test/support/sample-report.ts";
import type { Phase, Report } from "../plan/plan.ts";
import { UsageFault } from "../plan/usage-fault.ts";
import { compare, comparisonText } from "./compare.ts";

const phase = (name: Phase["name"], textP99Ms: number, textsDelivered: number, over: Partial<Phase> = {}): Phase => ({
  name,
  fromMs: 0,
  toMs: 10_000,
  totals: counts({ textsDelivered }),
  latencies: latencies({ text: textP99Ms === 0 ? NO_TIME : around(textP99Ms) }),
  ...over,
});
const run = (...phases: readonly Phase[]): Report => reportOf({ phases });
const changes = (before: Report, after: Report) =>
  compare(before, after).rows.map(({ phase: of, label, change }) => `${of} ${label}: ${change}`);

const SAME = run(phase("ramp", 20, 1_000), phase("hold", 10, 5_000));

test("[Y10] a run beside itself is the same in every figure", () => {
  const { rows, notes, exitCode } = compare(SAME, SAME);
  expect([exitCode, notes]).toEqual([0, []]);
  expect(rows.length).toBeGreaterThan(0);
  expect(rows.filter(({ change, by }) => change !== "same" || by !== 0)).toEqual([]);
});

describe("ten per cent", () => {
  test.each([
    [10, 11, "same"],
    [100, 109.9, "same"],
    [100, 110.2, "regression"],
    [100, 89.8, "improvement"],
    [100, 90.1, "same"],
    [1, 1.9, "same"],
    [1, 2.1, "regression"],
  ])("[Y10] p99 from %d to %d ms is: %s", (before, after, change) => {
    const { rows, exitCode } = compare(run(phase("hold", before, 5_000)), run(phase("hold", after, 5_000)));
    expect(rows.find(({ label }) => label.endsWith("p99"))?.change).toBe(change);
    expect(exitCode).toBe(change === "regression" ? 99 : 0);
  });

  test.each([
    [5_000, 4_600, "same"],
    [5_000, 4_400, "regression"],
    [5_000, 5_600, "improvement"],
    [5_000, 0, "regression"],
  ])("[Y10] %d texts shown, then %d: %s, because more is better", (before, after, change) => {
    const { rows } = compare(run(phase("hold", 10, before)), run(phase("hold", 10, after)));
    expect(rows.find(({ label }) => label === "texts shown")?.change).toBe(change);
  });

  test("[Y10] from nothing lost to one is a regression, whatever its share", () => {
    const lost = phase("hold", 10, 5_000, { totals: counts({ textsDelivered: 5_000, lost: 1 }) });
    const { rows, exitCode } = compare(run(phase("hold", 10, 5_000)), run(lost));
    expect(rows.find(({ label }) => label === "texts lost")).toMatchObject({
      before: 0,
      after: 1,
      change: "regression",
    });
    expect(exitCode).toBe(99);
  });
});

test("[Y10] phases are compared with their own kind: what one gained the other does not pay for", () => {
  const after = run(phase("ramp", 40, 1_000), phase("hold", 5, 5_000));
  expect(changes(SAME, after)).toContain("ramp a text, from when it should leave to when it is shown, p99: regression");
  expect(changes(SAME, after)).toContain(
    "hold a text, from when it should leave to when it is shown, p99: improvement",
  );
  expect(compare(SAME, after).exitCode).toBe(99);
});

test("[Y10] the order in which phases stand does not matter", () => {
  expect(compare(SAME, run(phase("hold", 10, 5_000), phase("ramp", 20, 1_000))).exitCode).toBe(0);
});

test("[Y10] a phase that one run lacks makes it say nothing", () => {
  const short = run(phase("ramp", 20, 1_000));
  expect(compare(SAME, short)).toMatchObject({ exitCode: 98, notes: ["the second run has no phase hold"] });
  expect(compare(short, SAME)).toMatchObject({ exitCode: 98, notes: ["the first run has no phase hold"] });
});

test("[Y10] what one run did not measure is not compared", () => {
  const { rows } = compare(SAME, run(phase("ramp", 0, 1_000), phase("hold", 10, 5_000)));
  expect(rows.filter(({ phase: of, unit }) => of === "ramp" && unit === "ms")).toEqual([]);
});

test.each(["interrupted", "inconclusive"] as const)("[Y10] beside a run that is %s nothing is said", (result) => {
  const doubtful: Report = { ...SAME, verdict: { result, reasons: [], exitCode: 98 } };
  expect(compare(SAME, doubtful).exitCode).toBe(98);
  expect(compare(doubtful, SAME).notes[0]).toContain(`the first run is ${result}`);
});

test("[Y10] runs with a crossed threshold are still compared", () => {
  const crossed: Report = { ...SAME, verdict: { result: "crossed", reasons: [], exitCode: 99 } };
  expect(compare(crossed, SAME).exitCode).toBe(0);
});

test.each([
  { scenario: "soak" as const },
  { connections: 100 },
  { rampMs: 1 },
  { holdMs: 1 },
  { textEveryMs: 1 },
  { textChars: 100 },
])("[Y10] runs that were not the same (%j) are refused", (over) => {
  const other: Report = { ...SAME, plan: { ...SAME.plan, ...over } };
  expect(() => compare(SAME, other)).toThrow(UsageFault);
  expect(() => compare(SAME, other)).toThrow(Object.keys(over)[0]);
});

test("another machine, target, seed or commit is what one compares", () => {
  const other: Report = {
    ...SAME,
    commit: "x",
    plan: { ...SAME.plan, target: "http://127.0.0.1:1", seed: 9, workers: 4 },
  };
  expect(compare(SAME, other).exitCode).toBe(0);
});

test("[Y10] the text names each phase, each value, and what got worse", () => {
  const text = comparisonText(compare(SAME, run(phase("ramp", 20, 1_000), phase("hold", 30, 5_000))));
  expect(text).toMatch(/^ramp\n/);
  expect(text).toMatch(/\nhold\n.*/);
  expect(text).toMatch(/p99 +10\.0 ms +30\.0 ms +\+200\.0 % {2}regression/);
  expect(text).toContain("2 figures are worse by more than 10 %");
  expect(comparisonText(compare(SAME, SAME))).toContain("nothing is worse");
});
