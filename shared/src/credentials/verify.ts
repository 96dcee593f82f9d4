import type { PoolName, RegionName } from "../base/ids.ts";
import { fail, ok, type Result } from "../base/result.ts";
import { TICKET_CHARS_MAX, TICKET_LEEWAY_MS } from "../limits.ts";
import { audienceOf, type TicketClaims, ticketClaimsOf } from "./claims.ts";
import { type OpenedJwt, openJwt } from "./jwt.ts";
import type { PublicJwk } from "./key-ring.ts";

/** Whether a signature is good; `unknown_kid` when the keys at hand do not name the signer. */
export type Verdict = boolean | "unknown_kid";

/** Verifies in the caller's turn (node:crypto, in a shard's upgrade). Never throws, never waits. */
export type Verifier = {
  verify(opened: OpenedJwt): Verdict;
  /** What the key of that name may sign, or `undefined` for an unknown one. */
  useOf(kid: string): PublicJwk["use"] | undefined;
};

/** The same promise where the platform only offers it later (WebCrypto, at the edge). */
export type LaterVerifier = { verify(opened: OpenedJwt): Promise<Verdict> };

export type OpenedTicket = { readonly opened: OpenedJwt; readonly claims: TicketClaims };

/** A ticket taken apart: length, shape and every field, in that order; the signature is not yet looked at (DESIGN §6). */
export function openTicket(token: string): Result<OpenedTicket, "shape"> {
  const opened = openJwt(token, TICKET_CHARS_MAX);
  if (!opened.ok) return opened;
  const claims = ticketClaimsOf(opened.value.payload);
  return claims === undefined ? fail("shape") : ok({ opened: opened.value, claims });
}

/** Where a pool stands in a ticket's audience: 0, 1 or 2, or -1 when the ticket is for others. */
export const audienceIndex = (claims: TicketClaims, region: RegionName, pool: PoolName): number =>
  claims.aud.indexOf(audienceOf(region, pool));

/** The epoch with which the pool at `index` of the audience admits. */
export const ticketEpoch = (claims: TicketClaims, index: number): number => claims.ep + index;

/** Whether a ticket's 30 seconds, and 5 of leeway for clocks that differ, are over. */
export const isTicketExpired = (claims: TicketClaims, nowMs: number): boolean =>
  nowMs > claims.exp * 1_000 + TICKET_LEEWAY_MS;

/** What a key may sign: a region's clerk hands over people who have a record, it never mints or erases any. */
export const mayHaveSigned = (use: PublicJwk["use"], claims: TicketClaims): boolean =>
  use === "sig" || (claims.new === undefined && claims.scope === undefined);
