import { createPrivateKey, sign } from "node:crypto";
import { toBase64Url } from "@whisper/shared/base/base64url";
import { systemClock } from "@whisper/shared/base/clock";
import { type DeviceHash, newSessionId, type RegionName } from "@whisper/shared/base/ids";
import { systemRandom } from "@whisper/shared/base/random";
import { audienceOf, type TicketClaims } from "@whisper/shared/credentials/claims";
import { type Signer, signJwt } from "@whisper/shared/credentials/jwt";
import type { SigningJwk } from "@whisper/shared/credentials/signing-keys";
import { TICKET_MS } from "@whisper/shared/limits";

/** Where tickets let somebody in, and what they are signed with. */
export type TicketPlace = { readonly region: RegionName; readonly pools: readonly string[]; readonly key: SigningJwk };

/** What signs with a key. Throws for one kept without its private half. */
export function signerOf({ kty, crv, x, d, kid }: SigningJwk): Signer {
  if (d === undefined) throw new TypeError("a retired key signs nothing");
  const key = createPrivateKey({ key: { kty, crv, x, d }, format: "jwk" });
  return { kid, sign: async (data) => new Uint8Array(sign(null, data, key)) };
}

/** `count` tickets for strangers who were never here, as the edge signs them; good for 30 s. */
export async function signTickets(count: number, { region, pools, key }: TicketPlace): Promise<string[]> {
  const signer = signerOf(key);
  const nowMs = systemClock.nowMs();
  const iat = Math.floor(nowMs / 1_000);
  const tickets: string[] = [];
  for (let i = 0; i < count; i++) {
    const claims: TicketClaims = {
      typ: "ticket",
      sub: newSessionId(systemRandom),
      home: region,
      dev: toBase64Url(systemRandom.bytes(8)) as DeviceHash,
      net: toBase64Url(systemRandom.bytes(12)),
      lane: "live",
      aud: pools.map((pool) => audienceOf(region, pool)),
      ep: 4 * nowMs,
      new: true,
      iat,
      exp: iat + TICKET_MS / 1_000,
    };
    tickets.push(await signJwt(claims, signer));
  }
  return tickets;
}
