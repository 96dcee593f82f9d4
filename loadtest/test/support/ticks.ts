import { build, encodeIntoCompressedBase64 } from "hdr-histogram-js";
import type { Counts, Gauges, Health, HistogramName, WorkerTick } from "../../src/plan/plan.ts";
import { filled, HISTOGRAM_NAMES, NO_COUNTS, NO_GAUGES } from "../../src/run/worker-words.ts";

const HEALTH: Health = { loopLagMs: 1, lateSends: 0, cpuShare: 0.1, rssBytes: 1_000, portsLeft: 500 };

export type Said = {
  readonly say?: "tick" | "done";
  readonly atMs?: number;
  readonly counts?: Partial<Counts>;
  readonly gauges?: Partial<Gauges>;
  readonly health?: Partial<Health>;
  /** In µs. */
  readonly times?: Partial<Record<HistogramName, readonly number[]>>;
  readonly examples?: readonly string[];
};

/** A histogram as a worker sends it; of no values, nothing. */
export function encodedTimes(times: readonly number[], digits: 2 | 3 = 3): string {
  if (times.length === 0) return "";
  const histogram = build({ numberOfSignificantValueDigits: digits, highestTrackableValue: 60_000_000 });
  for (const time of times) histogram.recordValue(time);
  return encodeIntoCompressedBase64(histogram);
}

/** What a worker says, all that is not given being nothing. */
export const tickOf = ({
  say = "tick",
  atMs = 0,
  counts,
  gauges,
  health,
  times = {},
  examples = [],
}: Said): WorkerTick => ({
  say,
  atMs,
  counts: { ...NO_COUNTS, ...counts },
  gauges: { ...NO_GAUGES, ...gauges },
  health: { ...HEALTH, ...health },
  histograms: filled(HISTOGRAM_NAMES, (name) => encodedTimes(times[name] ?? [])),
  examples,
});
