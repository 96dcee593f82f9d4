import type { CountName } from "../plan/plan.ts";
import { type Marks, marksIn } from "./text-words.ts";

/**
 * What one person's texts have been through, as both ends tell it: how often each left the sender, and how often it
 * arrived. Numbers that left once and arrived once, in order, take no memory.
 */
export type Trail = {
  /** Copies beyond the first that the sender wrote, by number. */
  again: Map<number, number> | undefined;
  /** How often a number arrived, for those that did not arrive once and in their turn. */
  arrived: Map<number, number> | undefined;
  /** The highest number that has arrived. */
  highest: number;
  /** Up to this number the receiver has counted as lost. */
  lostTo: number;
};

export type TextFault = Extract<CountName, "lost" | "doubled" | "reordered" | "foreign" | "laneCrossed">;
/** What an arrived text is: to be shown now, or not; and what is wrong with it. */
export type Judged = { readonly isNext: boolean; readonly fault: TextFault | undefined };

const NEXT: Judged = { isNext: true, fault: undefined };
const PAST: Judged = { isNext: false, fault: undefined };

export const newTrail = (): Trail => ({ again: undefined, arrived: undefined, highest: 0, lostTo: 0 });

/** The sender wrote text `id` once more. */
export function noteAgain(trail: Trail, id: number): void {
  trail.again ??= new Map();
  trail.again.set(id, (trail.again.get(id) ?? 0) + 1);
}

/** Whether text `id` was written more than once. */
export const isAgain = (trail: Trail, id: number): boolean => trail.again?.has(id) ?? false;

/**
 * What words that are not the expected ones tell: `laneCrossed` for somebody of the other lane, `foreign` for anybody
 * else, `doubled` or `reordered` for the right sender's words under another number.
 */
export function faultOfWords(text: string, expected: Marks): TextFault {
  const marks = marksIn(text);
  if (marks === undefined) return "foreign";
  if (marks.lane !== expected.lane) return "laneCrossed";
  const isTheirs = marks.run === expected.run && marks.couple === expected.couple && marks.seat === expected.seat;
  if (!isTheirs) return "foreign";
  return marks.no < expected.no ? "doubled" : "reordered";
}

/**
 * One more arrival of number `id`, with the right words, when `last` was shown last. A copy more than the sender wrote
 * is `doubled`; one that comes behind a higher number though it was written only once is `reordered`.
 */
export function judgeArrival(trail: Trail, id: number, last: number): Judged {
  const isNext = id === last + 1;
  if (isNext && id > trail.highest) {
    trail.highest = id;
    return NEXT;
  }
  trail.arrived ??= new Map();
  const before = trail.arrived.get(id) ?? (id <= last ? 1 : 0);
  trail.arrived.set(id, before + 1);
  const written = 1 + (trail.again?.get(id) ?? 0);
  if (before + 1 > written) return { isNext, fault: "doubled" };
  if (before === 0 && id < trail.highest && written === 1) return { isNext, fault: "reordered" };
  trail.highest = Math.max(trail.highest, id);
  return isNext ? NEXT : PAST;
}

/** How many texts up to `id` were never shown, though it should have been so; each is counted once. */
export function lostUpTo(trail: Trail, id: number, last: number): number {
  const lost = Math.max(0, id - Math.max(last, trail.lostTo));
  trail.lostTo = Math.max(trail.lostTo, id);
  return lost;
}
