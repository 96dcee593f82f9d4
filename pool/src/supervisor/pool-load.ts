import type { PoolReport } from "@whisper/shared/directory/pool-report";
import type { ShardLoad } from "./channel.ts";

/** What a pool is and where, as the directory tells it. */
export type PoolPlace = Pick<PoolReport, "region" | "pool" | "url" | "lat" | "lon" | "ops">;

/**
 * A pool's report to the directory: the sum over the shards that serve, so a dead shard's places are nobody's, and a
 * pool of full shards has none.
 */
export function poolReport(
  place: PoolPlace,
  state: PoolReport["state"],
  loads: readonly ShardLoad[],
  atMs: number,
): PoolReport {
  const sum = (of: (load: ShardLoad) => number): number => loads.reduce((total, load) => total + of(load), 0);
  return {
    ...place,
    state,
    sockets: sum(({ sockets }) => sockets),
    socketsMax: sum(({ max }) => max),
    live: sum(({ live }) => live),
    atMs,
  };
}
