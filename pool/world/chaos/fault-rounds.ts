import { setTimeout as pause } from "node:timers/promises";
import type { Mortal } from "../mortal.ts";
import type { World } from "../world.ts";
import type { ChaosOptions } from "./chaos.ts";
import { type FaultKind, faultOrder } from "./fault-kinds.ts";
import { inject } from "./inject.ts";
import { seeded } from "./seeded.ts";
import type { FaultDone } from "./verdict.ts";
import type { Standing } from "./words.ts";

export type Rounds = {
  sinceStartMs(): number;
  readonly endMs: number;
  /** A part did not come back, or could not be hurt as it should have been. */
  onFailure(what: string): void;
  /** Waits until everybody is back; when that was, since the start. */
  settled(): Promise<number | undefined>;
  /** How everybody stood a moment ago; `undefined` until all have said. */
  standing(): Standing | undefined;
};

/** What is done to a world while people talk in it; resolves when all that was hurt serves again. */
export type Hurt = (world: World, options: ChaosOptions, rounds: Rounds) => Promise<readonly FaultDone[]>;

const DRAIN_MS = 60_000;
const LOOK_MS = 100;

/**
 * Hurts the world until `endMs`, every kind once in an order of chance, then again. Resolves when all that was hurt
 * serves again.
 */
export async function faultRounds(world: World, options: ChaosOptions, rounds: Rounds): Promise<readonly FaultDone[]> {
  const { mode, seed, gapMs, stopMs, cutMs, needs, say, signal } = options;
  const chance = seeded(seed);
  const done: FaultDone[] = [];
  const healing = new Map<Mortal, Promise<void>>();
  const hurts = { pools: world.pools, stopMs, cutMs, drainMs: DRAIN_MS, signal };
  const unfit = new Set<FaultKind>();
  for (const kind of faultOrder(needs.kinds, chance)) {
    await sleep(gapMs * (0.5 + chance()), signal);
    const atMs = rounds.sinceStartMs();
    if (atMs >= rounds.endMs || signal.aborted) break;
    const mortals = world.mortals.filter((one) => !healing.has(one));
    const fault = inject(kind, { ...hurts, mortals }, chance);
    if (fault === undefined) {
      if (!unfit.has(kind)) say(`${kind}: this world has nothing that it could be done to`);
      unfit.add(kind);
      continue;
    }
    say(`${(atMs / 1_000).toFixed(1)} s: ${fault.name}`);
    const healed = fault.heal().then(
      () => undefined,
      (error: unknown) => {
        const what = `${fault.name}: ${error instanceof Error ? error.message : "failed"}`;
        // A second fault may take away what this one was being done to.
        if (mode === "double") say(`  ${what}`);
        else rounds.onFailure(what);
      },
    );
    healing.set(
      fault.victim,
      healed.then(() => void healing.delete(fault.victim)),
    );
    const end = healed.then(() => ({ kind, victim: fault.name, atMs, healedMs: rounds.sinceStartMs() }));
    if (mode === "double") {
      end.then((one) => done.push({ ...one, settledMs: undefined }));
      continue;
    }
    const one = await end;
    const settledMs = await rounds.settled();
    done.push({ ...one, settledMs });
    say(
      `  serves again after ${span(one.healedMs - atMs)}, ${settledMs === undefined ? "never calm" : `all calm after ${span(settledMs - atMs)}`}`,
    );
  }
  await Promise.all(healing.values());
  return done.sort((a, b) => a.atMs - b.atMs);
}

const span = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

async function sleep(waitMs: number, signal: AbortSignal): Promise<void> {
  const endMs = performance.now() + waitMs;
  while (!signal.aborted && performance.now() < endMs) await pause(LOOK_MS);
}
