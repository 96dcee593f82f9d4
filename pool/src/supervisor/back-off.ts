/** The first pause before a shard that died is started again; it doubles with each death, up to the longest. */
const RESTART_MS_FIRST = 100;
export const RESTART_MS_MAX = 5_000;
/** A shard that lived this long was well: its next death starts from the first pause again. */
export const LIFE_GOOD_MS = 30_000;

/** How long to wait before a shard is started again, given the last pause and how long it lived after that. */
export function restartAfterMs(lastPauseMs: number, livedMs: number): number {
  if (livedMs >= LIFE_GOOD_MS || lastPauseMs <= 0) return RESTART_MS_FIRST;
  return Math.min(RESTART_MS_MAX, lastPauseMs * 2);
}
