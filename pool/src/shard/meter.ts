/**
 * A token bucket kept as one number, its theoretical arrival time (GCRA, ITU-T I.371): full when that lies in the past,
 * empty when it lies `burst` units ahead. So a meter costs a session eight bytes.
 */
export type Meter = { readonly everyMs: number; readonly burst: number };

/** `count` units per `windowMs`, all of them at once at most. */
export const meterOf = (count: number, windowMs: number): Meter => ({ everyMs: windowMs / count, burst: count });

/**
 * How long `units` must wait; 0 when they may pass now. More than `burst` at once never pass a full bucket: they wait
 * for one.
 */
export function waitMs(meter: Meter, arrivalMs: number, nowMs: number, units = 1): number {
  const room = meter.everyMs * Math.max(meter.burst, units);
  return Math.max(0, Math.max(arrivalMs, nowMs) + meter.everyMs * units - room - nowMs);
}

/** The meter's number after `units` have passed. */
export const charged = (meter: Meter, arrivalMs: number, nowMs: number, units = 1): number =>
  Math.max(arrivalMs, nowMs) + meter.everyMs * units;

/** The number of a bucket that is half full. */
export const halfFull = (meter: Meter, nowMs: number): number => nowMs + (meter.everyMs * meter.burst) / 2;
