import { isRegionName } from "@whisper/shared/base/ids";
import type { Random } from "@whisper/shared/base/random";
import type { LoadPassClaims } from "@whisper/shared/credentials/claims";
import { type Signer, signJwt } from "@whisper/shared/credentials/jwt";
import { generateSigningKey, parseSigningKeys, signingKeyAt } from "@whisper/shared/credentials/signing-keys";
import { KEY_PUBLISHED_AHEAD_MS } from "@whisper/shared/limits";
import { shown, wholeIn } from "../plan/quantities.ts";
import { UsageFault } from "../plan/usage-fault.ts";

const SESSIONS_MAX = 100_000_000;
/** A pass that is lost has an end soon. */
const HOURS_MAX = 168;

/** What was written on the command line. */
export type TokenWish = {
  readonly region?: string | undefined;
  readonly sessions?: string | undefined;
  readonly hours?: string | undefined;
};

/** What a pass is to say; refuses what cannot be meant. */
export function claimsFor({ region, sessions, hours }: TokenWish, nowMs: number): LoadPassClaims {
  if (region === undefined) throw new UsageFault("say where: --region eu-west");
  if (!isRegionName(region))
    throw new UsageFault(`--region ${shown(region)} is no region's name: write such as eu-west`);
  if (sessions === undefined) throw new UsageFault("say for how many people: --sessions 10000");
  if (hours === undefined) throw new UsageFault("say for how long: --hours 1");
  const iat = Math.floor(nowMs / 1_000);
  return {
    typ: "load",
    region,
    sessions: wholeIn("--sessions", sessions, 1, SESSIONS_MAX),
    iat,
    exp: iat + wholeIn("--hours", hours, 1, HOURS_MAX) * 3_600,
  };
}

/**
 * The pass itself, signed with the key that the edge signs with now. `keys`: the value of WHISPER_SIGNING_KEYS, which
 * no error quotes.
 */
export async function signedPass(claims: LoadPassClaims, keys: string | undefined, nowMs: number): Promise<string> {
  if (keys === undefined || keys === "")
    throw new UsageFault(
      "WHISPER_SIGNING_KEYS is not set: give it the value that the edge has, or make one with --new-keys",
    );
  const parsed = parseSigningKeys(keys);
  const key = parsed && signingKeyAt(parsed, nowMs, KEY_PUBLISHED_AHEAD_MS);
  if (key?.d === undefined)
    throw new UsageFault(
      "WHISPER_SIGNING_KEYS is wrong: give it the edge's JSON list of Ed25519 JWKs with kid and notBefore, one of them private",
    );
  const { kty, crv, x, d, kid } = key;
  const imported = await crypto.subtle.importKey("jwk", { kty, crv, x, d }, "Ed25519", false, ["sign"]);
  const signer: Signer = {
    kid,
    sign: async (data) => new Uint8Array(await crypto.subtle.sign("Ed25519", imported, data)),
  };
  return signJwt(claims, signer);
}

/** A new value for WHISPER_SIGNING_KEYS: one key, good from now on. */
export const newKeys = async (nowMs: number, random: Random): Promise<string> =>
  JSON.stringify([await generateSigningKey(nowMs, random)]);
