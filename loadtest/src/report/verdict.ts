import type { Counts, HistogramName, PerSecond, RunFacts, ServerSample, Thresholds, Verdict } from "../plan/plan.ts";
import { SCENARIOS } from "../plan/scenarios.ts";

/** Above these, in one second, a generator process measures itself and not the server. */
export const STARVED = { loopLagMs: 100, cpuShare: 0.95, lateShare: 0.01 } as const;
/** A collection or a neighbour may take a second; more of them than this, and the run says nothing. */
const STARVED_SECONDS_SHARE = 0.05;
const STARVED_SECONDS_LEAST = 2;

/**
 * What a run has shown. Whatever was lost, doubled, swapped, foreign or of the other lane is a fact, however the generator
 * fared; times, refusals and drops count only when it was not the bottleneck. Held is what is left when nothing speaks
 * against it and everything that the scenario is about was measured.
 */
export function judge(facts: RunFacts): Verdict {
  const broken = brokenPromises(facts.totals);
  const crossed = crossings(facts);
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

const PROMISES = [
  ["lost", "lost: sent and never shown"],
  ["doubled", "doubled: shown twice"],
  ["reordered", "reordered: shown out of order"],
  ["foreign", "foreign: shown to somebody else"],
  ["laneCrossed", "met somebody of the other lane"],
] as const satisfies readonly (readonly [keyof Counts, string])[];

function brokenPromises(totals: Counts): readonly string[] {
  return PROMISES.flatMap(([name, words]) => (totals[name] > 0 ? [`${totals[name]} texts ${words}`] : []));
}

const LATENCIES = [
  ["connect", "connectP99Ms", "to come in"],
  ["match", "matchP99Ms", "to find a partner"],
  ["text", "textP99Ms", "for a text"],
  ["resume", "resumeP99Ms", "to be back"],
] as const satisfies readonly (readonly [HistogramName, keyof Thresholds, string])[];

/** Bounds that were crossed, each with what was measured and what was allowed. */
function crossings(facts: RunFacts): readonly string[] {
  const { totals, histograms, plan } = facts;
  const { thresholds } = plan;
  const said: string[] = [];
  for (const [name, bound, words] of LATENCIES) {
    const { count, p99Ms } = histograms[name];
    if (count > 0 && !(p99Ms <= thresholds[bound]))
      said.push(`p99 ${words} ${round(p99Ms)} ms is above ${thresholds[bound]} ms`);
  }
  const rate = errorRateOf(totals);
  if (!(rate <= thresholds.errorRate)) said.push(`errors ${share(rate)} are above ${share(thresholds.errorRate)}`);
  if (totals.dropped > thresholds.dropped)
    said.push(`${totals.dropped} sockets were dropped, ${thresholds.dropped} may be`);
  if (totals.chatsEndedByServer > thresholds.endedChats)
    said.push(`${totals.chatsEndedByServer} chats were ended by the server, ${thresholds.endedChats} may be`);
  return [...said, ...shortfall(facts), ...memoryCrossing(facts)];
}

/** Failed upgrades, refusals, unanswered searches and errors over everything that was tried; 0 when nothing was. */
export function errorRateOf(totals: Counts): number {
  const failed = totals.upgradesFailed + totals.refused + totals.matchTimeouts + totals.errors;
  if (failed === 0) return 0;
  const tried = Math.max(totals.upgrades, totals.upgradesFailed) + totals.seeks + totals.textsSent;
  return Math.min(1, failed / Math.max(tried, failed));
}

/** A run that never had its crowd has not held it. */
function shortfall({ plan, seconds }: RunFacts): readonly string[] {
  const peak = seconds.reduce((most, { gauges }) => Math.max(most, gauges.sockets), 0);
  const least = Math.floor(plan.connections * (1 - plan.thresholds.errorRate));
  return peak >= least ? [] : [`at most ${peak} of ${plan.connections} sockets were there at one time`];
}

function memoryCrossing({ plan, servers }: RunFacts): readonly string[] {
  if (plan.scenario !== "churn" || servers.length === 0) return [];
  const left = memoryLeftShare(servers);
  return left <= plan.thresholds.memoryLeftShare
    ? []
    : [`the servers' memory is ${share(left)} above where it began, ${share(plan.thresholds.memoryLeftShare)} may be`];
}

/** By how much the servers' resident memory at the end lies above that at the beginning, over the latter. */
export function memoryLeftShare(servers: readonly ServerSample[]): number {
  const [first, last] = [new Map<string, number>(), new Map<string, number>()];
  for (const { ops, rssBytes } of servers) {
    if (!first.has(ops)) first.set(ops, rssBytes);
    last.set(ops, rssBytes);
  }
  const sum = (of: ReadonlyMap<string, number>): number => [...of.values()].reduce((all, bytes) => all + bytes, 0);
  return sum(first) === 0 ? 0 : sum(last) / sum(first) - 1;
}

/** Why the figures may be the generator's own, or may be missing. */
function doubtsAbout(facts: RunFacts): readonly string[] {
  const { health, totals, histograms, plan, seconds, servers } = facts;
  const doubts = health.lostParts.map((part) => `${part}, so a part of the load is missing`);
  const starved = seconds.filter(isStarved).length;
  if (starved >= STARVED_SECONDS_LEAST && starved > seconds.length * STARVED_SECONDS_SHARE)
    doubts.push(
      `the generator was the bottleneck in ${starved} of ${seconds.length} seconds (loop lag up to ` +
        `${round(health.loopLagMsMax)} ms, CPU up to ${share(health.cpuShareMax)} of a core): ` +
        "give it more --workers, more cores, or less to do",
    );
  if (totals.textsSent > 0 && health.lateSends > totals.textsSent * STARVED.lateShare)
    doubts.push(`${health.lateSends} of ${totals.textsSent} texts left late by the generator's own fault`);
  if (health.portsLeftMin <= 0 && totals.upgradesFailed > 0)
    doubts.push("the generator ran out of ports or descriptors: give it more --source-ips or --workers");
  const unmeasured = SCENARIOS[plan.scenario].measures.filter((name) => histograms[name].count === 0);
  // Whoever could not come in measured nothing else either, and that is the server's fault, not a doubt.
  if (unmeasured.length > 0 && errorRateOf(totals) <= plan.thresholds.errorRate && totals.dropped === 0)
    doubts.push(`nothing was measured of: ${unmeasured.join(", ")}`);
  if (plan.scenario === "churn" && servers.length === 0)
    doubts.push("no ops port answered, so the servers' memory was not seen");
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

const round = (value: number): number => (value >= 100 ? Math.round(value) : Math.round(value * 10) / 10);
const share = (value: number): string => `${(value * 100).toFixed(value < 0.01 ? 3 : 1)} %`;
