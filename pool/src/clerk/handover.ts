import { assert } from "@whisper/shared/base/assert";
import { toBase64Url } from "@whisper/shared/base/base64url";
import type { Clock } from "@whisper/shared/base/clock";
import { type DeviceHash, parseAddress, type RegionName } from "@whisper/shared/base/ids";
import type { Random } from "@whisper/shared/base/random";
import type { MemoOf } from "@whisper/shared/bus/memos";
import { audienceOf, type TicketClaims } from "@whisper/shared/credentials/claims";
import { type Signer, signJwt } from "@whisper/shared/credentials/jwt";
import type { PublicJwk } from "@whisper/shared/credentials/key-ring";
import { generateSigningKey, publicHalf, type SigningJwk } from "@whisper/shared/credentials/signing-keys";
import { TICKET_MS } from "@whisper/shared/limits";

/** Signs hand-over tickets: passes for people who have a record, to pools of the region that asks (DESIGN §6). */
export type Handover = {
  /** What verifies them, for the directory. */
  readonly publicKey: PublicJwk;
  ticket(ask: MemoOf<"handover">, holder: { readonly epoch: number; readonly device: DeviceHash }): Promise<string>;
};

const SUFFIX_CHARS = 7;

/**
 * A new key for a region's clerks, first published at `publishedMs` (0: pools know it). Its name starts with the
 * region's, so that the directory knows whose place it takes.
 */
export async function newHandoverKey(region: RegionName, publishedMs: number, random: Random): Promise<SigningJwk> {
  const suffix = toBase64Url(random.bytes(SUFFIX_CHARS)).slice(0, SUFFIX_CHARS);
  return { ...(await generateSigningKey(publishedMs, random)), kid: `${region}-${suffix}` };
}

/** The region in a hand-over key's name. */
export const regionOfKey = (kid: string): string => kid.slice(0, -1 - SUFFIX_CHARS);

/** Whether a key is named as `newHandoverKey` names those of this region. */
export const isKeyOf = (region: RegionName, kid: string): boolean =>
  kid.length === region.length + 1 + SUFFIX_CHARS && kid.startsWith(`${region}-`);

/** A signer of hand-over tickets with this key. Rejects for a key without its private half. */
export async function createHandover(key: SigningJwk, home: RegionName, clock: Clock): Promise<Handover> {
  const signer = await signerOf(key);
  return {
    publicKey: { ...publicHalf(key), use: "handover" },
    ticket({ session, address, pools, lane, network }, { epoch, device }) {
      const asker = parseAddress(address);
      assert(asker !== undefined, "the codec hands on no memo with a bad address");
      const iat = Math.floor(clock.nowMs() / 1_000);
      const claims: TicketClaims = {
        typ: "ticket",
        sub: session,
        home,
        dev: device,
        net: network,
        lane,
        aud: pools.map((pool) => audienceOf(asker.region, pool)),
        // Above the record's, and not of this moment: it admits only while nobody else has come in since.
        ep: 4 * (Math.floor(epoch / 4) + 1),
        iat,
        exp: iat + TICKET_MS / 1_000,
      };
      return signJwt(claims, signer);
    },
  };
}

async function signerOf({ kty, crv, x, d, kid }: SigningJwk): Promise<Signer> {
  assert(d !== undefined, "a hand-over key has its private half");
  const key = await crypto.subtle.importKey("jwk", { kty, crv, x, d }, "Ed25519", false, ["sign"]);
  return { kid, sign: async (data) => new Uint8Array(await crypto.subtle.sign("Ed25519", key, data)) };
}
