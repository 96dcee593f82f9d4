import { build, encodeIntoCompressedBase64, type Histogram } from "hdr-histogram-js";
import type { CountName, HistogramName, WorkerTick } from "../plan/plan.ts";
import { COUNT_NAMES, filled, HISTOGRAM_NAMES } from "../run/worker-words.ts";

/** Ten minutes; whatever takes longer counts as this. */
const US_MAX = 600_000_000;
const EXAMPLES_MAX = 12;

/** From 1 µs to ten minutes, three digits; one for every process, so that they can be added up. */
const newHistogram = (): Histogram =>
  build({ bitBucketSize: 32, highestTrackableValue: US_MAX, numberOfSignificantValueDigits: 3 });

const noCounts = (): Record<CountName, number> => filled(COUNT_NAMES, () => 0);

type Kept = { readonly now: Histogram; readonly total: Histogram };

/** Counts and times of a worker: since the last look, and in all. */
export class Measures {
  #now = noCounts();
  readonly #total = noCounts();
  readonly #times: Readonly<Record<HistogramName, Kept>>;
  /** What went wrong, and how often; the first few kinds. */
  readonly #examples = new Map<string, number>();

  constructor() {
    const kept = (): Kept => ({ now: newHistogram(), total: newHistogram() });
    this.#times = { connect: kept(), match: kept(), text: kept(), resume: kept() };
  }

  count(name: CountName, by = 1): void {
    this.#now[name] += by;
  }

  /** Notes a time; below a microsecond counts as one, above ten minutes as ten minutes. */
  time(name: HistogramName, ms: number): void {
    this.#times[name].now.recordValue(Math.min(US_MAX, Math.max(1, Math.round(ms * 1_000))));
  }

  example(words: string): void {
    const before = this.#examples.get(words);
    if (before !== undefined || this.#examples.size < EXAMPLES_MAX) this.#examples.set(words, (before ?? 0) + 1);
  }

  /** What has come in since the last look. */
  take(): Pick<WorkerTick, "counts" | "histograms" | "examples"> {
    const counts = this.#now;
    this.#now = noCounts();
    for (const name of COUNT_NAMES) this.#total[name] += counts[name];
    const told = (name: HistogramName): string => {
      const { now, total } = this.#times[name];
      if (now.totalCount === 0) return "";
      const wire = encodeIntoCompressedBase64(now);
      total.add(now);
      now.reset();
      return wire;
    };
    return { counts, histograms: filled(HISTOGRAM_NAMES, told), examples: this.#told() };
  }

  /** Everything; what came in since the last look belongs to it. */
  totals(): Pick<WorkerTick, "counts" | "histograms" | "examples"> {
    this.take();
    const told = (name: HistogramName): string => encodeIntoCompressedBase64(this.#times[name].total);
    return { counts: { ...this.#total }, histograms: filled(HISTOGRAM_NAMES, told), examples: this.#told() };
  }

  #told(): readonly string[] {
    return [...this.#examples].map(([words, times]) => (times === 1 ? words : `${words} (${times} times)`));
  }
}
