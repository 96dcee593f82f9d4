import { isPoolName, isRegionName, type PoolName, type RegionName } from "../base/ids.ts";
import { POOL_SILENT_MS } from "../limits.ts";

/** What a pool says about itself, every 2 s; what the edge chooses by. */
export type PoolReport = {
  readonly region: RegionName;
  readonly pool: PoolName;
  /** `wss://host/v1/socket`. */
  readonly url: string;
  /** Degrees; the region's place, for the nearest one. */
  readonly lat: number;
  readonly lon: number;
  readonly state: "up" | "draining" | "cordoned";
  /** Sockets in lane `live`, for `/v1/online`. */
  readonly live: number;
  /** All sockets, and how many there may be. */
  readonly sockets: number;
  readonly socketsMax: number;
  readonly atMs: number;
  /** Where its ops port answers; told by `/v1/regions` in development only. */
  readonly ops?: string;
};

const isNumberIn = (value: unknown, least: number, most: number): value is number =>
  typeof value === "number" && Number.isFinite(value) && value >= least && value <= most;
const isSocketUrl = (value: unknown): value is string =>
  typeof value === "string" && /^wss?:\/\/[^\s/]{1,253}\/v1\/socket$/.test(value);

/** A report as it lies in the directory, or `undefined`: whoever wrote it, every field is looked at. */
export function parsePoolReport(raw: unknown): PoolReport | undefined {
  if (typeof raw !== "object" || raw === null) return undefined;
  const r = raw as Record<string, unknown>;
  if (!isRegionName(r.region) || !isPoolName(r.pool) || !isSocketUrl(r.url)) return undefined;
  if (!isNumberIn(r.lat, -90, 90) || !isNumberIn(r.lon, -180, 180)) return undefined;
  if (r.state !== "up" && r.state !== "draining" && r.state !== "cordoned") return undefined;
  if (!isNumberIn(r.live, 0, 1e7) || !isNumberIn(r.sockets, 0, 1e7) || !isNumberIn(r.socketsMax, 0, 1e7))
    return undefined;
  if (!isNumberIn(r.atMs, 1, Number.MAX_SAFE_INTEGER)) return undefined;
  return r.ops === undefined || typeof r.ops === "string" ? (r as PoolReport) : undefined;
}

/** Whether a report is too old, or from the future, to send anybody there; `nowMs` is the directory copy's own time. */
export const isSilent = (report: PoolReport, nowMs: number): boolean => Math.abs(nowMs - report.atMs) > POOL_SILENT_MS;

/**
 * Where the directory lies: one hash, field `region/pool`, value the report as JSON; and one field `at` of the
 * publisher's clock.
 */
export const DIRECTORY_KEY = "wh:directory";
/**
 * Fields of the same hash that hold a clerk's hand-over key as a public JWK: this, then the key's name. No region
 * holds a colon.
 */
export const HANDOVER_KEY_FIELD = "jwk:";
