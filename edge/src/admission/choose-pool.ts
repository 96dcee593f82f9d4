import type { RegionName } from "@whisper/shared/base/ids";
import type { Random } from "@whisper/shared/base/random";
import { audienceOf } from "@whisper/shared/credentials/claims";
import { isSilent, type PoolReport } from "@whisper/shared/directory/pool-report";
import { TICKET_AUDIENCE_MAX } from "@whisper/shared/limits";

export type Wish = {
  /** Regions in the order in which they are tried; one alone when the caller pinned it. */
  readonly regions: readonly RegionName[];
  /** Pools as `pool` or `region/pool` that the caller would rather not see again. */
  readonly avoid: ReadonlySet<string>;
};

/** Places below a pool's maximum that are neither taken nor promised; 0 for a pool that takes nobody. */
export function freePlaces(report: PoolReport, promised: number, listingAtMs: number): number {
  if (report.state !== "up" || isSilent(report, listingAtMs)) return 0;
  return Math.max(0, report.socketsMax - report.sockets - promised);
}

/**
 * Up to three pools of one region: the first region in order that has a pool with room, each pool the better of two
 * random ones (never "the least loaded", which herds). Avoided pools are taken only when nothing else is left
 * anywhere. Empty: no room.
 */
export function choosePools(
  reports: readonly PoolReport[],
  freeOf: (report: PoolReport) => number,
  wish: Wish,
  random: Random,
): readonly PoolReport[] {
  const isAvoided = ({ region, pool }: PoolReport): boolean =>
    wish.avoid.has(pool) || wish.avoid.has(audienceOf(region, pool));
  const open = reports.filter((report) => freeOf(report) > 0);
  for (const among of [open.filter((report) => !isAvoided(report)), open]) {
    for (const region of wish.regions) {
      const here = among.filter((report) => report.region === region);
      if (here.length > 0) return takeUpTo(TICKET_AUDIENCE_MAX, here, freeOf, random);
    }
  }
  return [];
}

function takeUpTo(
  most: number,
  pools: readonly PoolReport[],
  freeOf: (report: PoolReport) => number,
  random: Random,
): readonly PoolReport[] {
  const left = [...pools];
  const taken: PoolReport[] = [];
  while (taken.length < most && left.length > 0) {
    const at = betterOfTwo(left, freeOf, random);
    taken.push(...left.splice(at, 1));
  }
  return taken;
}

function betterOfTwo(pools: readonly PoolReport[], freeOf: (report: PoolReport) => number, random: Random): number {
  const first = Math.floor(random.unit() * pools.length);
  const step = 1 + Math.floor(random.unit() * (pools.length - 1));
  const second = (first + step) % pools.length;
  const [one, other] = [pools[first], pools[second]];
  return one !== undefined && other !== undefined && freeOf(other) > freeOf(one) ? second : first;
}
