import { fromBase64Url, toBase64Url } from "../base/base64url.ts";
import type { Random } from "../base/random.ts";
import type { PublicJwk } from "./key-ring.ts";

/**
 * One of the edge's keys. Without `d` it is retired: it verifies what it signed long ago (device tokens), and signs
 * nothing.
 */
export type SigningJwk = {
  readonly kty: "OKP";
  readonly crv: "Ed25519";
  readonly x: string;
  readonly d?: string;
  readonly kid: string;
  /** Milliseconds since 1970 at which the key was first published; it signs once pools have had time to fetch it. */
  readonly notBefore: number;
};

const KEYS_MAX = 16;
const KEY_BYTES = 32;
const isKeyBytes = (value: unknown): value is string =>
  typeof value === "string" && fromBase64Url(value)?.length === KEY_BYTES;

function signingKeyOf(raw: unknown): SigningJwk | undefined {
  if (typeof raw !== "object" || raw === null) return undefined;
  const { kty, crv, x, d, kid, notBefore } = raw as Record<string, unknown>;
  if (kty !== "OKP" || crv !== "Ed25519" || !isKeyBytes(x)) return undefined;
  if (typeof kid !== "string" || !/^[A-Za-z0-9_-]{1,32}$/.test(kid)) return undefined;
  if (typeof notBefore !== "number" || !Number.isSafeInteger(notBefore) || notBefore < 0) return undefined;
  if (d === undefined) return { kty, crv, x, kid, notBefore };
  return isKeyBytes(d) ? { kty, crv, x, d, kid, notBefore } : undefined;
}

/**
 * A setting's JSON list of keys, or `undefined`: any bad key, two of one name, or none that can sign spoils the list.
 */
export function parseSigningKeys(text: string): readonly SigningJwk[] | undefined {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return undefined; // not JSON: the caller names the setting, never its value
  }
  if (!Array.isArray(raw) || raw.length > KEYS_MAX) return undefined;
  const keys = raw.map(signingKeyOf).filter((key) => key !== undefined);
  const names = new Set(keys.map((key) => key.kid));
  if (keys.length !== raw.length || names.size !== keys.length) return undefined;
  return keys.some((key) => key.d !== undefined) ? keys : undefined;
}

/** Which key signs now: the newest that has been published for `leadMs`, else the oldest there is (a first start). */
export function signingKeyAt(keys: readonly SigningJwk[], nowMs: number, leadMs: number): SigningJwk | undefined {
  const live = keys.filter((key) => key.d !== undefined).sort((a, b) => b.notBefore - a.notBefore);
  return live.find((key) => key.notBefore + leadMs <= nowMs) ?? live.at(-1);
}

/** What the JWKS route tells of a key: the public half alone. */
export const publicHalf = ({ kty, crv, x, kid }: SigningJwk): PublicJwk => ({ kty, crv, x, kid, use: "sig" });

/** A new Ed25519 key pair by WebCrypto (Node and Workers), with a random name; published from `nowMs` on. */
export async function generateSigningKey(nowMs: number, random: Random): Promise<SigningJwk> {
  const pair = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]);
  if (!("privateKey" in pair)) throw new TypeError("this platform makes no Ed25519 pair");
  const { x, d } = (await crypto.subtle.exportKey("jwk", pair.privateKey)) as { x?: string; d?: string };
  if (x === undefined || d === undefined) throw new TypeError("this platform exports no Ed25519 key");
  return { kty: "OKP", crv: "Ed25519", x, d, kid: toBase64Url(random.bytes(9)), notBefore: nowMs };
}
