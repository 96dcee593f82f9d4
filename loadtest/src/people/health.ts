import { readdirSync, readFileSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Health } from "../plan/plan.ts";

/** A text that leaves so much later than it should have is late: less is the grain of the machine's timers. */
const LATE_MS = 10;
const NS_PER_MS = 1e6;
const LAG_RESOLUTION_MS = 5;

/** Watches the generator itself, so that its own trouble is never taken for the server's. */
export class HealthWatch {
  readonly #delay = monitorEventLoopDelay({ resolution: LAG_RESOLUTION_MS });
  readonly #roomFor: number;
  #cpuUs = cpuUs();
  #lookedMs = performance.now();
  #lateSends = 0;

  /** `roomFor`: how many sockets this process may hold by its source addresses. */
  constructor(roomFor: number) {
    this.#roomFor = Math.min(roomFor, descriptorsMax());
    this.#delay.enable();
  }

  /** A text left, so much after its moment. */
  left(lateMs: number): void {
    if (lateMs > LATE_MS) this.#lateSends++;
  }

  /** How it went since the last look. */
  take(sockets: number): Health {
    const nowMs = performance.now();
    const nowUs = cpuUs();
    const health: Health = {
      loopLagMs: Math.max(0, this.#delay.max / NS_PER_MS - LAG_RESOLUTION_MS),
      lateSends: this.#lateSends,
      cpuShare: (nowUs - this.#cpuUs) / 1_000 / Math.max(1, nowMs - this.#lookedMs),
      rssBytes: process.memoryUsage.rss(),
      portsLeft: Math.max(0, this.#roomFor - sockets),
    };
    this.#delay.reset();
    this.#cpuUs = nowUs;
    this.#lookedMs = nowMs;
    this.#lateSends = 0;
    return health;
  }

  stop(): void {
    this.#delay.disable();
  }
}

function cpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** How many more descriptors this process may open, as it is now. */
function descriptorsMax(): number {
  const found = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"));
  return found === null ? Number.MAX_SAFE_INTEGER : Number(found[1]) - readdirSync("/proc/self/fd").length;
}
