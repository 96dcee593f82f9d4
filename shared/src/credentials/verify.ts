import { fail, ok, type Result } from "../base/result.ts";
import { TICKET_CHARS_MAX, TICKET_LEEWAY_MS } from "../limits.ts";
import { type TicketClaims, ticketClaimsOf } from "./claims.ts";
import { type OpenedJwt, openJwt } from "./jwt.ts";

/** Whether a signature is good; `unknown_kid` when the keys at hand do not name the signer. */
export type Verdict = boolean | "unknown_kid";

/** Verifies in the caller's turn (node:crypto, in a shard's upgrade). Never throws, never waits. */
export type Verifier = {
  /** Whether a key of that name is at hand; asked before anything that costs. An unknown one may start a refetch. */
  knows(kid: string): boolean;
  verify(opened: OpenedJwt): Verdict;
};

/** The same promise where the platform only offers it later (WebCrypto, at the edge). */
export type LaterVerifier = { verify(opened: OpenedJwt): Promise<Verdict> };

type OpenedTicket = { readonly opened: OpenedJwt; readonly claims: TicketClaims };

/**
 * A ticket taken apart: length, shape and every field, in that order; the signature is not yet looked at (DESIGN §6).
 */
export function openTicket(token: string): Result<OpenedTicket, "shape"> {
  const opened = openJwt(token, TICKET_CHARS_MAX);
  if (!opened.ok) return opened;
  const claims = ticketClaimsOf(opened.value.payload);
  return claims === undefined ? fail("shape") : ok({ opened: opened.value, claims });
}

/** Whether a ticket's 30 seconds, and 5 of leeway for clocks that differ, are over. */
export const isTicketExpired = (claims: TicketClaims, nowMs: number): boolean =>
  nowMs > claims.exp * 1_000 + TICKET_LEEWAY_MS;

/** What a clerk's hand-over key may say: people who have a record are passed on; it mints nobody and erases nobody. */
export const handoverMaySay = (payload: unknown): boolean => {
  const claims = ticketClaimsOf(payload);
  return claims !== undefined && claims.new === undefined && claims.scope === undefined;
};
