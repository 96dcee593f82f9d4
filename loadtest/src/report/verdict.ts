import type { PerSecond, RunFacts, Thresholds, Verdict } from "../plan/plan.ts";
import { SCENARIOS } from "../plan/scenarios.ts";
import { boundsOf, errorRateOf, memoryLeftShare } from "./bounds.ts";
import { valueText } from "./figures.ts";

/** Above these, in one second, a generator process measures itself and not the server. */
export const STARVED = { loopLagMs: 100, cpuShare: 0.95, lateShare: 0.1 } as const;
/** And above this share of all texts: p99 may then be the generator's own. */
const LATE_SHARE = 0.01;
/** A collection or a neighbour may take a second; more of them than this, and the run says nothing. */
const STARVED_SECONDS_SHARE = 0.05;
const STARVED_SECONDS_LEAST = 2;
/** How much longer than planned people may take to come in. */
const LATE_RAMP_SHARE = 0.1;
const LATE_RAMP_MS = 3_000;

/**
 * What a run has shown. Whatever was lost, doubled, swapped, foreign or of the other lane is a fact, however the
 * generator fared; times, refusals and drops count only when it was not the bottleneck. Held is what is left when
 * nothing speaks against it and everything that the scenario is about was measured.
 */
export function judge(facts: RunFacts): Verdict {
  const broken = crossedOf(facts, true);
  const crossed = [...crossedOf(facts, false), ...shortfall(facts)];
  const doubts = doubtsAbout(facts);
  if (facts.interrupted)
    return {
      result: "interrupted",
      reasons: ["interrupted before its end", ...broken, ...crossed, ...doubts],
      exitCode: 130,
    };
  if (broken.length > 0) return { result: "crossed", reasons: [...broken, ...crossed, ...doubts], exitCode: 99 };
  if (doubts.length > 0) return { result: "inconclusive", reasons: [...doubts, ...crossed], exitCode: 98 };
  if (crossed.length > 0) return { result: "crossed", reasons: crossed, exitCode: 99 };
  return { result: "held", reasons: [], exitCode: 0 };
}

/** What no run may show, whatever it disturbs. */
const PROMISES: ReadonlySet<keyof Thresholds> = new Set([
  "lostTexts",
  "doubledTexts",
  "reorderedTexts",
  "foreignTexts",
  "laneCrossed",
]);

/** Bounds that were crossed, in words: what was measured and what was allowed. */
const crossedOf = (facts: RunFacts, promises: boolean): readonly string[] =>
  boundsOf(facts)
    .filter(({ name, holds }) => !holds && PROMISES.has(name) === promises)
    .map(
      ({ label, measured = Number.NaN, allowed, unit }) =>
        `${label}: ${valueText(measured, unit)}, ${valueText(allowed, unit)} allowed`,
    );

/** A run that never had its crowd, or had it too late to hold it for as long as it says, has not held it. */
function shortfall({ plan, seconds }: RunFacts): readonly string[] {
  const least = Math.floor(plan.connections * (1 - plan.thresholds.errorRate));
  const peak = seconds.reduce((most, { gauges }) => Math.max(most, gauges.sockets), 0);
  if (peak < least) return [`at most ${peak} of ${plan.connections} sockets were there at one time`];
  const byMs = plan.rampMs * (1 + LATE_RAMP_SHARE) + LATE_RAMP_MS;
  const admitted = seconds.reduce((sum, { atMs, counts }) => sum + (atMs <= byMs ? counts.admitted : 0), 0);
  if (admitted >= least) return [];
  return [`only ${admitted} of ${plan.connections} people had come in ${Math.round(byMs / 1_000)} s after the start`];
}

/** Why the figures may be the generator's own, or may be missing. */
function doubtsAbout(facts: RunFacts): readonly string[] {
  const { health, totals, histograms, plan, seconds, servers } = facts;
  const doubts = health.lostParts.map((part) => `${part}: the run is not whole`);
  const starved = seconds.filter(isStarved).length;
  if (starved >= STARVED_SECONDS_LEAST && starved > seconds.length * STARVED_SECONDS_SHARE)
    doubts.push(
      `the generator was the bottleneck in ${starved} of ${seconds.length} seconds (loop lag up to ` +
        `${valueText(health.loopLagMsMax, "ms")}, CPU up to ${valueText(health.cpuShareMax, "share")} of a core): ` +
        "give it more --workers, a machine that has time for it, or less to do",
    );
  if (totals.textsSent > 0 && health.lateSends > totals.textsSent * LATE_SHARE)
    doubts.push(`${health.lateSends} of ${totals.textsSent} texts left late by the generator's own fault`);
  if (health.portsLeftMin <= 0 && totals.upgradesFailed > 0)
    doubts.push("the generator ran out of ports or descriptors: give it more --source-ips or --workers");
  const unmeasured = SCENARIOS[plan.scenario].measures.filter((name) => histograms[name].count === 0);
  // Whoever could not come in measured nothing else either, and that is the server's fault, not a doubt.
  if (unmeasured.length > 0 && errorRateOf(totals) <= plan.thresholds.errorRate && totals.dropped === 0)
    doubts.push(`nothing was measured of: ${unmeasured.join(", ")}`);
  if (plan.scenario === "churn" && memoryLeftShare(servers) === undefined)
    doubts.push("no ops port told the servers' memory");
  return doubts;
}

/** Whether the generator fell behind in this second. */
export function isStarved({ health, counts }: PerSecond): boolean {
  return (
    health.loopLagMs > STARVED.loopLagMs ||
    health.cpuShare > STARVED.cpuShare ||
    health.lateSends > counts.textsSent * STARVED.lateShare
  );
}
