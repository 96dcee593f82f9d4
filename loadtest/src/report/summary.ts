import type { HookOutcome, Report, ReportedPlan } from "../plan/plan.ts";
import { timeText } from "../plan/quantities.ts";
import { errorFigure, figuresOf, valueText } from "./figures.ts";

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

/** How the tester's command ended, and after how long. */
export const hookLine = ({ ended, tookMs }: HookOutcome): string =>
  `the hook ended with ${ended} after ${valueText(tookMs, "ms")}`;

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
  if (report.hook !== undefined) lines.push("", hookLine(report.hook));
  if (examples.length > 0) lines.push("", "For example", ...examples.map((example) => `  ${example}`));
  return lines.join("\n");
}
