import { fromBase64Url, toBase64Url } from "../base/base64url.ts";
import { fail, ok, type Result } from "../base/result.ts";

/** Signs bytes with one Ed25519 key (RFC 8032). WebCrypto at the edge, node:crypto elsewhere. */
export type Signer = { readonly kid: string; sign(data: Uint8Array<ArrayBuffer>): Promise<Uint8Array> };

/** A compact JWS (RFC 7515, RFC 8037) taken apart, its signature not yet looked at. */
export type OpenedJwt = {
  readonly kid: string;
  readonly payload: unknown;
  readonly signed: Uint8Array<ArrayBuffer>;
  readonly signature: Uint8Array<ArrayBuffer>;
};

const utf8 = new TextEncoder();
const text = new TextDecoder("utf-8", { fatal: true });
const KID = /^[A-Za-z0-9_-]{1,32}$/;

const headerOf = (kid: string): string => toBase64Url(utf8.encode(JSON.stringify({ alg: "EdDSA", typ: "JWT", kid })));

/** Claims to a compact JWS. */
export async function signJwt(claims: object, signer: Signer): Promise<string> {
  const body = `${headerOf(signer.kid)}.${toBase64Url(utf8.encode(JSON.stringify(claims)))}`;
  return `${body}.${toBase64Url(await signer.sign(utf8.encode(body)))}`;
}

const json = (part: string): unknown => {
  const bytes = fromBase64Url(part);
  if (bytes === undefined) return undefined;
  try {
    return JSON.parse(text.decode(bytes));
  } catch {
    return undefined; // not JSON: the caller answers `shape`
  }
};

/** Key ids of headers seen before, at most 16; emptied when full, so that a forger's headers cannot keep ours out. */
const knownHeaders = new Map<string, string>();

function kidOf(header: string): string | undefined {
  const known = knownHeaders.get(header);
  if (known !== undefined) return known;
  const raw = json(header);
  if (typeof raw !== "object" || raw === null) return undefined;
  const { alg, kid } = raw as { alg?: unknown; kid?: unknown };
  if (alg !== "EdDSA" || typeof kid !== "string" || !KID.test(kid)) return undefined;
  if (knownHeaders.size >= 16) knownHeaders.clear();
  knownHeaders.set(header, kid);
  return kid;
}

/**
 * Takes a compact JWS apart: length and shape only. The only algorithm there is, is EdDSA; `alg: none` is a wrong
 * shape.
 */
export function openJwt(token: string, charsMax: number): Result<OpenedJwt, "shape"> {
  if (token.length > charsMax) return fail("shape");
  const first = token.indexOf(".");
  const second = token.indexOf(".", first + 1);
  if (first < 1 || second < 0 || token.indexOf(".", second + 1) >= 0) return fail("shape");
  const kid = kidOf(token.slice(0, first));
  const signature = fromBase64Url(token.slice(second + 1));
  if (kid === undefined || signature?.length !== 64) return fail("shape");
  const payload = json(token.slice(first + 1, second));
  return payload === undefined
    ? fail("shape")
    : ok({ kid, payload, signed: utf8.encode(token.slice(0, second)), signature });
}
