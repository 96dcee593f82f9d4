import type { RegionName } from "@whisper/shared/base/ids";
import type { Random } from "@whisper/shared/base/random";
import { distanceKm, type LatLon } from "@whisper/shared/directory/distance";
import type { PoolReport } from "@whisper/shared/directory/pool-report";

/** Degrees as two numbers with a comma, or `undefined` for anything that is no place. */
export function placeOf(lat: unknown, lon: unknown): LatLon | undefined {
  const place = { lat: degrees(lat), lon: degrees(lon) };
  if (!(Math.abs(place.lat) <= 90) || !(Math.abs(place.lon) <= 180)) return undefined;
  return place;
}

function degrees(value: unknown): number {
  if (typeof value === "number") return value;
  return typeof value === "string" && /^\s*[+-]?\d{1,3}(\.\d{1,12})?\s*$/.test(value) ? Number(value) : Number.NaN;
}

/**
 * The regions of a directory, nearest first; in chance order for a caller whose place nobody knows, so that none is
 * favoured.
 */
export function regionsByDistance(
  reports: readonly PoolReport[],
  from: LatLon | undefined,
  random: Random,
): readonly RegionName[] {
  const keys = new Map<RegionName, number>();
  for (const report of reports) {
    if (keys.has(report.region)) continue;
    keys.set(report.region, from === undefined ? random.unit() : distanceKm(from, report));
  }
  return [...keys].sort((a, b) => a[1] - b[1]).map(([region]) => region);
}
