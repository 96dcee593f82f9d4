import { createPrivateKey, createPublicKey } from "node:crypto";
import type { RegionName } from "@whisper/shared/base/ids";
import { parseSigningKeys, type SigningJwk } from "@whisper/shared/credentials/signing-keys";
import { isKeyOf } from "./handover.ts";

/**
 * A setting's private JWK (RFC 8037) as the hand-over key of a region; `undefined` for anything else: no private half,
 * halves of two pairs, another region's name. Without `notBefore`, in milliseconds, pools know it already.
 */
export function parseHandoverKey(text: string, region: RegionName): SigningJwk | undefined {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return undefined; // the caller names the setting, never its value
  }
  if (typeof raw !== "object" || raw === null) return undefined;
  const [key] = parseSigningKeys(JSON.stringify([{ notBefore: 0, ...raw }])) ?? [];
  return key !== undefined && isKeyOf(region, key.kid) && isPair(key) ? key : undefined;
}

function isPair({ kty, crv, x, d }: SigningJwk): boolean {
  if (d === undefined) return false;
  const own = createPublicKey(createPrivateKey({ key: { kty, crv, x, d }, format: "jwk" })).export({ format: "jwk" });
  return own.x === x;
}
