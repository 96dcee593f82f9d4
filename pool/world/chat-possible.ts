import { setTimeout as pause } from "node:timers/promises";
import type { PoolThere } from "./engine.ts";
import type { WorldPlan } from "./plan.ts";

type Fields = Readonly<Record<string, unknown>>;
const fieldsOf = (raw: unknown): Fields => (typeof raw === "object" && raw !== null ? { ...raw } : {});
const listOf = (raw: unknown): readonly Fields[] => (Array.isArray(raw) ? raw.map(fieldsOf) : []);

/**
 * Which pools of the plan the edge does not send people to yet, as `region/pool`. `regions` is its answer at
 * `/v1/regions`.
 */
export function poolsNotUp(plan: WorldPlan, regions: unknown): readonly string[] {
  const up = new Set(
    listOf(fieldsOf(regions).regions)
      .filter(({ state }) => state === "up")
      .flatMap(({ region, ports }) => listOf(ports).map(({ pool }) => `${region}/${pool}`)),
  );
  return plan.pools.map(({ region, pool }) => `${region}/${pool}`).filter((name) => !up.has(name));
}

/**
 * Waits until the edge answers and sends people to every pool; resolves with the pools that are still missing at
 * `untilMs`.
 */
export async function waitForPools(
  edgeUrl: string,
  plan: WorldPlan,
  until: { readonly passed: () => boolean },
): Promise<readonly string[]> {
  for (;;) {
    const health = await ask(`${edgeUrl}/healthz`);
    const missing = poolsNotUp(plan, await ask(`${edgeUrl}/v1/regions`));
    if (health !== undefined && missing.length === 0) return [];
    if (until.passed()) return missing;
    await pause(100);
  }
}

/**
 * Waits until each pool has all that it needs, the keys of tickets among it; resolves with those (`region/pool`) that
 * lack something at the end.
 */
export async function waitForReady(
  pools: readonly PoolThere[],
  until: { readonly passed: () => boolean },
): Promise<readonly string[]> {
  for (;;) {
    const ready = await Promise.all(pools.map(async ({ opsUrl }) => (await ask(`${opsUrl}/readyz`)) !== undefined));
    const missing = pools.filter((_, at) => ready[at] !== true).map(({ region, pool }) => `${region}/${pool}`);
    if (missing.length === 0 || until.passed()) return missing;
    await pause(100);
  }
}

async function ask(url: string): Promise<unknown> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    return answer.ok ? await answer.json() : undefined;
  } catch {
    return undefined; // not yet: asked again until the time is up
  }
}
