import type { PoolName, RegionName } from "@whisper/shared/base/ids";
import { TICKET_AUDIENCE_MAX } from "@whisper/shared/limits";
import type { Endpoint } from "@whisper/shared/protocol/server-frames";

/**
 * Where people can go: the region's other pools that take newcomers, each with its free places, and how many of all
 * those places are this shard's to fill.
 */
export type Room = { readonly pools: readonly (Endpoint & { readonly free: number })[]; readonly places: number };

type Sibling = {
  readonly pool: PoolName;
  readonly url: string | undefined;
  readonly lines: readonly {
    readonly sockets: number;
    readonly max: number;
    readonly state: string;
    readonly answered: boolean;
  }[];
};

/**
 * The room that heartbeats tell of. `siblings` are the region's other pools, of which those that drain share it with
 * this one; of this pool's part, shard `shard` of `shards` has its own.
 */
export function roomOf(
  region: RegionName,
  siblings: readonly Sibling[],
  { shard, shards }: { readonly shard: number; readonly shards: number },
): Room {
  const pools = siblings.flatMap(({ pool, url, lines }) => {
    const free = lines.reduce(
      (sum, line) => (line.state === "up" && line.answered ? sum + Math.max(0, line.max - line.sockets) : sum),
      0,
    );
    return free > 0 && url !== undefined ? [{ url, region, pool, free }] : [];
  });
  const draining = siblings.filter(({ lines }) => lines.some(({ state }) => state === "draining")).length;
  const ours = Math.floor(pools.reduce((sum, { free }) => sum + free, 0) / (draining + 1));
  return { pools, places: Math.floor(ours / shards) + (shard < ours % shards ? 1 : 0) };
}

/** Up to three in an order of chance: who has more free places comes first more often, so that none is rushed. */
export function drawEndpoints({ pools }: Room, chance: () => number): readonly Endpoint[] {
  return pools
    .map(({ free, ...endpoint }) => ({ endpoint, at: -Math.log(1 - chance()) / free }))
    .sort((a, b) => a.at - b.at)
    .slice(0, TICKET_AUDIENCE_MAX)
    .map(({ endpoint }) => endpoint);
}
