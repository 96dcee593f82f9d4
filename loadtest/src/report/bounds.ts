import type { Counts, HistogramName, RunFacts, ServerSample, Thresholds } from "../plan/plan.ts";
import type { Unit } from "./figures.ts";

/** One bound of a run, beside what was measured. */
export type Bound = {
  readonly name: keyof Thresholds;
  readonly label: string;
  readonly unit: Unit;
  /** `undefined`: the run measured nothing of the kind. */
  readonly measured: number | undefined;
  readonly allowed: number;
  /** Equal holds; what was not measured holds as well, and is a doubt elsewhere. */
  readonly holds: boolean;
};

type Row = {
  readonly label: string;
  readonly unit: Unit;
  readonly measure: (facts: RunFacts) => number | undefined;
};

const p99 =
  (name: HistogramName) =>
  ({ histograms }: RunFacts): number | undefined =>
    histograms[name].count === 0 ? undefined : histograms[name].p99Ms;
const total =
  (name: keyof Counts) =>
  ({ totals }: RunFacts): number =>
    totals[name];

/** Every bound: in what unit, and how it is measured. What must never be stands first. */
const BOUNDS: Readonly<Record<keyof Thresholds, Row>> = {
  lostTexts: { label: "texts lost: sent and never shown", unit: "count", measure: total("lost") },
  doubledTexts: { label: "texts doubled: shown twice", unit: "count", measure: total("doubled") },
  reorderedTexts: { label: "texts reordered: shown out of order", unit: "count", measure: total("reordered") },
  foreignTexts: { label: "texts foreign: shown to somebody else", unit: "count", measure: total("foreign") },
  laneCrossed: { label: "texts of the other lane", unit: "count", measure: total("laneCrossed") },
  connectP99Ms: { label: "p99 to come in", unit: "ms", measure: p99("connect") },
  matchP99Ms: { label: "p99 to find a partner", unit: "ms", measure: p99("match") },
  textP99Ms: { label: "p99 for a text", unit: "ms", measure: p99("text") },
  resumeP99Ms: { label: "p99 to be back after a cut", unit: "ms", measure: p99("resume") },
  errorRate: { label: "errors of what was tried", unit: "share", measure: ({ totals }) => errorRateOf(totals) },
  dropped: { label: "sockets dropped", unit: "count", measure: total("dropped") },
  endedChats: { label: "chats ended by the server", unit: "count", measure: total("chatsEndedByServer") },
  repairedTexts: {
    label: "texts that came only when sent again, though no socket was lost",
    unit: "count",
    measure: total("repaired"),
  },
  memoryLeftShare: {
    label: "servers' memory above where it began",
    unit: "share",
    measure: ({ plan, servers }) => (plan.scenario === "churn" ? memoryLeftShare(servers) : undefined),
  },
};
const NAMES = Object.keys(BOUNDS) as readonly (keyof Thresholds)[];

/** Every bound of a run beside what was measured; a value that is no number does not hold. */
export function boundsOf(facts: RunFacts): readonly Bound[] {
  return NAMES.map((name) => {
    const { label, unit, measure } = BOUNDS[name];
    const [measured, allowed] = [measure(facts), facts.plan.thresholds[name]];
    return { name, label, unit, measured, allowed, holds: measured === undefined || measured <= allowed };
  });
}

/** Failed upgrades, refusals, unanswered searches and errors over everything that was tried; 0 when nothing was. */
export function errorRateOf(totals: Counts): number {
  const failed = totals.upgradesFailed + totals.refused + totals.matchTimeouts + totals.errors;
  if (failed === 0) return 0;
  const tried = Math.max(totals.upgrades, totals.upgradesFailed) + totals.seeks + totals.textsSent;
  return Math.min(1, failed / Math.max(tried, failed));
}

/**
 * By how much the servers' resident memory at the end lies above that at the beginning, over the latter; `undefined`
 * when no server told its memory.
 */
export function memoryLeftShare(servers: readonly ServerSample[]): number | undefined {
  const [first, last] = [new Map<string, number>(), new Map<string, number>()];
  for (const { ops, rssBytes } of servers) {
    if (!first.has(ops)) first.set(ops, rssBytes);
    last.set(ops, rssBytes);
  }
  const sum = (of: ReadonlyMap<string, number>): number => [...of.values()].reduce((all, bytes) => all + bytes, 0);
  return sum(first) === 0 ? undefined : sum(last) / sum(first) - 1;
}
