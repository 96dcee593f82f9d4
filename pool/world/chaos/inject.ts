import { setTimeout as pause } from "node:timers/promises";
import type { PoolThere } from "../engine.ts";
import type { Mortal, MortalKind } from "../mortal.ts";
import type { FaultKind } from "./fault-kinds.ts";
import { childrenOf } from "./processes.ts";

export type Hurts = {
  readonly mortals: readonly Mortal[];
  readonly pools: readonly PoolThere[];
  /** How long a stopped shard stands still, and how long a bus or a gateway is away. */
  readonly stopMs: number;
  readonly cutMs: number;
  readonly drainMs: number;
  /** Aborted when the run ends: what is stopped goes on at once. */
  readonly signal: AbortSignal;
};

/** One fault, ready to be done: `heal` does it and resolves when the part serves again. */
export type Fault = { readonly name: string; readonly victim: Mortal; heal(): Promise<void> };

const LOOK_MS = 50;
const BACK_MS = 60_000;
const START_AGAIN_MS = 500;

const VICTIMS: Readonly<Record<FaultKind, MortalKind>> = {
  shard_killed: "pool",
  pool_killed: "pool",
  matcher_killed: "matcher",
  clerk_killed: "clerk",
  shard_stopped: "pool",
  redis_emptied: "redis",
  bus_cut: "nats",
  gateway_cut: "gateway",
  pool_drained: "pool",
  edge_restarted: "edge",
};

/** Does a fault to one part of the world, chosen by `chance`; `undefined` where the world has none that it fits. */
export function inject(kind: FaultKind, hurts: Hurts, chance: () => number): Fault | undefined {
  const able = hurts.mortals.filter(
    (one) => one.kind === VICTIMS[kind] && (kind !== "pool_drained" || hasOther(one, hurts)),
  );
  const victim = able[Math.floor(chance() * able.length)];
  if (victim === undefined) return undefined;
  const name = [kind, victim.region, victim.pool].filter((word) => word !== "").join(" ");
  switch (kind) {
    case "shard_killed":
      return { name, victim, heal: () => killShard(victim, chance) };
    case "shard_stopped":
      return { name, victim, heal: () => stopShard(victim, chance, hurts) };
    case "pool_drained":
      return { name, victim, heal: () => drain(victim, hurts) };
    case "bus_cut":
    case "gateway_cut":
      return { name, victim, heal: () => restart(victim, hurts.cutMs, hurts.signal) };
    default:
      return { name, victim, heal: () => restart(victim, 0, hurts.signal) };
  }
}

/** A pool can be drained only to another of its region. */
const hasOther = ({ region, pool }: Mortal, { pools }: Hurts): boolean =>
  pools.some((one) => one.region === region && one.pool !== pool);

async function restart(victim: Mortal, awayMs: number, signal: AbortSignal): Promise<void> {
  await victim.kill();
  await standStill(awayMs, signal);
  await startAgain(victim, signal);
}

/** As an operator's system does: what does not start, because something it needs is away too, is started again. */
async function startAgain(victim: Mortal, signal: AbortSignal): Promise<void> {
  const endMs = performance.now() + BACK_MS;
  for (;;) {
    try {
      return await victim.start();
    } catch (error) {
      if (performance.now() >= endMs || signal.aborted) throw error;
      await pause(START_AGAIN_MS);
    }
  }
}

/** Waits, unless the run ends before. */
const standStill = (waitMs: number, signal: AbortSignal): Promise<void> =>
  pause(waitMs, undefined, { signal }).catch(() => {});

/** A supervisor's shards are its children; a pool without a supervisor is its shard. */
const shardOf = (pool: Mortal, chance: () => number): number | undefined => {
  const pid = pool.pid();
  if (pid === undefined) return undefined;
  const shards = childrenOf(pid);
  return shards[Math.floor(chance() * shards.length)];
};

async function killShard(pool: Mortal, chance: () => number): Promise<void> {
  const shard = shardOf(pool, chance);
  const parent = pool.pid();
  if (shard === undefined || parent === undefined) return restart(pool, 0, new AbortController().signal);
  const before = childrenOf(parent).length;
  process.kill(shard, "SIGKILL");
  const endMs = performance.now() + BACK_MS;
  const isBack = (): boolean => {
    const now = childrenOf(parent);
    return !now.includes(shard) && now.length >= before;
  };
  while (!isBack() && performance.now() < endMs) await pause(LOOK_MS);
}

async function stopShard(pool: Mortal, chance: () => number, { stopMs, signal }: Hurts): Promise<void> {
  const shard = shardOf(pool, chance) ?? pool.pid();
  if (shard === undefined) return;
  process.kill(shard, "SIGSTOP");
  try {
    await standStill(stopMs, signal);
  } finally {
    goOn(shard);
  }
}

function goOn(pid: number): void {
  try {
    process.kill(pid, "SIGCONT");
  } catch (error) {
    // Its supervisor may have ended it meanwhile.
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

/** Asks the pool to drain, waits until nobody is left on it (or the time is up), and takes the order back. */
async function drain({ region, pool }: Mortal, { pools, drainMs, signal }: Hurts): Promise<void> {
  const there = pools.find((one) => one.region === region && one.pool === pool);
  if (there === undefined) return;
  const url = `${there.opsUrl}/drain`;
  const headers = { "x-whisper-ops": "1" };
  const asked = await fetch(url, { method: "POST", headers });
  if (!asked.ok) throw new Error(`POST /drain of ${region}/${pool} was answered ${asked.status}`);
  const endMs = performance.now() + drainMs;
  while (performance.now() < endMs && !signal.aborted && (await leftOn(url, headers)) > 0) await pause(LOOK_MS * 4);
  const undone = await fetch(url, { method: "DELETE", headers });
  if (!undone.ok) throw new Error(`DELETE /drain of ${region}/${pool} was answered ${undone.status}`);
}

async function leftOn(url: string, headers: Readonly<Record<string, string>>): Promise<number> {
  const answer: unknown = await (await fetch(url, { headers })).json();
  return typeof answer === "object" && answer !== null && "left" in answer && typeof answer.left === "number"
    ? answer.left
    : 0;
}
