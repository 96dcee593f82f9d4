/** Time as an argument. `nowMs` is wall time in milliseconds since 1970. */
export type Clock = { nowMs(): number };

/** The one place that reads the machine's clock. */
export const systemClock: Clock = { nowMs: () => Date.now() };
