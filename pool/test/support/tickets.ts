import { systemClock } from "@whisper/shared/base/clock";
import { newSessionId } from "@whisper/shared/base/ids";
import { systemRandom } from "@whisper/shared/base/random";
import { audienceOf, type TicketClaims } from "@whisper/shared/credentials/claims";
import { signJwt } from "@whisper/shared/credentials/jwt";
import { generateSigningKey, type SigningJwk } from "@whisper/shared/credentials/signing-keys";
import { TICKET_MS } from "@whisper/shared/limits";
import { nodeSigner } from "../../src/adapters/node-keys.ts";
import { newDevice, REGION } from "./region.ts";

/** Tickets of people who are new, for a pool of the test region, the first if not said, as the edge would sign them. */
export async function newTickets(count: number, key: SigningJwk, pool = "p1"): Promise<string[]> {
  const signer = nodeSigner(key);
  const iat = Math.floor(systemClock.nowMs() / 1_000);
  const claims = (): TicketClaims => ({
    typ: "ticket",
    sub: newSessionId(systemRandom),
    home: REGION,
    dev: newDevice(),
    net: "n",
    lane: "live",
    aud: [audienceOf(REGION, pool)],
    ep: systemClock.nowMs() * 4,
    new: true,
    iat,
    exp: iat + TICKET_MS / 1_000,
  });
  return Promise.all(Array.from({ length: count }, () => signJwt(claims(), signer)));
}

/** The same to the eye, and by the name of the right key, but signed with another one. */
export async function forgedTickets(count: number, key: SigningJwk): Promise<string[]> {
  const other = await generateSigningKey(0, systemRandom);
  return newTickets(count, { ...other, kid: key.kid });
}
