import { RECEIVED_AT_ONCE, RECEIVED_WITHIN_MS } from "@whisper/shared/limits";
import { clientFrame, OPCODE, textFrame } from "./frames.ts";
import { benchTexts } from "./texts.ts";

/** What a talker needs of a socket. */
export type Outlet = { write(frame: Buffer): void };

/** One person of a chat: what they sent, what they have, and what they still owe a receipt for. */
export type Talker = {
  readonly outlet: Outlet;
  readonly chat: string;
  /** The bytes of their texts in front of the number. */
  readonly head: Buffer;
  sent: number;
  last: number;
  owed: number;
  owedSinceMs: number;
};

export type TalkCounts = {
  delivered: number;
  receipts: number;
  /** `delivered` at a shard, the receipt itself at a relay. */
  confirmed: number;
  doubled: number;
  lost: number;
  /** Frames that nobody should get while people only talk. */
  unexpected: number;
};

const TEXTS = benchTexts(64).map((text) => Buffer.from(`,"text":${JSON.stringify(text)}}`));
const ID = Buffer.from('"id":');
const SCRATCH = Buffer.allocUnsafeSlow(1_024);
/** Where the type's first letter is: after `{"type":"`. */
const TYPE_AT = 9;
const LETTER = { d: 0x64, e: 0x65, m: 0x6d, r: 0x72 } as const;
const DIGITS = { zero: 0x30, nine: 0x39 } as const;
/** How often it is looked who owes a receipt for long enough. */
const SWEEP_MS = 50;

/** Somebody who has said nothing yet, with the bytes that all their texts begin with. */
export function newTalker(outlet: Outlet, chat: string): Talker {
  const head = Buffer.from(`{"type":"message","chat_id":"${chat}","id":`);
  return { outlet, chat, head, sent: 0, last: 0, owed: 0, owedSinceMs: 0 };
}

/** Writes `n` in decimal at `at`; returns where it ends. */
function putNumber(bytes: Buffer, at: number, n: number): number {
  let end = at + 1;
  for (let left = n; left >= 10; left = Math.floor(left / 10)) end++;
  let left = n;
  for (let i = end - 1; i >= at; i--) {
    bytes[i] = DIGITS.zero + (left % 10);
    left = Math.floor(left / 10);
  }
  return end;
}

/** The frame of a person's next text. */
export const nextTextFrame = (talker: Talker): Buffer => textFrameOf(talker, ++talker.sent);

/** The frame of a person's text of that number, the same each time. */
export function textFrameOf(talker: Talker, id: number): Buffer {
  const tail = TEXTS[id % TEXTS.length] as Buffer;
  const at = putNumber(SCRATCH, talker.head.copy(SCRATCH), id);
  return clientFrame(OPCODE.text, SCRATCH, at + tail.copy(SCRATCH, at));
}

/** The text's number in a frame of type `message`, client's or server's; 0 when there is none. Looks at no JSON. */
export function textIdIn(bytes: Buffer, from: number, to: number): number {
  if (bytes[from + TYPE_AT] !== LETTER.m || bytes[from + TYPE_AT + 1] !== LETTER.e) return 0;
  const found = bytes.indexOf(ID, from + TYPE_AT);
  if (found < 0 || found >= to) return 0;
  let id = 0;
  for (let at = found + ID.length; at < to; at++) {
    const digit = bytes[at] as number;
    if (digit < DIGITS.zero || digit > DIGITS.nine) break;
    id = id * 10 + digit - DIGITS.zero;
  }
  return id;
}

/**
 * Many chats in which both people always have one text under way: who gets one answers it at once with the next. So
 * no socket has two texts in one read, as among people who type, and the server always has work. Texts are checked:
 * each number once, in order.
 */
export class Talk {
  readonly counts: TalkCounts = { delivered: 0, receipts: 0, confirmed: 0, doubled: 0, lost: 0, unexpected: 0 };
  readonly #talkers: readonly Talker[];
  readonly #nowMs: () => number;
  #isOn = false;
  #answers = false;
  #sweep: NodeJS.Timeout | undefined;
  #heardText: ((talker: Talker, id: number) => void) | undefined;
  /** The first odd frame's type, for the fault's words. */
  oddType = "";

  constructor(talkers: readonly Talker[], nowMs: () => number) {
    this.#talkers = talkers;
    this.#nowMs = nowMs;
  }

  /** Everybody says something. With `receipts` receivers answer `received`: at once for 8, else within 500 ms. */
  start(receipts: boolean): void {
    this.#isOn = true;
    this.#answers = receipts;
    if (receipts) this.#sweep = setInterval(() => this.#answerLate(), SWEEP_MS);
    for (const talker of this.#talkers) talker.outlet.write(nextTextFrame(talker));
  }

  /** Nobody says anything by themselves: texts come from elsewhere, and each new one is told to `heardText`. */
  listen(receipts: boolean, heardText: (talker: Talker, id: number) => void): void {
    this.#heardText = heardText;
    this.#answers = receipts;
    if (receipts) this.#sweep = setInterval(() => this.#answerLate(), SWEEP_MS);
  }

  /** Nobody starts another text; those under way still arrive. */
  stop(): void {
    this.#isOn = false;
    this.#heardText = undefined;
    clearInterval(this.#sweep);
  }

  /** Everybody answers what they still owe, so that no shard looks for them when the talk is over. */
  settle(): void {
    for (const talker of this.#talkers) if (talker.owed > 0) this.#answer(talker);
  }

  /** How many texts are under way. */
  underWay(): number {
    let sent = 0;
    let got = 0;
    for (const { sent: one, last } of this.#talkers) {
      sent += one;
      got += last;
    }
    return sent - got;
  }

  /** One frame for `talker`. */
  heard(talker: Talker, bytes: Buffer, from: number, to: number): void {
    const id = textIdIn(bytes, from, to);
    if (id === 0) return this.#other(bytes, from, to);
    const { counts } = this;
    if (id <= talker.last) {
      counts.doubled++;
      return;
    }
    counts.lost += id - talker.last - 1;
    talker.last = id;
    counts.delivered++;
    this.#heardText?.(talker, id);
    if (this.#answers) {
      if (talker.owed++ === 0) talker.owedSinceMs = this.#nowMs();
      if (talker.owed >= RECEIVED_AT_ONCE) this.#answer(talker);
    }
    if (this.#isOn) talker.outlet.write(nextTextFrame(talker));
  }

  #other(bytes: Buffer, from: number, to: number): void {
    const letter = bytes[from + TYPE_AT];
    const next = bytes[from + TYPE_AT + 1];
    if ((letter === LETTER.d || letter === LETTER.r) && next === LETTER.e) {
      this.counts.confirmed++;
      return;
    }
    this.counts.unexpected++;
    if (this.oddType === "") this.oddType = /^\{"type":"(\w{1,32})"/.exec(bytes.toString("utf8", from, to))?.[1] ?? "?";
  }

  #answer(talker: Talker): void {
    talker.owed = 0;
    this.counts.receipts++;
    talker.outlet.write(textFrame(`{"type":"received","chat_id":"${talker.chat}","id":${talker.last}}`));
  }

  #answerLate(): void {
    const since = this.#nowMs() - RECEIVED_WITHIN_MS + SWEEP_MS;
    for (const talker of this.#talkers) if (talker.owed > 0 && talker.owedSinceMs <= since) this.#answer(talker);
  }
}
