import type { CountName, Counts, HistogramName, PerSecond, ScenarioName } from "../plan/plan.ts";
import { COUNT_LABELS, COUNT_NAMES, HISTOGRAM_NAMES, LATENCY_LABELS } from "./figures.ts";

/** What has been seen so far: totals up to the last second, and that second. */
export type Seen = {
  readonly scenario: ScenarioName;
  readonly wanted: number;
  readonly totals: Counts;
  readonly last: PerSecond | undefined;
};

type Sample = { readonly labels?: string; readonly value: number };

/** Nothing seen yet. */
export const nothingSeen = (scenario: ScenarioName, wanted: number): Seen => ({
  scenario,
  wanted,
  totals: Object.fromEntries(COUNT_NAMES.map((name) => [name, 0])) as Counts,
  last: undefined,
});

/** A second more. */
export const seenAfter = (seen: Seen, second: PerSecond): Seen => ({
  ...seen,
  totals: Object.fromEntries(COUNT_NAMES.map((name) => [name, seen.totals[name] + second.counts[name]])) as Counts,
  last: second,
});

/**
 * What has been seen as Prometheus' text format, version 0.0.4. All are gauges: a run begins at nothing and ends, and a
 * rate over its end would lie. Labels are closed lists.
 */
export function metricsText({ scenario, wanted, totals, last }: Seen): string {
  const of = `scenario="${scenario}"`;
  const one = (name: string, help: string, samples: readonly Sample[]): string =>
    [
      `# HELP whisper_loadtest_${name} ${help}`,
      `# TYPE whisper_loadtest_${name} gauge`,
      ...samples.map(({ labels, value }) => `whisper_loadtest_${name}{${of}${labels ?? ""}} ${value}`),
    ].join("\n");
  const { gauges, health, latencies } = last ?? {};
  return `${[
    one("sockets_wanted", "Sockets that the plan asks for.", [{ value: wanted }]),
    one("sockets", "Sockets open now.", [{ value: gauges?.sockets ?? 0 }]),
    one("seeking", "People who seek now.", [{ value: gauges?.seeking ?? 0 }]),
    one("chatting", "People who chat now.", [{ value: gauges?.chatting ?? 0 }]),
    ...COUNT_NAMES.map((name) =>
      one(countMetric(name), `Since the run began: ${COUNT_LABELS[name]}.`, [{ value: totals[name] }]),
    ),
    ...HISTOGRAM_NAMES.map((name) =>
      one(`${name}_seconds`, `In the last second: ${LATENCY_LABELS[name]}.`, quantiles(latencies?.[name])),
    ),
    one("generator_loop_lag_seconds", "The longest stand-still of a worker's loop in the last second.", [
      { value: (health?.loopLagMs ?? 0) / 1_000 },
    ]),
    one("generator_cpu_ratio", "CPU of the busiest worker, of one core.", [{ value: health?.cpuShare ?? 0 }]),
    one("generator_memory_bytes", "Resident memory of all workers.", [{ value: health?.rssBytes ?? 0 }]),
    one("generator_late_texts", "Texts that left late in the last second, by the generator's own fault.", [
      { value: health?.lateSends ?? 0 },
    ]),
    one("generator_ports_left", "Sockets that addresses and descriptors still have room for.", [
      { value: health?.portsLeft ?? 0 },
    ]),
  ].join("\n")}\n`;
}

/** `textsSent` is `texts_sent`. */
export const countMetric = (name: CountName): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

function quantiles(of: PerSecond["latencies"][HistogramName] | undefined): readonly Sample[] {
  if (of === undefined || of.count === 0) return [];
  return [
    { labels: ',quantile="0.5"', value: of.p50Ms / 1_000 },
    { labels: ',quantile="0.9"', value: of.p90Ms / 1_000 },
    { labels: ',quantile="0.99"', value: of.p99Ms / 1_000 },
    { labels: ',quantile="1"', value: of.maxMs / 1_000 },
  ];
}
