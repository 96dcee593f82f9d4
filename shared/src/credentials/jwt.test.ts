import { expect, test } from "vitest";
import { fromBase64Url, toBase64Url } from "../base/base64url.ts";
import { systemRandom } from "../base/random.ts";
import { openJwt, type Signer, signJwt } from "./jwt.ts";
import { generateSigningKey } from "./signing-keys.ts";

const utf8 = new TextEncoder();
const part = (value: unknown): string =>
  toBase64Url(utf8.encode(typeof value === "string" ? value : JSON.stringify(value)));
const SIGNATURE = toBase64Url(new Uint8Array(64).fill(7));
const HEAD = { alg: "EdDSA", typ: "JWT", kid: "k1" };

const key = await generateSigningKey(0, systemRandom);
const { kty, crv, x, d = "" } = key;
const secret = await crypto.subtle.importKey("jwk", { kty, crv, x, d }, "Ed25519", false, ["sign"]);
const open = await crypto.subtle.importKey("jwk", { kty, crv, x }, "Ed25519", false, ["verify"]);
const signer: Signer = {
  kid: key.kid,
  sign: async (data) => new Uint8Array(await crypto.subtle.sign("Ed25519", secret, data)),
};

test("[T3] what was signed opens again, and its signature holds over exactly those bytes", async () => {
  const claims = { typ: "session", sub: "é😀", n: 1 };
  const opened = openJwt(await signJwt(claims, signer), 1_024);
  if (!opened.ok) throw new TypeError("it did not open");
  const { kid, payload, signed, signature } = opened.value;
  expect([kid, payload]).toEqual([key.kid, claims]);
  expect(await crypto.subtle.verify("Ed25519", open, signature, signed)).toBe(true);
  for (const at of [0, 40, signed.length - 1]) {
    const bent = Uint8Array.from(signed, (byte, i) => (i === at ? byte ^ 1 : byte));
    expect(await crypto.subtle.verify("Ed25519", open, signature, bent)).toBe(false);
  }
});

test.for([
  { why: "empty", token: "" },
  { why: "dots alone", token: ".." },
  { why: "two parts", token: `${part(HEAD)}.${part({})}` },
  { why: "four parts", token: `${part(HEAD)}.${part({})}.${SIGNATURE}.${SIGNATURE}` },
  { why: "alg none without a signature", token: `${part({ ...HEAD, alg: "none" })}.${part({})}.` },
  { why: "alg none with one", token: `${part({ ...HEAD, alg: "none" })}.${part({})}.${SIGNATURE}` },
  { why: "alg HS256", token: `${part({ ...HEAD, alg: "HS256" })}.${part({})}.${SIGNATURE}` },
  { why: "alg eddsa in other letters", token: `${part({ ...HEAD, alg: "eddsa" })}.${part({})}.${SIGNATURE}` },
  { why: "no kid", token: `${part({ alg: "EdDSA" })}.${part({})}.${SIGNATURE}` },
  { why: "a kid that is a number", token: `${part({ ...HEAD, kid: 1 })}.${part({})}.${SIGNATURE}` },
  { why: "a kid with a path in it", token: `${part({ ...HEAD, kid: "../../etc/passwd" })}.${part({})}.${SIGNATURE}` },
  { why: "a kid of 33 letters", token: `${part({ ...HEAD, kid: "k".repeat(33) })}.${part({})}.${SIGNATURE}` },
  { why: "a header that is null", token: `${part(null)}.${part({})}.${SIGNATURE}` },
  { why: "a header that is no JSON", token: `${part("{")}.${part({})}.${SIGNATURE}` },
  { why: "a payload that is no JSON", token: `${part(HEAD)}.${part("{")}.${SIGNATURE}` },
  {
    why: "a payload that is no UTF-8",
    token: `${part(HEAD)}.${toBase64Url(Uint8Array.of(0x22, 0xff, 0x22))}.${SIGNATURE}`,
  },
  { why: "a signature of 63 bytes", token: `${part(HEAD)}.${part({})}.${toBase64Url(new Uint8Array(63))}` },
  { why: "a signature of 65 bytes", token: `${part(HEAD)}.${part({})}.${toBase64Url(new Uint8Array(65))}` },
  { why: "a padded signature", token: `${part(HEAD)}.${part({})}.${SIGNATURE}==` },
  { why: "plus and slash instead of dash and underscore", token: `${part(HEAD)}.${part({})}.${"+/".repeat(43)}` },
  { why: "a signature with stray bits", token: `${part(HEAD)}.${part({})}.${SIGNATURE.slice(0, -1)}B` },
  { why: "a space in front", token: ` ${part(HEAD)}.${part({})}.${SIGNATURE}` },
  { why: "longer than the limit", token: `${part(HEAD)}.${part({ long: "x".repeat(1_000) })}.${SIGNATURE}` },
])("[T3] a token that is $why does not open", ({ token }) => {
  expect(openJwt(token, 1_024)).toEqual({ ok: false, code: "shape" });
});

test("[T3] the limit is exact", () => {
  const token = `${part(HEAD)}.${part({})}.${SIGNATURE}`;
  expect(openJwt(token, token.length).ok).toBe(true);
  expect(openJwt(token, token.length - 1).ok).toBe(false);
});

test("[T3] a crowd of forged headers does not change what a header says", () => {
  for (let i = 0; i < 100; i++) openJwt(`${part({ ...HEAD, kid: `forged${i}` })}.${part({})}.${SIGNATURE}`, 1_024);
  const opened = openJwt(`${part(HEAD)}.${part({})}.${SIGNATURE}`, 1_024);
  expect(opened.ok && opened.value.kid).toBe("k1");
});

test("[T3] letters and bytes are one to one: no two texts are the same bytes", () => {
  for (let length = 0; length < 20; length++) {
    const bytes = systemRandom.bytes(length);
    const text = toBase64Url(bytes);
    expect(fromBase64Url(text)).toEqual(bytes);
    expect(fromBase64Url(`${text}=`)).toBeUndefined();
    expect(fromBase64Url(`${text}\u0100`)).toBeUndefined();
  }
  expect(fromBase64Url("A")).toBeUndefined();
  expect(fromBase64Url("AB")).toBeUndefined();
});
