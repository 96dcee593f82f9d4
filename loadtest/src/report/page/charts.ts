import type { HistogramName, PerSecond, Report, ServerSample } from "../../plan/plan.ts";
import { HISTOGRAM_NAMES, LATENCY_LABELS } from "../figures.ts";

export type Series = { readonly label: string; readonly values: readonly (number | null)[] };
/** One plot: `x` in seconds since the run began; every series is as long as `x`. */
export type Chart = {
  readonly title: string;
  readonly unit: string;
  readonly x: readonly number[];
  readonly series: readonly Series[];
};

type Line = readonly [label: string, read: (second: PerSecond) => number | null];

const MIB = 2 ** 20;
const seconds = (atMs: number): number => Math.round(atMs / 100) / 10;
const rounded = (value: number): number => Math.round(value * 100) / 100;

/** Every plot of a report, in the order of the page; what never moved has none. */
export function chartsOf(report: Report): readonly Chart[] {
  const over = (title: string, unit: string, lines: readonly Line[]): Chart => ({
    title,
    unit,
    x: report.seconds.map(({ atMs }) => seconds(atMs)),
    series: lines.map(([label, read]) => ({ label, values: report.seconds.map(read) })),
  });
  return [
    over("Sockets", "", [
      ["connected", ({ gauges }) => gauges.sockets],
      ["seeking", ({ gauges }) => gauges.seeking],
      ["chatting", ({ gauges }) => gauges.chatting],
    ]),
    over("Upgrades per second", "/s", [
      ["let in", ({ counts }) => counts.admitted],
      ["failed", ({ counts }) => counts.upgradesFailed],
      ["dropped", ({ counts }) => counts.dropped],
    ]),
    over("Texts per second", "/s", [
      ["shown", ({ counts }) => counts.textsDelivered],
      ["sent", ({ counts }) => counts.textsSent],
    ]),
    ...HISTOGRAM_NAMES.map((name) => over(`Time: ${LATENCY_LABELS[name]}`, "ms", latencyLines(name))),
    over("The generator's loop", "ms", [["longest stand-still", ({ health }) => rounded(health.loopLagMs)]]),
    over("The generator's busiest process", "% of a core", [["CPU", ({ health }) => rounded(health.cpuShare * 100)]]),
    over("The generator's memory", "MiB", [["resident", ({ health }) => rounded(health.rssBytes / MIB)]]),
    serverChart(report.servers, "The servers' memory", "MiB", ({ rssBytes }) => rounded(rssBytes / MIB)),
    serverChart(report.servers, "The servers' CPU", "cores", ({ cpuCores }) => rounded(cpuCores)),
  ].filter(hasMoved);
}

const latencyLines = (name: HistogramName): readonly Line[] => {
  const read =
    (field: "p50Ms" | "p99Ms" | "maxMs") =>
    ({ latencies }: PerSecond): number | null =>
      latencies[name].count === 0 ? null : rounded(latencies[name][field]);
  return [
    ["p50", read("p50Ms")],
    ["p99", read("p99Ms")],
    ["longest", read("maxMs")],
  ];
};

function serverChart(
  servers: readonly ServerSample[],
  title: string,
  unit: string,
  read: (sample: ServerSample) => number,
): Chart {
  const at = [...new Set(servers.map(({ atMs }) => seconds(atMs)))].sort((a, b) => a - b);
  const names = [...new Set(servers.map(({ ops }) => ops))].sort();
  const values = new Map(servers.map((sample) => [`${sample.ops} ${seconds(sample.atMs)}`, read(sample)]));
  return {
    title,
    unit,
    x: at,
    series: names.map((label) => ({ label, values: at.map((second) => values.get(`${label} ${second}`) ?? null) })),
  };
}

/** A series that is zero all along tells nothing; a chart of none, neither. */
const hasMoved = ({ x, series }: Chart): boolean =>
  x.length > 0 && series.some(({ values }) => values.some((value) => value !== null && value !== 0));
