import { systemClock } from "../base/clock.ts";
import { systemRandom } from "../base/random.ts";
import type { ClientWorld, Keep } from "./view.ts";

/** A keep that lives as long as the program. */
export function memoryKeep(): Keep {
  const held = new Map<string, string>();
  return {
    getItem: (key) => held.get(key) ?? null,
    setItem: (key, value) => void held.set(key, value),
    removeItem: (key) => void held.delete(key),
  };
}

/**
 * The storage of that name, or memory where there is none or it is forbidden (private mode, blocked cookies: the
 * getter throws).
 */
function keepNamed(name: "sessionStorage" | "localStorage"): Keep {
  try {
    const keep = (globalThis as { readonly [key: string]: unknown })[name];
    return typeof keep === "object" && keep !== null ? (keep as Keep) : memoryKeep();
  } catch {
    return memoryKeep();
  }
}

/**
 * The world of a browser's page, or of any runtime with the Web's `fetch`, `WebSocket` and timers; `edge` is
 * `https://host`.
 */
export function browserWorld(edge: string): ClientWorld {
  return {
    edge: edge.replace(/\/+$/, ""),
    fetch: (input, init) => fetch(input, init), // a browser's fetch must be called as itself, not as a method of ours
    WebSocket,
    nowMs: () => systemClock.nowMs(),
    chance: () => systemRandom.unit(),
    setTimer: (run, delayMs) => setTimeout(run, delayMs),
    clearTimer: (timer) => clearTimeout(timer as number),
    tab: keepNamed("sessionStorage"),
    device: keepNamed("localStorage"),
  };
}
