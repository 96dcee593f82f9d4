/** Whole seconds left until `untilMs`, never below 0. A begun second counts, so that 0 means over. */
export const secondsLeft = (untilMs: number, nowMs: number): number =>
  Math.max(0, Math.ceil((untilMs - nowMs) / 1_000));

/** Whole seconds gone since `sinceMs`, never below 0: clocks may step back. */
export const secondsGone = (sinceMs: number, nowMs: number): number =>
  Math.max(0, Math.floor((nowMs - sinceMs) / 1_000));

/** How much of a span of `wholeMs` is left at `nowMs`: 1 at its start, 0 at its end, never outside. */
export function shareLeft(untilMs: number, nowMs: number, wholeMs: number): number {
  if (wholeMs <= 0) return 0;
  return Math.min(1, Math.max(0, (untilMs - nowMs) / wholeMs));
}

/** Seconds as a clock shows them: `0:09`, `12:05`, `3:00:00`. */
export function clockWords(seconds: number): string {
  const two = (part: number): string => String(part).padStart(2, "0");
  const hours = Math.floor(seconds / 3_600);
  const minutes = Math.floor((seconds % 3_600) / 60);
  const rest = two(seconds % 60);
  return hours > 0 ? `${hours}:${two(minutes)}:${rest}` : `${minutes}:${rest}`;
}
