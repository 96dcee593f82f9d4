import type { Address } from "@whisper/shared/base/ids";
import type { Memo, MemoKind, MemoOf } from "@whisper/shared/bus/memos";
import { CLERK_ANSWER_MS } from "@whisper/shared/limits";
import { Deadlines, type Waiting } from "./deadlines.ts";

/** Each request and its answer. */
export const ANSWERS = {
  admit: "admitted",
  write: "written",
  end_half: "half_ended",
  where: "whereabouts",
  touch: "touched",
  forget: "forgotten",
  handover: "handed_over",
} as const satisfies Partial<Record<MemoKind, MemoKind>>;
export type AskKind = keyof typeof ANSWERS;
export type AnswerKind = (typeof ANSWERS)[AskKind];
type AnswerTo<K extends AskKind> = MemoOf<(typeof ANSWERS)[K]>;
/** A request without what the caller does not know: its number and where to answer. */
export type Ask<K extends AskKind> = Omit<MemoOf<K>, "req" | "address" | "kind"> & { readonly kind: K };

type Call = Waiting & {
  readonly req: number;
  readonly expects: AnswerKind;
  readonly memo: Memo;
  readonly onAnswer: (answer: Memo) => void;
  readonly onSilence: () => void;
  triesLeft: number;
};

/**
 * Requests to the region's clerk: 1.5 s for an answer, asked once more, then silence (DESIGN §9). Nothing waits:
 * answers call back.
 */
export class ClerkCalls {
  readonly #open = new Map<number, Call>();
  readonly #deadlines: Deadlines<Call>;
  readonly #address: Address;
  readonly #send: (memo: Memo) => void;
  readonly #nowMs: () => number;
  readonly #answerMs: number;
  #last = 0;

  constructor(world: { address: Address; send: (memo: Memo) => void; nowMs: () => number; answerMs?: number }) {
    this.#address = world.address;
    this.#send = world.send;
    this.#nowMs = world.nowMs;
    this.#answerMs = world.answerMs ?? CLERK_ANSWER_MS;
    this.#deadlines = new Deadlines<Call>(world.nowMs(), (call) => this.#late(call));
  }

  get size(): number {
    return this.#open.size;
  }

  /** Asks; exactly one of the two is called back, later. */
  ask<K extends AskKind>(ask: Ask<K>, onAnswer: (answer: AnswerTo<K>) => void, onSilence: () => void): void {
    const req = ++this.#last;
    const memo = { ...ask, req, address: this.#address } as unknown as MemoOf<K>;
    const call: Call = {
      req,
      memo,
      expects: ANSWERS[ask.kind as AskKind],
      onSilence,
      triesLeft: 1,
      wakeMs: Number.POSITIVE_INFINITY,
      onAnswer: onAnswer as (answer: Memo) => void,
    };
    this.#open.set(req, call);
    this.#deadlines.set(call, this.#nowMs() + this.#answerMs);
    this.#send(memo);
  }

  /**
   * An answer came. One that nobody waits for (late, doubled, of another kind) is dropped; tells whether it was
   * taken.
   */
  answered(answer: MemoOf<AnswerKind>): boolean {
    const call = this.#open.get(answer.req);
    if (call === undefined || call.expects !== answer.kind) return false;
    this.#open.delete(answer.req);
    this.#deadlines.clear(call);
    call.onAnswer(answer);
    return true;
  }

  /** Asks everything open again at once: the bus is back, and what was asked or answered meanwhile is lost. */
  all(): void {
    for (const call of this.#open.values()) this.#send(call.memo);
  }

  turn(nowMs: number): void {
    this.#deadlines.turn(nowMs);
  }

  #late(call: Call): void {
    if (call.triesLeft > 0) {
      call.triesLeft--;
      this.#deadlines.set(call, this.#nowMs() + this.#answerMs);
      this.#send(call.memo);
      return;
    }
    this.#open.delete(call.req);
    call.onSilence();
  }
}
