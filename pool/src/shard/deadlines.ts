/** Something that waits for a moment. The wheel keeps its place in here. */
export type Waiting = { wakeMs: number };

/** How fine the wheel is: nothing wakes earlier than its moment, nor later than this and one turn. */
const TICK_MS = 50;

/**
 * One timing wheel for all who wait, turned by one interval: no timer per socket, no scan of those that do not wait.
 */
export class Deadlines<T extends Waiting> {
  readonly #ticks = new Map<number, Set<T>>();
  readonly #wake: (one: T) => void;
  #turned: number;

  constructor(nowMs: number, wake: (one: T) => void) {
    this.#turned = Math.floor(nowMs / TICK_MS);
    this.#wake = wake;
  }

  /** Waits until `atMs` instead of any moment before; Infinity waits for nothing. */
  set(one: T, atMs: number): void {
    if (one.wakeMs === atMs) return;
    this.clear(one);
    if (atMs === Number.POSITIVE_INFINITY) return;
    // A moment that has passed waits for the next tick, and is kept as that, so that `clear` finds it there.
    const tick = Math.max(Math.ceil(atMs / TICK_MS), this.#turned + 1);
    one.wakeMs = Math.max(atMs, this.#turned * TICK_MS + 1);
    const waiting = this.#ticks.get(tick);
    if (waiting === undefined) this.#ticks.set(tick, new Set([one]));
    else waiting.add(one);
  }

  /** Waits no more. */
  clear(one: T): void {
    if (one.wakeMs === Number.POSITIVE_INFINITY) return;
    const tick = Math.ceil(one.wakeMs / TICK_MS);
    const waiting = this.#ticks.get(tick);
    waiting?.delete(one);
    if (waiting?.size === 0) this.#ticks.delete(tick);
    one.wakeMs = Number.POSITIVE_INFINITY;
  }

  /** Wakes all whose moment has come. */
  turn(nowMs: number): void {
    const until = Math.floor(nowMs / TICK_MS);
    while (this.#turned < until) {
      this.#turned++;
      const due = this.#ticks.get(this.#turned);
      if (due === undefined) continue;
      this.#ticks.delete(this.#turned);
      for (const one of due) {
        one.wakeMs = Number.POSITIVE_INFINITY;
        this.#wake(one);
      }
    }
  }
}
