/** How many are on their way at the start, and at least. */
const WINDOW_MIN = 32;
/** Who is on their way for longer than this is late; for longer than that, they are not counted any more. */
const LATE_MS = 2_000;
const STRAGGLER_MS = 5_000;
/** Being late once is judged once: the next judgement is of those told after it. */
const JUDGED_EVERY_MS = 1_000;

/** Who was told not long ago and is still here: how many, and how many of these are late. */
type OnTheirWay = { readonly count: number; readonly late: number };

/** Sorts one who was told so long ago into `count` and `late`; stragglers into neither. */
export const lateness = (agoMs: number): "on_time" | "late" | "straggler" =>
  agoMs <= LATE_MS ? "on_time" : agoMs <= STRAGGLER_MS ? "late" : "straggler";

/**
 * How many may be on their way at once: one more for each who arrives, so that it doubles while all goes well; half of
 * it when half of those on their way are late. So a drain goes as fast as the pools that take people, and their
 * clerks, can, and a page that never obeys holds nobody up.
 */
export class DrainWindow {
  readonly #most: number;
  #size = WINDOW_MIN;
  #judgedMs = 0;

  constructor(most: number) {
    this.#most = Math.max(WINDOW_MIN, most);
  }

  get size(): number {
    return this.#size;
  }

  /** A drain begins. */
  reset(): void {
    this.#size = WINDOW_MIN;
  }

  /** Each turn: so many have arrived since the last one, and so many are on their way. */
  turn(arrived: number, { count, late }: OnTheirWay, nowMs: number): void {
    this.#size = Math.min(this.#most, this.#size + arrived);
    if (late * 2 <= count || nowMs - this.#judgedMs < JUDGED_EVERY_MS) return;
    this.#judgedMs = nowMs;
    this.#size = Math.max(WINDOW_MIN, Math.floor(this.#size / 2));
  }
}
