import type { PoolName, RegionName } from "@whisper/shared/base/ids";
import { fail, ok, type Result } from "@whisper/shared/base/result";
import { distanceKm } from "@whisper/shared/directory/distance";

/** The regions of the development world, with the places they pretend to be at. */
const WORLD_REGIONS: Readonly<Record<string, { readonly lat: number; readonly lon: number }>> = {
  "eu-west": { lat: 50.1, lon: 8.7 },
  "us-east": { lat: 39.0, lon: -77.5 },
};

export const ENGINES = ["embedded", "real"] as const;
export type EngineName = (typeof ENGINES)[number];

/** What is asked of the world; ports of 0 mean any that are free. */
export type WorldWish = {
  readonly engine: EngineName;
  /** By default all regions on the embedded engine, the first on the real one. */
  readonly regions?: readonly string[];
  readonly pools: number;
  readonly shards: number;
  /** Servers of each region's bus, one or three; one if not given. */
  readonly nats?: number;
  readonly edgePort: number;
  /** The first pool's port for sockets; the others follow. */
  readonly poolPorts: number;
  readonly opsPorts: number;
};

export type PoolPlan = {
  readonly region: RegionName;
  readonly pool: PoolName;
  readonly lat: number;
  readonly lon: number;
  readonly port: number;
  readonly opsPort: number;
};

export type WorldPlan = {
  readonly engine: EngineName;
  /** In each pool. */
  readonly shards: number;
  /** Of each region's bus. */
  readonly natsServers: number;
  readonly edgePort: number;
  readonly regions: readonly RegionName[];
  readonly pools: readonly PoolPlan[];
};

/** More than one machine can be asked to run. */
const POOLS_MAX = 16;
const SHARDS_MAX = 64;

/** The two other regions of a world that are nearest to one, as great circles go. */
export function neighboursOf(region: RegionName, regions: readonly RegionName[]): readonly RegionName[] {
  const here = WORLD_REGIONS[region];
  const farness = (other: RegionName): number => {
    const there = WORLD_REGIONS[other];
    return here === undefined || there === undefined ? Number.POSITIVE_INFINITY : distanceKm(here, there);
  };
  return regions
    .filter((other) => other !== region)
    .sort((one, two) => farness(one) - farness(two))
    .slice(0, 2);
}

/** Everything that this machine cannot be asked for, in words for whoever asked. */
function faultsOf(wish: WorldWish, regions: readonly string[]): string[] {
  const faults: string[] = [];
  const known = Object.keys(WORLD_REGIONS);
  for (const region of regions)
    if (!known.includes(region))
      faults.push(`there is no region ${JSON.stringify(region)} here, only ${known.join(", ")}`);
  if (regions.length === 0) faults.push("a world needs one region at least");
  if (new Set(regions).size !== regions.length) faults.push("a region was named twice");
  if (wish.engine === "embedded" && wish.pools !== 1)
    faults.push("the embedded engine runs one pool a region: leave --pools at 1, or take --engine real");
  if (wish.engine === "embedded" && wish.shards !== 1)
    faults.push("the embedded engine runs one shard a pool: leave --shards at 1, or take --engine real");
  const { nats = 1 } = wish;
  if (nats !== 1 && nats !== 3) faults.push("a region's bus has one server or three: --nats 1 or --nats 3");
  else if (wish.engine === "embedded" && nats !== 1)
    faults.push("the embedded engine runs no server: leave --nats at 1, or take --engine real");
  if (wish.pools > POOLS_MAX) faults.push(`a region has ${POOLS_MAX} pools at most here: lower --pools`);
  if (wish.shards > SHARDS_MAX) faults.push(`a pool has ${SHARDS_MAX} shards at most here: lower --shards`);
  return faults;
}

/** Which pools run where, with their ports in the order of regions and pools; or everything that cannot be had. */
export function planWorld(wish: WorldWish): Result<WorldPlan, readonly string[]> {
  const known = Object.keys(WORLD_REGIONS);
  const regions = wish.regions ?? (wish.engine === "real" ? known.slice(0, 1) : known);
  const faults = faultsOf(wish, regions);
  if (faults.length > 0) return fail(faults);
  const places = regions.flatMap((region) =>
    Array.from({ length: wish.pools }, (_, at) => ({ region: region as RegionName, pool: `p${at + 1}` as PoolName })),
  );
  const pools = places.map(
    (place, at): PoolPlan => ({
      ...place,
      ...(WORLD_REGIONS[place.region] ?? { lat: 0, lon: 0 }),
      port: wish.poolPorts === 0 ? 0 : wish.poolPorts + at,
      opsPort: wish.opsPorts === 0 ? 0 : wish.opsPorts + at,
    }),
  );
  const { engine, edgePort, shards } = wish;
  const named = [...new Set(places.map(({ region }) => region))];
  return ok({ engine, edgePort, shards, natsServers: wish.nats ?? 1, regions: named, pools });
}
