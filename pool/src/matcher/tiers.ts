import type { DeskSettings } from "./desk-settings.ts";

/** How wide somebody looks. */
export const SAME = 0;
export const SHARED = 1;
export const ANYONE = 2;
export type Tier = typeof SAME | typeof SHARED | typeof ANYONE;

/** The widest tier that is open after `waitedMs`. */
export const tierAfter = (waitedMs: number, settings: DeskSettings): Tier =>
  waitedMs >= settings.tiersMs[ANYONE] ? ANYONE : waitedMs >= settings.tiersMs[SHARED] ? SHARED : SAME;

/**
 * The indexes of those who wait: `x` by same interests, `i` by each interest, `w` all; `j` and `o` are `i` and `w` of
 * those whose own tier is open. A seeker reads `x`, then `i` or (its own tier closed) `j`, then `w` or `o`.
 */
export type IndexKind = "x" | "i" | "j" | "w" | "o";
