import { fail, ok, type Result } from "@whisper/shared/base/result";
import { type TicketClaims, ticketClaimsOf } from "@whisper/shared/credentials/claims";
import { openJwt } from "@whisper/shared/credentials/jwt";
import type { Verifier } from "@whisper/shared/credentials/verify";
import { TICKET_CHARS_MAX } from "@whisper/shared/limits";
import { ticketIn } from "@whisper/shared/protocol/version";

export type TicketFault = "no_ticket" | "forger" | "shape" | "unknown_key" | "other_pool" | "too_many" | "forged";
/** A ticket whose signature holds, and the epoch that this pool admits with. */
export type GoodTicket = { readonly claims: TicketClaims; readonly epoch: number };

/**
 * What is checked before the 101, cheapest first: what its network did lately, length, shape, key name, audience,
 * accept bucket, signature (DESIGN §6). Everything an honest client can meet (stale, banned, full, draining) is told
 * after it.
 */
export function checkTicket(
  header: string,
  here: {
    readonly audience: string;
    readonly keys: Verifier;
    readonly isForger: () => boolean;
    readonly admits: () => boolean;
  },
): Result<GoodTicket, TicketFault> {
  const token = ticketIn(header);
  if (token === undefined) return fail("no_ticket");
  if (here.isForger()) return fail("forger");
  const opened = openJwt(token, TICKET_CHARS_MAX);
  if (!opened.ok) return opened;
  if (!here.keys.knows(opened.value.kid)) return fail("unknown_key");
  const claims = ticketClaimsOf(opened.value.payload);
  if (claims === undefined) return fail("shape");
  const at = claims.aud.indexOf(here.audience);
  if (at < 0) return fail("other_pool");
  if (!here.admits()) return fail("too_many");
  if (here.keys.verify(opened.value) !== true) return fail("forged");
  return ok({ claims, epoch: claims.ep + at });
}
