import { BACK_OFF_MS_BASE, BACK_OFF_MS_MAX } from "../limits.ts";

/**
 * How long to wait before try number `tries` (0 is the first), in milliseconds: drawn evenly between zero and a bound
 * that doubles up to 20 s, so that a crowd which lost its pool at one moment does not return at one moment ("full
 * jitter").
 */
export function backOffMs(tries: number, chance: number): number {
  const boundMs = Math.min(BACK_OFF_MS_MAX, BACK_OFF_MS_BASE * 2 ** Math.min(Math.max(tries, 0), 30));
  return Math.floor(chance * boundMs);
}
