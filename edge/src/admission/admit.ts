import type { DeviceHash, RegionName, SessionId } from "@whisper/shared/base/ids";
import {
  audienceOf,
  type DeviceClaims,
  type Lane,
  nextEpoch,
  type SessionClaims,
  type TicketClaims,
} from "@whisper/shared/credentials/claims";
import type { PoolReport } from "@whisper/shared/directory/pool-report";
import { DEVICE_TOKEN_MS, SESSION_TOKEN_MS, TICKET_MS } from "@whisper/shared/limits";

/** What a caller really holds: claims whose signature and time were found good. */
export type Held = {
  readonly device: { readonly claims: DeviceClaims; readonly hash: DeviceHash } | undefined;
  readonly session: SessionClaims | undefined;
};

/** The session a caller comes back to: their own, on the device it belongs to, in the lane they ask for. */
export function sessionToResume(held: Held, lane: Lane | undefined): SessionClaims | undefined {
  const { session, device } = held;
  if (session === undefined || device === undefined || session.dev !== device.hash) return undefined;
  return lane === undefined || session.lane === lane ? session : undefined;
}

/** Regions in the order they are tried: the pinned one alone; else home (its records are there), then the nearest. */
export function regionOrder(
  nearest: readonly RegionName[],
  home: RegionName | undefined,
  pinned: RegionName | undefined,
): readonly RegionName[] {
  if (pinned !== undefined) return [pinned];
  return home === undefined ? nearest : [home, ...nearest.filter((region) => region !== home)];
}

export type Person = {
  readonly session: SessionId;
  readonly device: DeviceHash;
  /** Keyed hash of the network. */
  readonly network: string;
  readonly lane: Lane;
  /** Undefined for somebody new: home is then where their first pool is. */
  readonly resumes: SessionClaims | undefined;
};

/**
 * The claims of a ticket and of the session token that goes with it. `pools` is not empty, the first is tried first.
 */
export function claimsFor(
  person: Person,
  pools: readonly [PoolReport, ...PoolReport[]],
  nowMs: number,
): { readonly ticket: TicketClaims; readonly session: SessionClaims } {
  const { session: sub, device: dev, network: net, lane, resumes } = person;
  const home = resumes?.home ?? pools[0].region;
  const ep = nextEpoch(nowMs, resumes?.ep ?? 0);
  const iat = Math.floor(nowMs / 1_000);
  const aud = pools.map(({ region, pool }) => audienceOf(region, pool));
  return {
    ticket: {
      typ: "ticket",
      sub,
      home,
      dev,
      net,
      lane,
      aud,
      ep,
      ...(resumes === undefined ? { new: true as const } : {}),
      iat,
      exp: iat + TICKET_MS / 1_000,
    },
    session: { typ: "session", sub, home, dev, ep, lane, iat, exp: iat + SESSION_TOKEN_MS / 1_000 },
  };
}

/** A device's claims from now on. */
export const deviceClaimsFor = (sub: string, nowMs: number): DeviceClaims => {
  const iat = Math.floor(nowMs / 1_000);
  return { typ: "device", sub, iat, exp: iat + DEVICE_TOKEN_MS / 1_000 };
};

/** Whether a device token is past half its life, so that who keeps coming keeps their device. */
export const isDeviceAging = (claims: DeviceClaims, nowMs: number): boolean =>
  claims.exp * 1_000 - nowMs < DEVICE_TOKEN_MS / 2;
