/**
 * Why a socket is closed. The hundred is the advice, so an old client obeys a new code (DESIGN §5.3):
 * 40xx come back now, 41xx after a pause, 42xx get a new ticket first, 43xx do not come back.
 */
export const CLOSE_CODES = {
  draining: { code: 4000, why: "this pool is going away; another has room" },
  slow_reader: { code: 4100, why: "more than 64 KiB waited for this reader" },
  our_fault: { code: 4101, why: "a promise of ours broke; only this socket is closed" },
  home_away: { code: 4102, why: "the region that keeps this session cannot be reached" },
  ticket_stale: { code: 4200, why: "the ticket was used, or a newer one was" },
  ticket_expired: { code: 4201, why: "the ticket is older than its 30 seconds" },
  full: { code: 4202, why: "this pool has no place left" },
  banned: { code: 4300, why: "this device may not chat until the ban ends" },
  broken_client: { code: 4301, why: "more frames than any honest client sends" },
  superseded: { code: 4302, why: "a newer socket of this session has taken over" },
} as const satisfies Record<string, { code: number; why: string }>;
export type CloseName = keyof typeof CLOSE_CODES;

export type ReturnAdvice = "now" | "after_pause" | "new_ticket" | "never";
const ADVICE: Readonly<Record<number, ReturnAdvice>> = { 40: "now", 41: "after_pause", 42: "new_ticket", 43: "never" };

/** What a client does after a close. Codes that are not ours (1006 …) mean a pause. */
export const returnAdvice = (code: number): ReturnAdvice => ADVICE[Math.floor(code / 100)] ?? "after_pause";

/** The close reason that carries a pause: `retry_after=<s>`. */
export const retryAfterReason = (seconds: number): string => `retry_after=${seconds}`;

/** Milliseconds to wait that a close reason asks for, or `undefined`; an hour at most is believed. */
export function retryAfterMs(reason: string): number | undefined {
  const found = /^retry_after=(\d{1,6})$/.exec(reason);
  return found === null ? undefined : Math.min(Number(found[1]), 3_600) * 1_000;
}
