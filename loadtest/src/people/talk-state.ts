import { RESEND_AFTER_MS } from "@whisper/shared/limits";
import { NEVER } from "./person.ts";
import { newTrail, type Trail } from "./text-check.ts";

/** One person's half of a chat: their own texts, numbered from 1, and how far they have got with the partner's. */
export type Talk = {
  readonly chat: string;
  /** What their frames and words begin with, up to the number, and what stands behind. */
  readonly head: string;
  readonly opening: string;
  readonly filling: string;
  /** Text `n` should leave at `firstDueMs + (n - 1) * everyMs`; there are `count` of them. */
  readonly firstDueMs: number;
  readonly everyMs: number;
  count: number;
  /** Of their own texts: whose moment has come, up to where they were written (last, and ever), and confirmed. */
  due: number;
  sent: number;
  sentMax: number;
  delivered: number;
  /** Up to this number a second copy is no fault of the server's: somebody's socket, or the meter, was in the way. */
  excused: number;
  excusedAtMs: number;
  readonly trail: Trail;
  /** Of the partner's texts: the last one shown, and how many arrivals are unanswered. */
  last: number;
  owed: number;
  answersAtMs: number;
  resendsAtMs: number;
  resendMs: number;
  heldUntilMs: number;
  isPartnerAway: boolean;
  repeatedAtMs: number;
  gapId: number;
  gapAtMs: number;
  /** How often the socket was cut with `our_fault` while texts were in flight: then they go one at a time. */
  faults: number;
};

/** The talk of one person in a chat that begins. */
export function newTalk(
  chat: string,
  speech: { readonly opening: string; readonly filling: string },
  moments: { readonly firstDueMs: number; readonly everyMs: number; readonly count: number },
): Talk {
  return {
    chat,
    head: `{"type":"message","chat_id":"${chat}","id":`,
    opening: speech.opening,
    filling: speech.filling,
    firstDueMs: moments.firstDueMs,
    everyMs: moments.everyMs,
    count: moments.count,
    due: 0,
    sent: 0,
    sentMax: 0,
    delivered: 0,
    excused: 0,
    excusedAtMs: 0,
    trail: newTrail(),
    last: 0,
    owed: 0,
    answersAtMs: NEVER,
    resendsAtMs: NEVER,
    resendMs: RESEND_AFTER_MS,
    heldUntilMs: 0,
    isPartnerAway: false,
    repeatedAtMs: -NEVER,
    gapId: 0,
    gapAtMs: -NEVER,
    faults: 0,
  };
}

/** When text `id` should have left. */
export const dueAtMs = (talk: Talk, id: number): number => talk.firstDueMs + (id - 1) * talk.everyMs;

/** The words of text `id`. */
export const wordsOf = (talk: Talk, id: number): string => `${talk.opening}${id}${talk.filling}`;
