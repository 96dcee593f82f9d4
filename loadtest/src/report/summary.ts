import type { PerSecond, Report, ReportedPlan } from "../plan/plan.ts";
import { timeText } from "../plan/quantities.ts";
import { COUNT_NAMES, errorFigure, figuresOf, HISTOGRAM_NAMES, valueText } from "./figures.ts";

const WORDS = {
  held: "HELD",
  crossed: "CROSSED: a threshold",
  inconclusive: "INCONCLUSIVE: the run does not say",
  interrupted: "INTERRUPTED",
} as const;

/** A run in a line: what, how many, where. */
export function planLine(plan: ReportedPlan): string {
  const parts = [
    plan.scenario,
    plan.tier === undefined ? undefined : `tier ${plan.tier}`,
    `${plan.connections} sockets`,
    `ramp ${timeText(plan.rampMs)}`,
    `hold ${timeText(plan.holdMs)}`,
    plan.chatShare > 0 ? `${plan.chatShare * 100} % chat` : undefined,
    `lane ${plan.lane}`,
    plan.region,
    plan.target,
  ];
  return parts.filter((part) => part !== undefined).join(" · ");
}

/** What a run has shown, as text for a terminal: the verdict first, then its reasons, then all figures that moved. */
export function summaryOf(report: Report): string {
  const { verdict, plan, machine, commit, examples } = report;
  const lines = [WORDS[verdict.result], ...verdict.reasons.map((reason) => `  ${reason}`), "", planLine(plan)];
  lines.push(`${machine.cores} cores of ${machine.cpu}, commit ${commit}, ${report.startedAt}`);
  for (const { title, figures } of figuresOf(report)) {
    const shown = figures.filter(({ value }) => value !== 0);
    if (shown.length === 0) continue;
    lines.push("", title, ...shown.map(({ label, value, unit }) => `  ${label.padEnd(40)} ${valueText(value, unit)}`));
  }
  const errors = errorFigure(report);
  if (errors.value > 0) lines.push("", `${errors.label}: ${valueText(errors.value, errors.unit)} of what was tried`);
  if (examples.length > 0) lines.push("", "For example", ...examples.map((example) => `  ${example}`));
  return lines.join("\n");
}

/** A second of the run in a line, for whoever waits. `plan` tells how many there are to be. */
export function progressLine({ atMs, counts, gauges, latencies, health }: PerSecond, connections: number): string {
  const bad = COUNT_NAMES.filter((name) => BAD.has(name) && counts[name] > 0).map((name) => `${name} ${counts[name]}`);
  const times = HISTOGRAM_NAMES.filter((name) => latencies[name].count > 0).map(
    (name) => `${name} p99 ${valueText(latencies[name].p99Ms, "ms")}`,
  );
  return [
    `${Math.round(atMs / 1_000)} s`,
    `${gauges.sockets}/${connections} sockets`,
    ...(gauges.seeking > 0 ? [`${gauges.seeking} seek`] : []),
    ...(gauges.chatting > 0 ? [`${gauges.chatting} chat`] : []),
    ...(counts.textsDelivered > 0 ? [`${counts.textsDelivered} texts/s`] : []),
    ...times,
    `CPU ${Math.round(health.cpuShare * 100)} %`,
    ...bad,
  ].join(" · ");
}

const BAD: ReadonlySet<string> = new Set([
  "upgradesFailed",
  "dropped",
  "matchTimeouts",
  "chatsEndedByServer",
  "lost",
  "doubled",
  "reordered",
  "foreign",
  "laneCrossed",
  "repaired",
  "refused",
  "errors",
]);
