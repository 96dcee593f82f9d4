import { type Clock, systemClock } from "@whisper/shared/base/clock";
import type { Timers } from "../../src/matcher/due-looks.ts";

/**
 * Time that passes `times` as fast as the machine's, for everything that takes its time as an argument. All spans of
 * the product shrink alike, so what they are to each other stays.
 */
export type FastTime = Clock &
  Timers & {
    readonly times: number;
    /** When it began to go faster: what another process needs to have the same time. */
    readonly beganMs: number;
    setTimer(run: () => void, delayMs: number): unknown;
    clearTimer(timer: unknown): void;
    /** So many of the machine's milliseconds are `ms` of this time. */
    real(ms: number): number;
  };

/** With `turnsEveryMs` timers wait for the next such moment, as those of a hidden tab do once a minute. */
export function fastTime(times: number, turnsEveryMs = 0, beganMs = systemClock.nowMs()): FastTime {
  const nowMs = (): number => beganMs + (systemClock.nowMs() - beganMs) * times;
  const setTimer = (run: () => void, delayMs: number): NodeJS.Timeout => {
    const dueMs = nowMs() + delayMs;
    const atMs = turnsEveryMs === 0 ? dueMs : Math.ceil(dueMs / turnsEveryMs) * turnsEveryMs;
    return setTimeout(run, (atMs - nowMs()) / times);
  };
  const clearTimer = (timer: unknown): void => clearTimeout(timer as NodeJS.Timeout);
  return {
    times,
    beganMs,
    nowMs,
    setTimer,
    clearTimer,
    real: (ms) => ms / times,
    after(delayMs, run) {
      const timer = setTimer(run, delayMs);
      return { stop: () => clearTimer(timer) };
    },
  };
}
