import type { CountName, HistogramName, Percentiles, Report } from "../plan/plan.ts";
import { errorRateOf } from "./bounds.ts";

// What a report says in figures, once: the summary, the page and the comparison show the same ones in the same words.

export type Unit = "count" | "ms" | "per_s" | "share" | "bytes";
export type Figure = {
  /** Where in the JSON the value stands, or is computed from: `totals.lost`. */
  readonly path: string;
  readonly label: string;
  readonly value: number;
  readonly unit: Unit;
};
export type FigureGroup = { readonly title: string; readonly figures: readonly Figure[] };

export const COUNT_LABELS: Readonly<Record<CountName, string>> = {
  upgrades: "sockets opened",
  upgradesFailed: "sockets refused or failed",
  admitted: "people let in",
  dropped: "sockets dropped",
  resumed: "people back after a cut",
  seeks: "searches",
  matches: "partners found",
  matchTimeouts: "searches without an answer",
  chatsBegun: "chats begun",
  chatsEnded: "chats ended by people",
  chatsEndedByServer: "chats ended by the server",
  textsSent: "texts sent",
  textsDelivered: "texts shown",
  textsConfirmed: "texts confirmed to their sender",
  lost: "texts lost",
  doubled: "texts doubled",
  reordered: "texts out of order",
  foreign: "texts of strangers",
  laneCrossed: "texts of the other lane",
  repaired: "texts that came only when sent again",
  refused: "refusals",
  errors: "errors",
};
export const COUNT_NAMES = Object.keys(COUNT_LABELS) as readonly CountName[];

export const LATENCY_LABELS: Readonly<Record<HistogramName, string>> = {
  connect: "coming in",
  match: "finding a partner",
  text: "a text, from when it should leave to when it is shown",
  resume: "being back after a cut",
};
export const HISTOGRAM_NAMES = Object.keys(LATENCY_LABELS) as readonly HistogramName[];

const PERCENTILES = [
  ["p50Ms", "p50"],
  ["p90Ms", "p90"],
  ["p99Ms", "p99"],
  ["p999Ms", "p99.9"],
  ["maxMs", "longest"],
] as const satisfies readonly (readonly [keyof Percentiles, string])[];

/** All figures of a report, in groups, in the order in which they are read. */
export function figuresOf(report: Report): readonly FigureGroup[] {
  return [
    { title: "What was done", figures: COUNT_NAMES.map((name) => countFigure(report, name)) },
    ...HISTOGRAM_NAMES.filter((name) => report.histograms[name].count > 0).map((name) => ({
      title: `Time: ${LATENCY_LABELS[name]}`,
      figures: latencyFigures(report, name),
    })),
    { title: "The generator itself", figures: healthFigures(report) },
  ];
}

const countFigure = (report: Report, name: CountName): Figure => ({
  path: `totals.${name}`,
  label: COUNT_LABELS[name],
  value: report.totals[name],
  unit: "count",
});

function latencyFigures(report: Report, name: HistogramName): readonly Figure[] {
  const of = report.histograms[name];
  return [
    { path: `histograms.${name}.count`, label: "measured", value: of.count, unit: "count" },
    ...PERCENTILES.map(
      ([field, label]): Figure => ({ path: `histograms.${name}.${field}`, label, value: of[field], unit: "ms" }),
    ),
  ];
}

function healthFigures({ health }: Report): readonly Figure[] {
  return [
    { path: "health.loopLagMsMax", label: "longest stand-still of its loop", value: health.loopLagMsMax, unit: "ms" },
    { path: "health.lateSends", label: "texts it sent late", value: health.lateSends, unit: "count" },
    { path: "health.cpuShareMax", label: "CPU of its busiest process", value: health.cpuShareMax, unit: "share" },
    { path: "health.rssBytesMax", label: "memory", value: health.rssBytesMax, unit: "bytes" },
    { path: "health.portsLeftMin", label: "ports left", value: health.portsLeftMin, unit: "count" },
  ];
}

/** The share of what was tried that failed, as the verdict counts it. */
export const errorFigure = (report: Report): Figure => ({
  path: "totals",
  label: "errors",
  value: errorRateOf(report.totals),
  unit: "share",
});

const whole = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 0 });

/** A value with its unit, for people: three digits where more would be noise. */
export function valueText(value: number, unit: Unit): string {
  switch (unit) {
    case "ms":
      return value >= 10_000 ? `${(value / 1_000).toFixed(1)} s` : `${digits(value)} ms`;
    case "share":
      return `${digits(value * 100)} %`;
    case "bytes":
      return `${digits(value / 2 ** 20)} MiB`;
    case "per_s":
      return `${digits(value)}/s`;
    default:
      return whole.format(value);
  }
}

/** Three digits that count, and whole above a hundred. */
function digits(value: number): string {
  if (!(value < 100)) return whole.format(value);
  return value >= 1 ? value.toFixed(value >= 10 ? 1 : 2) : String(Number(value.toPrecision(3)));
}
