import { setTimeout as pause } from "node:timers/promises";

const LOOK_AGAIN_MS = 5;

/** Waits until something holds; fails after `mostMs` with what it waited for. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, mostMs = 10_000): Promise<void> {
  const endMs = performance.now() + mostMs;
  while (!(await holds())) {
    if (performance.now() > endMs) throw new Error(`waited ${mostMs} ms in vain: ${what}`);
    await pause(LOOK_AGAIN_MS);
  }
}
