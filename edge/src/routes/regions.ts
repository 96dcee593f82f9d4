import type { RegionName } from "@whisper/shared/base/ids";
import { distanceKm, type LatLon } from "@whisper/shared/directory/distance";
import { isSilent, type PoolReport } from "@whisper/shared/directory/pool-report";
import { freePlaces } from "../admission/choose-pool.ts";
import { listingFor } from "../admission/come-in.ts";
import { regionsByDistance } from "../admission/nearest.ts";
import { callerOf, type EdgeContext } from "../http.ts";
import type { Listing } from "../ports.ts";

type RegionLine = {
  readonly region: RegionName;
  /** Undefined when nobody knows where the caller is. */
  readonly distance_km?: number;
  readonly pools: number;
  readonly free: number;
  /** `up`: takes people; `full`: no place left; `draining`: none of its pools takes people; `silent`: none is heard. */
  readonly state: "up" | "full" | "draining" | "silent";
  /** Ops and socket ports of each pool; in development only. */
  readonly ports?: readonly { readonly pool: string; readonly socket: string; readonly ops?: string }[];
};

/** A region as a caller sees it. `reports` are those of one region, at least one. */
function regionLine(
  region: RegionName,
  reports: readonly PoolReport[],
  seen: { readonly from: LatLon | undefined; readonly atMs: number; readonly withPorts: boolean },
): RegionLine {
  const heard = reports.filter((report) => !isSilent(report, seen.atMs));
  const free = heard.reduce((sum, report) => sum + freePlaces(report, 0, seen.atMs), 0);
  const isUp = heard.some(({ state }) => state === "up");
  const [first] = reports;
  return {
    region,
    ...(first === undefined || seen.from === undefined
      ? {}
      : { distance_km: Math.round(distanceKm(seen.from, first)) }),
    pools: heard.length,
    free,
    state: heard.length === 0 ? "silent" : !isUp ? "draining" : free === 0 ? "full" : "up",
    ...(seen.withPorts ? { ports: reports.map(portsOf) } : {}),
  };
}

const portsOf = ({ pool, url, ops }: PoolReport) => ({ pool, socket: url, ...(ops === undefined ? {} : { ops }) });

/** `GET /v1/regions`, nearest first. */
export async function regions(c: EdgeContext): Promise<Response> {
  const { isolate } = c.var;
  const caller = callerOf(c);
  const listing: Listing = await listingFor(isolate, caller);
  const seen = { from: caller.place, atMs: listing.atMs, withPorts: isolate.config.isDevelopment };
  const lines = regionsByDistance(listing.reports, caller.place, isolate.random).map((region) =>
    regionLine(
      region,
      listing.reports.filter((report) => report.region === region),
      seen,
    ),
  );
  return c.json({ regions: lines });
}
