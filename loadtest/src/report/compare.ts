import type { CountName, HistogramName, Phase, PhaseName, Report } from "../plan/plan.ts";
import { UsageFault } from "../plan/usage-fault.ts";
import { COUNT_LABELS, HISTOGRAM_NAMES, LATENCY_LABELS, type Unit, valueText } from "./figures.ts";

/** What differs by no more than this is the same. */
export const TOLERANCE = 0.1;
/** Below these a difference is noise of clocks and of single events, whatever its share. */
const NOISE = { ms: 1, per_s: 0.5, count: 0 } as const;

type Better = "less" | "more";
type Change = "regression" | "improvement" | "same";
export type Row = {
  readonly phase: PhaseName;
  readonly label: string;
  readonly unit: Unit;
  readonly before: number;
  readonly after: number;
  /** After over before, less one; infinite from nothing to something. */
  readonly by: number;
  readonly change: Change;
};
export type Comparison = {
  readonly rows: readonly Row[];
  /** What could not be compared, in words. */
  readonly notes: readonly string[];
  readonly exitCode: 0 | 98 | 99;
};

/** How often something happened per second of its phase; more is better. */
const RATES = ["admitted", "matches", "textsDelivered"] as const satisfies readonly CountName[];
/** What should not happen at all. */
const FAULTS = [
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
] as const satisfies readonly CountName[];
const QUANTILES = [
  ["p50Ms", "p50"],
  ["p99Ms", "p99"],
] as const;

/**
 * Two runs of one plan, phase by phase: only like is compared with like. Refuses runs that were not the same; exit 99
 * when anything got worse by more than 10 %, 98 when a run said nothing itself.
 */
export function compare(before: Report, after: Report): Comparison {
  refuseUnlike(before, after);
  const notes = [before, after].flatMap(({ verdict }, at) =>
    verdict.result === "inconclusive" || verdict.result === "interrupted"
      ? [`the ${at === 0 ? "first" : "second"} run is ${verdict.result}, so this says nothing`]
      : [],
  );
  const rows: Row[] = [];
  for (const phase of before.phases) {
    const twin = after.phases.find(({ name }) => name === phase.name);
    if (twin === undefined) notes.push(`the second run has no phase ${phase.name}`);
    else rows.push(...rowsOf(phase, twin));
  }
  for (const { name } of after.phases)
    if (!before.phases.some((phase) => phase.name === name)) notes.push(`the first run has no phase ${name}`);
  const regressed = rows.some(({ change }) => change === "regression");
  return { rows, notes, exitCode: notes.length > 0 ? 98 : regressed ? 99 : 0 };
}

const ALIKE = ["scenario", "connections", "rampMs", "holdMs", "chatShare", "textEveryMs", "textChars"] as const;

function refuseUnlike(before: Report, after: Report): void {
  const unlike = ALIKE.filter((name) => before.plan[name] !== after.plan[name]);
  if (unlike.length === 0) return;
  const said = unlike.map((name) => `${name} ${before.plan[name]} and ${after.plan[name]}`).join(", ");
  throw new UsageFault(`the two runs were not the same (${said}): compare runs with the same arguments`);
}

function rowsOf(before: Phase, after: Phase): readonly Row[] {
  const row = rowMaker(before.name);
  const rate = (phase: Phase, name: CountName): number =>
    phase.toMs > phase.fromMs ? (phase.totals[name] * 1_000) / (phase.toMs - phase.fromMs) : 0;
  const times = (name: HistogramName): readonly Row[] => {
    const [a, b] = [before.latencies[name], after.latencies[name]];
    return a.count === 0 || b.count === 0
      ? []
      : QUANTILES.map(([field, label]) => row(`${LATENCY_LABELS[name]}, ${label}`, "ms", "less", a[field], b[field]));
  };
  return [
    ...HISTOGRAM_NAMES.flatMap(times),
    ...RATES.map((name) => row(COUNT_LABELS[name], "per_s", "more", rate(before, name), rate(after, name))),
    ...FAULTS.map((name) => row(COUNT_LABELS[name], "count", "less", before.totals[name], after.totals[name])),
  ].filter((one) => one.before !== 0 || one.after !== 0);
}

const rowMaker =
  (phase: PhaseName) =>
  (label: string, unit: keyof typeof NOISE, better: Better, before: number, after: number): Row => {
    const by = before === 0 ? (after === 0 ? 0 : Number.POSITIVE_INFINITY) : after / before - 1;
    const isNoise = Math.abs(after - before) <= NOISE[unit] || Math.abs(by) <= TOLERANCE;
    const isWorse = better === "less" ? after > before : after < before;
    return { phase, label, unit, before, after, by, change: isNoise ? "same" : isWorse ? "regression" : "improvement" };
  };

const byText = (by: number): string =>
  Number.isFinite(by) ? `${by >= 0 ? "+" : ""}${(by * 100).toFixed(1)} %` : "from nothing";

/** A comparison as text: phase by phase, what got worse or better marked. */
export function comparisonText({ rows, notes, exitCode }: Comparison): string {
  const lines: string[] = [];
  let phase: PhaseName | undefined;
  for (const { label, unit, before, after, by, change, ...row } of rows) {
    if (row.phase !== phase) {
      phase = row.phase;
      lines.push(...(lines.length > 0 ? [""] : []), phase);
    }
    const mark = change === "same" ? "" : `  ${change}`;
    const values = `${valueText(before, unit).padStart(12)} ${valueText(after, unit).padStart(12)}`;
    lines.push(`  ${label.padEnd(60)} ${values} ${byText(by).padStart(13)}${mark}`);
  }
  const worse = rows.filter(({ change }) => change === "regression").length;
  lines.push(
    "",
    ...notes,
    worse === 0 ? "nothing is worse by more than 10 %" : `${worse} figures are worse by more than 10 %`,
  );
  if (exitCode === 98) lines.push("inconclusive");
  return lines.join("\n");
}
