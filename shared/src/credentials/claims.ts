import {
  type DeviceHash,
  isDeviceHash,
  isPoolName,
  isRegionName,
  isSessionId,
  type RegionName,
  type SessionId,
} from "../base/ids.ts";
import { TICKET_AUDIENCE_MAX } from "../limits.ts";

/** `live`, or `test` for load tests; lanes never meet. */
export type Lane = "live" | "test";

/** Who this anonymous person is (DESIGN §6). Sliding 24 h; only good together with the device token it names. */
export type SessionClaims = {
  readonly typ: "session";
  readonly sub: SessionId;
  readonly home: RegionName;
  readonly dev: DeviceHash;
  /** The last epoch the edge minted for this session. */
  readonly ep: number;
  readonly lane: Lane;
  readonly iat: number;
  readonly exp: number;
};

/** A random id the edge signed; 180 days. `sub` never leaves the token: everybody else sees its hash. */
export type DeviceClaims = { readonly typ: "device"; readonly sub: string; readonly iat: number; readonly exp: number };

/** The edge's signed, single-use, short-lived pass to a pool. */
export type TicketClaims = {
  readonly typ: "ticket";
  readonly sub: SessionId;
  readonly home: RegionName;
  readonly dev: DeviceHash;
  /** Keyed hash of the network, a weaker handle for bans. */
  readonly net: string;
  readonly lane: Lane;
  /** Up to three pools as `region/pool`; the pool at `aud[i]` admits with epoch `ep + i`. */
  readonly aud: readonly string[];
  readonly ep: number;
  /** The edge minted the session just now: a missing record is no loss. */
  readonly new?: true;
  readonly scope?: "forget";
  readonly iat: number;
  readonly exp: number;
};

/** A load tester's pass (DESIGN §15): lifts the meters for a region; what it lets in is lane `test`. */
export type LoadPassClaims = {
  readonly typ: "load";
  readonly region: RegionName;
  /** How many sessions may be minted with it. */
  readonly sessions: number;
  readonly iat: number;
  readonly exp: number;
};

type Raw = { readonly [name: string]: unknown };

const isSeconds = (value: unknown): value is number =>
  typeof value === "number" && Number.isSafeInteger(value) && value > 0;
const isEpoch = isSeconds;
const isLane = (value: unknown): value is Lane => value === "live" || value === "test";
const isRaw = (value: unknown): value is Raw => typeof value === "object" && value !== null && !Array.isArray(value);
const hasLife = (raw: Raw): boolean => isSeconds(raw.iat) && isSeconds(raw.exp);

/** How a pool is named in a ticket's audience. */
export const audienceOf = (region: string, pool: string): string => `${region}/${pool}`;

const isAudience = (value: unknown): boolean => {
  if (typeof value !== "string") return false;
  const [region, pool, more] = value.split("/");
  return isRegionName(region) && isPoolName(pool) && more === undefined;
};

/** A payload as session claims, or `undefined`: every field is looked at, whoever signed it. */
export function sessionClaimsOf(raw: unknown): SessionClaims | undefined {
  if (!isRaw(raw) || raw.typ !== "session" || !hasLife(raw)) return undefined;
  if (!isSessionId(raw.sub) || !isRegionName(raw.home) || !isDeviceHash(raw.dev)) return undefined;
  return isEpoch(raw.ep) && isLane(raw.lane) ? (raw as SessionClaims) : undefined;
}

/** A payload as device claims, or `undefined`. */
export function deviceClaimsOf(raw: unknown): DeviceClaims | undefined {
  if (!isRaw(raw) || raw.typ !== "device" || !hasLife(raw)) return undefined;
  return isSessionId(raw.sub) ? (raw as unknown as DeviceClaims) : undefined;
}

/** A payload as ticket claims, or `undefined`: one to three pools, an epoch, a lane, no scope but `forget`. */
export function ticketClaimsOf(raw: unknown): TicketClaims | undefined {
  if (!isRaw(raw) || raw.typ !== "ticket" || !hasLife(raw)) return undefined;
  if (!isSessionId(raw.sub) || !isRegionName(raw.home) || !isDeviceHash(raw.dev)) return undefined;
  if (typeof raw.net !== "string" || raw.net.length > 32 || !isLane(raw.lane) || !isEpoch(raw.ep)) return undefined;
  if (!Array.isArray(raw.aud) || raw.aud.length === 0 || raw.aud.length > TICKET_AUDIENCE_MAX) return undefined;
  if (!raw.aud.every(isAudience)) return undefined;
  if (raw.new !== undefined && raw.new !== true) return undefined;
  return raw.scope === undefined || raw.scope === "forget" ? (raw as TicketClaims) : undefined;
}

/** A payload as a load pass, or `undefined`. */
export function loadPassClaimsOf(raw: unknown): LoadPassClaims | undefined {
  if (!isRaw(raw) || raw.typ !== "load" || !hasLife(raw)) return undefined;
  return isRegionName(raw.region) && isSeconds(raw.sessions) ? (raw as LoadPassClaims) : undefined;
}

/**
 * The edge's next epoch for a session: above every one before, even when clocks go back; room for three pools below
 * the next.
 */
export const nextEpoch = (nowMs: number, last: number): number => 4 * Math.max(nowMs, Math.floor(last / 4) + 1);
