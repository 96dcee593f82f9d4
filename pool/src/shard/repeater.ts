import type { SessionId } from "@whisper/shared/base/ids";
import type { Memo } from "@whisper/shared/bus/memos";
import { MEMO_AGAIN_EVERY_MS, MEMO_AGAIN_MS, MEMO_GIVE_UP_MS } from "@whisper/shared/limits";
import { Deadlines, type Waiting } from "./deadlines.ts";

type Entry = Waiting & {
  readonly memo: number;
  /** Whose memo it is, so that the acknowledgement finds them. */
  readonly session: SessionId | undefined;
  readonly again: () => void;
  /** Given up at this moment of bus time. */
  readonly untilMs: number;
  tries: number;
};

/**
 * Memos that must arrive: sent again at 0.2, 1 and 3 s, then every 5 s, until acknowledged or 90 s have passed
 * (DESIGN §7).
 */
export class Repeater {
  readonly #open = new Map<number, Entry>();
  readonly #deadlines: Deadlines<Entry>;
  readonly #nowMs: () => number;
  #last = 0;
  #turnedMs: number;
  /** How long the bus has been away, all in all. */
  #awayMs = 0;
  /** How many were given up. */
  given = 0;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
    this.#turnedMs = nowMs();
    this.#deadlines = new Deadlines<Entry>(nowMs(), (entry) => this.#again(entry));
  }

  /** How many wait for their acknowledgement. */
  get size(): number {
    return this.#open.size;
  }

  /** Numbers the memo, sends it now, and again until `done`. */
  insist<M extends Memo & { readonly memo: number }>(
    unnumbered: Omit<M, "memo">,
    session: SessionId | undefined,
    send: (memo: M) => void,
  ): void {
    const number = ++this.#last;
    const memo = { ...unnumbered, memo: number } as M;
    const nowMs = this.#nowMs();
    const entry: Entry = {
      memo: number,
      session,
      again: () => send(memo),
      untilMs: nowMs - this.#awayMs + MEMO_GIVE_UP_MS,
      tries: 0,
      wakeMs: Number.POSITIVE_INFINITY,
    };
    this.#open.set(number, entry);
    this.#deadlines.set(entry, nowMs + MEMO_AGAIN_MS[0]);
    send(memo);
  }

  /**
   * It was acknowledged: whose it was, or `undefined` for a number that is not open (an acknowledgement that came
   * twice).
   */
  done(memo: number): { readonly session: SessionId | undefined } | undefined {
    const entry = this.#open.get(memo);
    if (entry === undefined) return undefined;
    this.#open.delete(memo);
    this.#deadlines.clear(entry);
    return entry;
  }

  /** Sends again what is due. While the bus is away nothing is, and that time does not count towards giving up. */
  turn(nowMs: number, isBusUp: boolean): void {
    if (!isBusUp) this.#awayMs += nowMs - this.#turnedMs;
    else this.#deadlines.turn(nowMs);
    this.#turnedMs = nowMs;
  }

  /** Sends everything again at once: the bus is back, and what was published meanwhile is lost. */
  all(): void {
    for (const entry of this.#open.values()) entry.again();
  }

  #again(entry: Entry): void {
    const nowMs = this.#nowMs();
    if (nowMs - this.#awayMs >= entry.untilMs) {
      this.#open.delete(entry.memo);
      this.given++;
      return;
    }
    entry.tries++;
    const pauseMs = (MEMO_AGAIN_MS[entry.tries] ?? 0) - (MEMO_AGAIN_MS[entry.tries - 1] ?? 0);
    this.#deadlines.set(entry, nowMs + (pauseMs > 0 ? pauseMs : MEMO_AGAIN_EVERY_MS));
    entry.again();
  }
}
