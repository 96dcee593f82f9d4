import { createPrivateKey } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Authority } from "../../test/support/certificates.ts";
import { checkCertificate, type Pair } from "./certificate.ts";

const DAY_MS = 86_400_000;
let authority: Authority;
let pair: Pair;
let other: Pair;
let endsMs: number;

const codeOf = (wrong: Partial<Pair>, nowMs = endsMs - 1): unknown => {
  const checked = checkCertificate({ ...pair, ...wrong }, nowMs);
  return checked.ok ? "ok" : checked.code;
};

beforeAll(() => {
  authority = new Authority();
  pair = authority.issue();
  other = authority.issue();
  const checked = checkCertificate(pair, performance.timeOrigin + performance.now());
  endsMs = checked.ok ? checked.value.endsMs : Number.NaN;
});
afterAll(() => authority.close());

test("[O21] a pair is good from its first second to its last", () => {
  expect(codeOf({}, endsMs - 1)).toBe("ok");
  expect(codeOf({}, endsMs)).toBe("expired");
  expect(codeOf({}, endsMs - DAY_MS)).toBe("ok");
  expect(codeOf({}, endsMs - DAY_MS - 1)).toBe("not_yet");
});

test("[O21] keys of ECDSA and RSA are taken; what browsers do not take is not", () => {
  expect(codeOf(authority.issue({ kind: "rsa" }))).toBe("ok");
  expect(codeOf(authority.issue({ kind: "short" }))).toBe("key_kind");
  expect(codeOf(authority.issue({ kind: "ed25519" }))).toBe("key_kind");
});

test.each([
  ["the other's certificate", () => ({ cert: other.cert }), "mismatch"],
  ["the other's key", () => ({ key: other.key }), "mismatch"],
  ["the authority's certificate first", () => ({ cert: authority.ca + pair.cert }), "mismatch"],
  ["no certificate", () => ({ cert: "" }), "cert_unreadable"],
  ["a key for a certificate", () => ({ cert: pair.key }), "cert_unreadable"],
  ["a certificate for a key", () => ({ key: pair.cert }), "key_unreadable"],
  ["no key", () => ({ key: "" }), "key_unreadable"],
  ["a letter changed", () => ({ cert: pair.cert.replace(/(CERTIFICATE-----\n)M/, "$1N") }), "cert_unreadable"],
  ["garbage", () => ({ cert: "\0".repeat(5_000), key: "-".repeat(5_000) }), "cert_unreadable"],
] as const)("[O21] a pair with %s is told apart", (_what, wrong, code) => {
  expect(codeOf(wrong())).toBe(code);
});

test("[O23] no beginning of a chain but the whole certificates of it is taken, and no beginning of a key", () => {
  const firstEnds = pair.cert.indexOf("-----END") + "-----END CERTIFICATE-----".length;
  const secondBegins = pair.cert.indexOf("-----BEGIN", firstEnds) + "-----".length;
  for (let length = 0; length < pair.cert.length - 1; length++) {
    const isFirstAlone = length >= firstEnds && length < secondBegins;
    expect(codeOf({ cert: pair.cert.slice(0, length) }), `cut at ${length}`).toBe(
      isFirstAlone ? "ok" : "cert_unreadable",
    );
  }
  const keyEnd = pair.key.indexOf("-----END") + "-----END PRIVATE KEY-----".length;
  for (let length = 0; length < keyEnd; length++) {
    expect(codeOf({ key: pair.key.slice(0, length) }), `cut at ${length}`).toBe("key_unreadable");
  }
});

test("[O21] a key with a password is told as one that cannot be read", () => {
  const locking = { type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "secret" } as const;
  const locked = String(createPrivateKey(pair.key).export(locking));
  expect(codeOf({ key: locked })).toBe("key_unreadable");
});
