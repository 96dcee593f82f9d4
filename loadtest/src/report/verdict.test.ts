import { describe, expect, test } from "vitest";
import { around, counts, factsOf, latencies, planOf, second, seconds } from "../../test/support/sample-report.ts";
import {
  type CountName,
  type HistogramName,
  type RunFacts,
  reportedPlan,
  type ScenarioName,
  type Thresholds,
} from "../plan/plan.ts";
import { SCENARIOS } from "../plan/scenarios.ts";
import { boundsOf, errorRateOf, memoryLeftShare } from "./bounds.ts";
import { judge } from "./verdict.ts";

const GOOD = factsOf();
const totals = (some: Partial<Record<CountName, number>>): Partial<RunFacts> => ({
  totals: { ...GOOD.totals, ...some },
});
const time = (name: HistogramName, p99Ms: number): Partial<RunFacts> => ({
  histograms: { ...GOOD.histograms, [name]: around(p99Ms) },
});
const health = (some: Partial<RunFacts["health"]>): Partial<RunFacts> => ({ health: { ...GOOD.health, ...some } });
const bounds = (some: Partial<Thresholds>): RunFacts["plan"] => ({
  ...GOOD.plan,
  thresholds: { ...GOOD.plan.thresholds, ...some },
});
const verdict = (over: Partial<RunFacts> = {}) => judge(factsOf(over));
const STARVED = seconds(40, { health: { ...second(1).health, cpuShare: 0.99 } });

test("[Y7] a run against which nothing speaks has held", () => {
  expect(verdict()).toEqual({ result: "held", reasons: [], exitCode: 0 });
});

describe("texts", () => {
  test.each([
    ["lost", "lost"],
    ["doubled", "doubled"],
    ["reordered", "reordered"],
    ["foreign", "foreign"],
    ["laneCrossed", "other lane"],
  ] as const)("[Y5] one text %s of four thousand is a crossing that is named", (name, word) => {
    const said = verdict(totals({ [name]: 1 }));
    expect(said).toMatchObject({ result: "crossed", exitCode: 99 });
    expect(said.reasons).toHaveLength(1);
    expect(said.reasons[0]).toContain(word);
    expect(said.reasons[0]).toContain("1");
  });

  test.each(["lost", "doubled", "reordered", "foreign", "laneCrossed"] as const)(
    "[Y5] a text %s counts also when the generator was starved or lost a part",
    (name) => {
      const starved = {
        ...totals({ [name]: 1 }),
        seconds: STARVED,
        ...health({ lostParts: ["worker 1 ended by SIGKILL"] }),
      };
      expect(verdict(starved)).toMatchObject({ result: "crossed", exitCode: 99 });
      expect(verdict(starved).reasons.length).toBeGreaterThan(2);
    },
  );

  test("[Y7] texts that came only when sent again are a crossing, but where servers go away", () => {
    expect(verdict(totals({ repaired: 1 })).reasons[0]).toContain("sent again");
    const chaos = {
      ...totals({ repaired: 50, dropped: 90 }),
      plan: reportedPlan({
        ...planOf(),
        scenario: "chaos",
        thresholds: bounds({ repairedTexts: 1e9, dropped: 1e9 }).thresholds,
      }),
    };
    expect(verdict(chaos).result).toBe("held");
  });
});

describe("bounds", () => {
  test.each([
    ["connect", "connectP99Ms", "to come in"],
    ["match", "matchP99Ms", "to find a partner"],
    ["text", "textP99Ms", "for a text"],
    ["resume", "resumeP99Ms", "to be back"],
  ] as const)("[Y7] p99 of %s: equal holds, a hair above crosses, and is named", (name, bound, words) => {
    const allowed = GOOD.plan.thresholds[bound];
    expect(verdict(time(name, allowed)).result).toBe("held");
    const said = verdict(time(name, allowed * 1.01));
    expect(said).toMatchObject({ result: "crossed", exitCode: 99 });
    expect(said.reasons[0]).toContain(words);
  });

  test("[Y7] a figure that is no number has not held", () => {
    expect(verdict(time("text", Number.NaN)).result).toBe("crossed");
    expect(verdict(totals({ dropped: Number.NaN })).result).toBe("crossed");
  });

  test("[Y7] a bound that is too strict crosses", () => {
    expect(verdict({ plan: bounds({ textP99Ms: 0.001 }) })).toMatchObject({ result: "crossed", exitCode: 99 });
  });

  test.each([
    ["dropped", "sockets dropped"],
    ["chatsEndedByServer", "chats ended by the server"],
  ] as const)("[Y7] one of %s crosses, and what is allowed holds", (name, words) => {
    expect(verdict(totals({ [name]: 1 })).reasons[0]).toContain(words);
    expect(verdict({ ...totals({ [name]: 1 }), plan: bounds({ dropped: 1, endedChats: 1 }) }).result).toBe("held");
  });

  test.each(["upgradesFailed", "refused", "matchTimeouts", "errors"] as const)("[Y7] many %s cross", (name) => {
    expect(verdict(totals({ [name]: 4 })).result, "4 of 4,400 are 0.09 %").toBe("held");
    expect(verdict(totals({ [name]: 5 })).reasons[0]).toContain("errors of what was tried");
  });

  test("[Y7] everything failed is an error rate of one", () => {
    expect(errorRateOf(counts({ upgradesFailed: 500 }))).toBe(1);
    expect(errorRateOf(counts({}))).toBe(0);
    expect(verdict({ totals: counts({ upgradesFailed: 200 }), histograms: latencies({}), seconds: [] }).result).toBe(
      "crossed",
    );
  });

  test("[Y7] a crowd that never came together has not been held", () => {
    const fewer = seconds(40, { gauges: { sockets: 150, seeking: 0, chatting: 150 } });
    expect(verdict({ seconds: fewer }).reasons).toEqual(["at most 150 of 200 sockets were there at one time"]);
  });

  test("[Y7] a crowd that came too late was not held for as long as it should", () => {
    const comesIn = (everyMs: number) =>
      seconds(40).map((one) => ({
        ...one,
        counts: counts({ ...one.counts, admitted: one.atMs % everyMs === 0 ? 20 : 0 }),
      }));
    expect(verdict({ seconds: comesIn(1_000) }).result, "200 people in a ramp of 10 s").toBe("held");
    expect(verdict({ seconds: comesIn(2_000) }).reasons).toEqual([
      "only 140 of 200 people had come in 14 s after the start",
    ]);
  });

  test("every bound is looked at", () => {
    expect(new Set(boundsOf(GOOD).map(({ name }) => name))).toEqual(new Set(Object.keys(GOOD.plan.thresholds)));
  });
});

describe("memory after churn", () => {
  const churn = (endMib: number, bound = 0.15): Partial<RunFacts> => ({
    plan: { ...bounds({ memoryLeftShare: bound }), scenario: "churn" as ScenarioName },
    servers: [100, 300, endMib].map((mib, at) => ({
      atMs: at * 1_000,
      ops: "h:1",
      rssBytes: mib * 2 ** 20,
      cpuCores: 0,
      sockets: 0,
      chats: 0,
    })),
  });

  test("[Y7] what has come back holds, what has not crosses", () => {
    expect(verdict(churn(115)).result).toBe("held");
    expect(verdict(churn(120)).reasons[0]).toContain("servers' memory");
  });

  test("[Y6] servers that nobody could look at are a doubt", () => {
    expect(verdict({ ...churn(0), servers: [] })).toMatchObject({ result: "inconclusive", exitCode: 98 });
    const mute = (churn(0).servers ?? []).map((sample) => ({ ...sample, rssBytes: 0 }));
    expect(verdict({ ...churn(0), servers: mute }).reasons).toEqual(["no ops port told the servers' memory"]);
  });

  test("memory is summed over ops ports, each with its own first and last look", () => {
    const [one] = churn(115).servers ?? [];
    if (one === undefined) throw new Error("no sample");
    expect(memoryLeftShare([one, { ...one, ops: "h:2" }, { ...one, atMs: 9, rssBytes: one.rssBytes * 2 }])).toBe(0.5);
    expect(memoryLeftShare([])).toBeUndefined();
  });
});

describe("a generator that was the bottleneck", () => {
  const bad = (count: number, worse: Partial<RunFacts["seconds"][number]["health"]>) => [
    ...seconds(40 - count),
    ...seconds(count, { health: { ...second(1).health, ...worse } }),
  ];

  test.each([
    ["stood still", { loopLagMs: 101 }],
    ["had no CPU left", { cpuShare: 0.96 }],
    ["sent late", { lateSends: 11 }],
  ] as const)("[Y6] a generator that %s for three of forty seconds is inconclusive", (_what, worse) => {
    const said = verdict({ seconds: bad(3, worse) });
    expect(said).toMatchObject({ result: "inconclusive", exitCode: 98 });
    expect(said.reasons[0]).toContain("3 of 40 seconds");
    expect(said.reasons[0]).toContain("--workers");
  });

  test.each([{ loopLagMs: 100 }, { cpuShare: 0.95 }, { lateSends: 10 }])("[Y6] at %j it is still good", (edge) => {
    expect(verdict({ seconds: bad(40, edge) }).result).toBe("held");
  });

  test("[Y6] one bad second of forty is nothing, and so is one of five", () => {
    expect(verdict({ seconds: bad(2, { loopLagMs: 900 }) }).result).toBe("held");
    expect(
      verdict({ seconds: [...seconds(4), second(5_000, { health: { ...second(1).health, loopLagMs: 900 } })] }).result,
    ).toBe("held");
  });

  test("[Y6] late texts all in all are a doubt even when no second stands out", () => {
    expect(verdict(health({ lateSends: 41 })).reasons[0]).toContain("41 of 4000 texts left late");
    expect(verdict(health({ lateSends: 40 })).result).toBe("held");
  });

  test("[Y6] what crossed while it was starved is no verdict on the server, but is told", () => {
    const said = verdict({ ...time("text", 900), ...totals({ dropped: 9 }), seconds: STARVED });
    expect(said).toMatchObject({ result: "inconclusive", exitCode: 98 });
    expect(said.reasons).toHaveLength(3);
  });

  test("[Y6] a part that died makes it inconclusive, and is named", () => {
    const said = verdict(health({ lostParts: ["worker 3 ended by SIGKILL"] }));
    expect(said).toMatchObject({ result: "inconclusive", exitCode: 98 });
    expect(said.reasons[0]).toContain("worker 3 ended by SIGKILL");
  });

  test("[Y6] no ports left while upgrades failed is its own fault", () => {
    expect(verdict({ ...health({ portsLeftMin: 0 }), ...totals({ upgradesFailed: 40 }) }).result).toBe("inconclusive");
    expect(verdict(health({ portsLeftMin: 0 })).result, "none failed, none were needed").toBe("held");
  });
});

describe("what was not measured", () => {
  test.each(Object.keys(SCENARIOS) as ScenarioName[])(
    "[Y6] a run of %s that measured nothing says nothing",
    (scenario) => {
      const plan = { ...GOOD.plan, scenario };
      const said = verdict({ plan, histograms: latencies({}), totals: counts({}) });
      expect(said.result).toBe("inconclusive");
      expect(said.reasons[0]).toContain("nothing was measured of: connect");
    },
  );

  test("[Y6] a chat run without a text is inconclusive, a connect run is not", () => {
    const silent = { histograms: { ...GOOD.histograms, text: latencies({}).text } };
    expect(verdict(silent).reasons).toEqual(["nothing was measured of: text"]);
    expect(verdict({ ...silent, plan: { ...GOOD.plan, scenario: "connect" } }).result).toBe("held");
  });

  test("[Y7] a server that let nobody in is the server's fault, not a doubt", () => {
    const dead = {
      histograms: latencies({}),
      totals: counts({ upgradesFailed: 200 }),
      seconds: seconds(5, { gauges: { sockets: 0, seeking: 0, chatting: 0 } }),
    };
    expect(verdict(dead)).toMatchObject({ result: "crossed", exitCode: 99 });
  });
});

test("[Y8] an interrupted run is interrupted whatever else it saw, and tells it", () => {
  const said = verdict({ ...totals({ lost: 2, dropped: 3 }), interrupted: true });
  expect(said).toMatchObject({ result: "interrupted", exitCode: 130 });
  expect(said.reasons).toHaveLength(3);
  expect(verdict({ interrupted: true }).reasons).toEqual(["interrupted before its end"]);
});
