/** The first pause before a shard that died is started again; it doubles with each death, up to the longest. */
const RESTART_MS_FIRST = 100;
export const RESTART_MS_MAX = 5_000;
/** How long a shard lives that was well, unless a setting says otherwise. */
export const LIFE_GOOD_MS = 30_000;

/**
 * How long to wait before a shard is started again, given the last pause and how long it lived after that. One that
 * lived `wellMs` was well: its death starts from the first pause again.
 */
export function restartAfterMs(lastPauseMs: number, livedMs: number, wellMs = LIFE_GOOD_MS): number {
  if (livedMs >= wellMs || lastPauseMs <= 0) return RESTART_MS_FIRST;
  return Math.min(RESTART_MS_MAX, lastPauseMs * 2);
}
