import { build, decodeFromCompressedBase64, type Histogram } from "hdr-histogram-js";
import type { HistogramName, Latencies, Percentiles } from "../plan/plan.ts";
import { filled, HISTOGRAM_NAMES } from "./worker-words.ts";

const US_PER_MS = 1_000;
/** What took longer than ten minutes makes a histogram grow by itself. */
const US_MAX = 600 * 1_000 * US_PER_MS;
const BITS = 64;

export type Decoded = { readonly [Name in HistogramName]: Histogram | undefined };

/** The histograms of a tick, the empty ones left out; `undefined` when one cannot be read. */
export function decoded(of: { readonly [Name in HistogramName]: string }): Decoded | undefined {
  try {
    return filled(HISTOGRAM_NAMES, (name) => {
      if (of[name] === "") return undefined;
      const histogram = decodeFromCompressedBase64(of[name], BITS, false, US_MAX);
      return histogram.totalCount === 0 ? undefined : histogram;
    });
  } catch {
    return undefined; // whatever the library makes of nonsense, it is nonsense
  }
}

/** The four histograms of some stretch of time, into which those of many processes are added. Times in µs. */
export class Merged {
  readonly #all = new Map<HistogramName, Histogram>();

  add(some: Decoded): void {
    for (const name of HISTOGRAM_NAMES) {
      const more = some[name];
      if (more === undefined) continue;
      const own = this.#all.get(name);
      if (own === undefined) this.#all.set(name, copyOf(more));
      else own.add(more);
    }
  }

  /** For people, in milliseconds, exact to three digits. */
  latencies(): Latencies {
    return filled(HISTOGRAM_NAMES, (name) => percentilesOf(this.#all.get(name)));
  }

  /** Itself, to be added to others. */
  get decoded(): Decoded {
    return filled(HISTOGRAM_NAMES, (name) => this.#all.get(name));
  }
}

function copyOf(histogram: Histogram): Histogram {
  const copy = build({
    bitBucketSize: BITS,
    highestTrackableValue: Math.max(US_MAX, histogram.highestTrackableValue),
    numberOfSignificantValueDigits: 3,
  });
  copy.add(histogram);
  return copy;
}

const NONE: Percentiles = { count: 0, meanMs: 0, p50Ms: 0, p90Ms: 0, p99Ms: 0, p999Ms: 0, maxMs: 0 };

/** A histogram for people. */
export function percentilesOf(histogram: Histogram | undefined): Percentiles {
  if (histogram === undefined || histogram.totalCount === 0) return NONE;
  const at = (percentile: number): number => histogram.getValueAtPercentile(percentile) / US_PER_MS;
  return {
    count: histogram.totalCount,
    meanMs: histogram.mean / US_PER_MS,
    p50Ms: at(50),
    p90Ms: at(90),
    p99Ms: at(99),
    p999Ms: at(99.9),
    maxMs: at(100),
  };
}
