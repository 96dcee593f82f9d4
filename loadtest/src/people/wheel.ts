import { NEVER } from "./person.ts";

/** One slot a millisecond; what is due later than a turn stays in its slot for another. */
const SLOTS = 8_192;

/** When each of many is to be looked at again. Setting and firing cost the same however many wait. */
export class Wheel {
  /** Of each one: the moment it waits for; `NEVER` for none. */
  readonly #at: Int32Array;
  readonly #slots: number[][] = Array.from({ length: SLOTS }, () => []);
  #turnedToMs = 0;

  constructor(count: number) {
    this.#at = new Int32Array(count).fill(NEVER);
  }

  /** Looks at `index` at `atMs`, whole milliseconds, or at once if that is over; an earlier wish stays. */
  set(index: number, atMs: number): void {
    if (atMs >= (this.#at[index] ?? NEVER)) return;
    const slotMs = Math.max(atMs, this.#turnedToMs + 1);
    this.#at[index] = slotMs;
    this.#slots[slotMs % SLOTS]?.push(index);
  }

  /** Calls `look` for whatever is due by `nowMs`; it may set again. */
  turn(nowMs: number, look: (index: number) => void): void {
    const toMs = Math.floor(nowMs);
    const fromMs = Math.max(this.#turnedToMs + 1, toMs - SLOTS + 1);
    this.#turnedToMs = Math.max(this.#turnedToMs, toMs); // who asks again while it turns waits for the next turn
    for (let atMs = fromMs; atMs <= toMs; atMs++) {
      const slot = atMs % SLOTS;
      const here = this.#slots[slot];
      if (here === undefined || here.length === 0) continue;
      this.#slots[slot] = [];
      for (const index of here) {
        const dueMs = this.#at[index] ?? NEVER;
        if (dueMs <= atMs) {
          this.#at[index] = NEVER;
          look(index);
        } else if (dueMs !== NEVER && dueMs % SLOTS === slot) this.#slots[slot]?.push(index);
      }
    }
  }
}
