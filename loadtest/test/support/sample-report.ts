import { readPlan } from "../../src/plan/options.ts";
import {
  type Counts,
  type Latencies,
  type Percentiles,
  type PerSecond,
  type Plan,
  type Report,
  type RunFacts,
  reportedPlan,
} from "../../src/plan/plan.ts";
import { COUNT_NAMES } from "../../src/report/figures.ts";
import { judge } from "../../src/report/verdict.ts";

export const TARGET = "http://127.0.0.1:8787";
export const NOW_MS = 1_800_000_000_000;

export const NOTHING: Counts = Object.fromEntries(COUNT_NAMES.map((name) => [name, 0])) as Counts;
export const counts = (some: Partial<Counts>): Counts => ({ ...NOTHING, ...some });

export const NO_TIME: Percentiles = { count: 0, meanMs: 0, p50Ms: 0, p90Ms: 0, p99Ms: 0, p999Ms: 0, maxMs: 0 };
/** Percentiles around a p99; every figure differs from the others. */
export const around = (p99Ms: number, count = 1_000): Percentiles => ({
  count,
  meanMs: p99Ms * 0.31,
  p50Ms: p99Ms * 0.25,
  p90Ms: p99Ms * 0.5,
  p99Ms,
  p999Ms: p99Ms * 1.5,
  maxMs: p99Ms * 2.25,
});
export const latencies = (some: Partial<Latencies>): Latencies => ({
  connect: NO_TIME,
  match: NO_TIME,
  text: NO_TIME,
  resume: NO_TIME,
  ...some,
});

const HEALTHY = { loopLagMs: 3, lateSends: 0, cpuShare: 0.4, rssBytes: 80 * 2 ** 20, portsLeft: 7_000 };
export const second = (atMs: number, over: Partial<PerSecond> = {}): PerSecond => ({
  atMs,
  counts: counts({ textsSent: 100, textsDelivered: 100 }),
  gauges: { sockets: 200, seeking: 0, chatting: 200 },
  latencies: latencies({ text: around(4) }),
  health: HEALTHY,
  ...over,
});

/** So many seconds; everybody comes in during the first. */
export const seconds = (count: number, over: Partial<PerSecond> = {}): readonly PerSecond[] =>
  Array.from({ length: count }, (_, at) =>
    second((at + 1) * 1_000, {
      counts: counts({ admitted: at === 0 ? 200 : 0, textsSent: 100, textsDelivered: 100 }),
      ...over,
    }),
  );

const TOTALS = counts({
  upgrades: 200,
  admitted: 200,
  seeks: 200,
  matches: 200,
  chatsBegun: 100,
  chatsEnded: 100,
  textsSent: 4_000,
  textsDelivered: 4_000,
  textsConfirmed: 4_000,
});
const TIMES = latencies({ connect: around(12.5, 200), match: around(80, 200), text: around(7, 4_000) });

export const planOf = (over: Partial<Plan> = {}): Plan => ({
  ...readPlan("chat", { target: TARGET }, NOW_MS),
  ...over,
});

/** A chat run of 200 people that went well, and how it differs. */
export function factsOf(over: Partial<RunFacts> = {}): RunFacts {
  return {
    plan: reportedPlan(planOf()),
    startedAt: "2026-11-24T03:00:00.000Z",
    machine: { cpu: "a cpu", cores: 2, memory_bytes: 2 ** 34 },
    commit: "abc1234",
    seconds: seconds(40),
    phases: [
      {
        name: "ramp",
        fromMs: 0,
        toMs: 10_000,
        totals: counts({ upgrades: 200, admitted: 200 }),
        latencies: latencies({ connect: around(12.5, 200) }),
      },
      {
        name: "hold",
        fromMs: 10_000,
        toMs: 40_000,
        totals: counts({ textsSent: 4_000, textsDelivered: 4_000 }),
        latencies: latencies({ text: around(7, 4_000) }),
      },
    ],
    totals: TOTALS,
    histograms: TIMES,
    health: {
      loopLagMsMax: 12,
      lateSends: 0,
      cpuShareMax: 0.5,
      rssBytesMax: 80 * 2 ** 20,
      portsLeftMin: 7_000,
      lostParts: [],
    },
    servers: [
      { atMs: 0, ops: "127.0.0.1:9101", rssBytes: 100 * 2 ** 20, cpuCores: 0, sockets: 0, chats: 0 },
      { atMs: 40_000, ops: "127.0.0.1:9101", rssBytes: 110 * 2 ** 20, cpuCores: 0.4, sockets: 0, chats: 0 },
    ],
    examples: [],
    interrupted: false,
    ...over,
  };
}

export function reportOf(over: Partial<RunFacts> = {}): Report {
  const facts = factsOf(over);
  return { ...facts, verdict: judge(facts) };
}
