import type { Clock } from "@whisper/shared/base/clock";
import type { Timers } from "../../src/matcher/due-looks.ts";

/** A clock and its timers that go only when a test lets them. */
export class ManualTime implements Clock, Timers {
  #nowMs = 1_800_000_000_000;
  #planned: { readonly atMs: number; readonly run: () => void }[] = [];

  nowMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, run: () => void): { stop(): void } {
    const plan = { atMs: this.#nowMs + delayMs, run };
    this.#planned.push(plan);
    return {
      stop: () => {
        this.#planned = this.#planned.filter((one) => one !== plan);
      },
    };
  }

  /** How long until each planned timer. */
  get waitsMs(): readonly number[] {
    return this.#planned.map(({ atMs }) => atMs - this.#nowMs);
  }

  /** Lets time pass, runs what is due, and waits until what that began has settled. */
  async pass(spanMs: number): Promise<void> {
    this.#nowMs += spanMs;
    const due = this.#planned.filter(({ atMs }) => atMs <= this.#nowMs);
    this.#planned = this.#planned.filter((plan) => !due.includes(plan));
    for (const { run } of due) run();
    await settled();
  }
}

/** All promises that are ready have run. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
