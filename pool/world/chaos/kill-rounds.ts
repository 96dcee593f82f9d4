import { setTimeout as pause } from "node:timers/promises";
import type { Hurt } from "./fault-rounds.ts";
import { childrenOf } from "./processes.ts";
import { seeded } from "./seeded.ts";
import type { FaultDone } from "./verdict.ts";

/** One shard's process that was seen: its pool, and when it was seen first. */
export type SeenShard = { readonly pool: string; readonly pid: number; readonly sinceMs: number };

export type KillOptions = {
  /** How many shards are killed. */
  readonly kills: number;
  /** The pause between two kills is drawn around this. */
  readonly gapMs: number;
  /** A shard is killed when it has been there for so long: it serves, and people have come to it. */
  readonly upMs: number;
  /** None is killed while more than this share of the people are on their way back, 0 to 1. */
  readonly goneMax: number;
};

const LOOK_MS = 100;
const BACK_MS = 60_000;
const TELL_EVERY = 50;

/**
 * Which shard is killed next: any of those that have been there for `upMs` and whose pool has another such one, by
 * `chance`; `undefined` when there is none. Pure.
 */
export function chooseShard(
  seen: readonly SeenShard[],
  nowMs: number,
  upMs: number,
  chance: () => number,
): SeenShard | undefined {
  const up = seen.filter(({ sinceMs }) => nowMs - sinceMs >= upMs);
  const able = up.filter((one) => up.some((other) => other.pool === one.pool && other.pid !== one.pid));
  return able[Math.floor(chance() * able.length)];
}

/**
 * Kills shards, one after another, while people talk: the next one does not wait until all have come back, but until
 * most have. Resolves when each pool has all its shards again; tells `onFailure` when one has not within a minute.
 */
export const killRounds =
  ({ kills, gapMs, upMs, goneMax }: KillOptions): Hurt =>
  async (world, { seed, shards, say, signal }, { sinceStartMs, onFailure, standing }) => {
    const chance = seeded(seed);
    const pools = world.mortals.filter(({ kind }) => kind === "pool");
    const done: FaultDone[] = [];
    let open: Omit<FaultDone, "healedMs">[] = [];
    let seen: readonly SeenShard[] = [];
    /** A process that was killed may be seen a while longer, and must not be killed again. */
    const ended = new Set<number>();
    /** Looks who is there; a new process of a pool is the end of its oldest open fault. */
    const look = (): void => {
      const nowMs = sinceStartMs();
      seen = pools.flatMap(({ region, pool, pid }) => {
        const name = `${region}/${pool}`;
        const there = childrenOf(pid() ?? 0).filter((child) => !ended.has(child));
        return there.map((child): SeenShard => {
          const known = seen.find((one) => one.pid === child);
          if (known === undefined) heal(name, nowMs);
          return known ?? { pool: name, pid: child, sinceMs: nowMs };
        });
      });
    };
    const heal = (pool: string, nowMs: number): void => {
      const healed = open.find(({ victim }) => victim === pool);
      if (healed === undefined) return;
      open = open.filter((one) => one !== healed);
      done.push({ ...healed, healedMs: nowMs });
    };
    const isWhole = (): boolean => seen.length === pools.length * shards && open.length === 0;
    const mostAreIn = (): boolean => {
      const { seats, gone } = standing() ?? { seats: 0, gone: 0 };
      return gone <= seats * goneMax;
    };
    let nextMs = 0;
    for (let killed = 0; killed < kills && !signal.aborted; await pause(LOOK_MS)) {
      look();
      const atMs = sinceStartMs();
      const victim = atMs < nextMs || !mostAreIn() ? undefined : chooseShard(seen, atMs, upMs, chance);
      if (victim === undefined) continue;
      open.push({ kind: "shard_killed", victim: victim.pool, atMs, settledMs: undefined });
      ended.add(victim.pid);
      process.kill(victim.pid, "SIGKILL");
      nextMs = Math.max(nextMs, atMs - gapMs) + gapMs * (0.5 + chance());
      if (++killed % TELL_EVERY === 0) say(`${(atMs / 1_000).toFixed(0)} s: ${killed} shards killed`);
    }
    const endMs = sinceStartMs() + BACK_MS;
    while (!isWhole() && sinceStartMs() < endMs && !signal.aborted) {
      await pause(LOOK_MS);
      look();
    }
    if (open.length > 0) onFailure(`${open.length} shards did not come again`);
    return done.sort((a, b) => a.atMs - b.atMs);
  };
