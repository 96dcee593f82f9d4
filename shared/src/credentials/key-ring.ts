import { KEYS_REFETCH_MS, KEYS_UNKNOWN_KID_MS } from "../limits.ts";

/**
 * A public key as the JWKS route publishes it (RFC 8037). `use`: `sig` for the edge's tickets, `handover` for a
 * region's clerk.
 */
export type PublicJwk = {
  readonly kty: "OKP";
  readonly crv: "Ed25519";
  readonly x: string;
  readonly kid: string;
  readonly use: "sig" | "handover";
};

const KEYS_MAX = 32;

/**
 * A JWKS document read by hand: keys that are not Ed25519 signatures are skipped, a document that is none is
 * `undefined`.
 */
export function parseJwks(raw: unknown): readonly PublicJwk[] | undefined {
  const keys = typeof raw === "object" && raw !== null ? (raw as { keys?: unknown }).keys : undefined;
  if (!Array.isArray(keys) || keys.length > KEYS_MAX) return undefined;
  return keys.filter((key: unknown): key is PublicJwk => {
    if (typeof key !== "object" || key === null) return false;
    const { kty, crv, x, kid, use } = key as Record<string, unknown>;
    if (kty !== "OKP" || crv !== "Ed25519" || (use !== "sig" && use !== "handover")) return false;
    return (
      typeof x === "string" &&
      /^[A-Za-z0-9_-]{43}$/.test(x) &&
      typeof kid === "string" &&
      /^[A-Za-z0-9_-]{1,32}$/.test(kid)
    );
  });
}

/**
 * When a pool asks for the keys again: every minute, and for an unknown key at once, if it has not asked for one within
 * half a minute (DESIGN §6). `unknownMs`: when an unknown key was last the reason.
 */
export function refetchDue(
  last: { readonly fetchedMs: number; readonly unknownMs: number },
  nowMs: number,
  unknownKid: boolean,
): boolean {
  return nowMs - last.fetchedMs >= KEYS_REFETCH_MS || (unknownKid && nowMs - last.unknownMs >= KEYS_UNKNOWN_KID_MS);
}
