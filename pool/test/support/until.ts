import { setTimeout as pause } from "node:timers/promises";

const LOOK_AGAIN_MS = 2;

/**
 * Waits until `look` gives something (not false, not undefined) and hands it on; rejects after `mostMs` with what it
 * waited for. Looks every `everyMs`, 2 ms if not given.
 */
export async function until<T>(
  what: string,
  look: () => T | Promise<T>,
  mostMs = 10_000,
  everyMs = LOOK_AGAIN_MS,
): Promise<Exclude<T, false | undefined>> {
  const endMs = performance.now() + mostMs;
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen as Exclude<T, false | undefined>;
    if (performance.now() > endMs) throw new Error(`waited ${mostMs} ms in vain: ${what}`);
    await pause(everyMs);
  }
}
