import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { fail, ok, type Result } from "@whisper/shared/base/result";

/** Why a certificate cannot be served with a key, for whoever put the files there; shows nothing of them. */
export const CERTIFICATE_FAULTS = {
  cert_missing: "WHISPER_TLS_CERT names no file that this process may read",
  key_missing: "WHISPER_TLS_KEY names no file that this process may read",
  cert_unreadable: "the file of WHISPER_TLS_CERT is not a whole chain of certificates in PEM, the server's own first",
  key_unreadable: "the file of WHISPER_TLS_KEY is not a whole private key in PEM without a password",
  key_kind:
    "the key of WHISPER_TLS_KEY is none that browsers take: use ECDSA P-256 or P-384, or RSA of 2048 bits or more",
  mismatch:
    "the key of WHISPER_TLS_KEY does not belong to the certificate of WHISPER_TLS_CERT: give the two that were issued together",
  expired: "the certificate of WHISPER_TLS_CERT has expired: have it renewed, then start again",
  not_yet: "the certificate of WHISPER_TLS_CERT is not valid yet: look at this machine's clock, or wait",
} as const satisfies Record<string, string>;

export type CertificateFault = keyof typeof CERTIFICATE_FAULTS;

/** What the two files hold. The key is in it: it is looked at and let go of. */
export type Pair = { readonly cert: string; readonly key: string };

const WHOLE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
const CURVES: readonly (string | undefined)[] = ["prime256v1", "secp384r1"];
const RSA_BITS_MIN = 2_048;

/** Every certificate of a PEM file, or nothing when one is cut short or is none. */
function chainOf(pem: string): readonly X509Certificate[] | undefined {
  const whole = pem.match(WHOLE) ?? [];
  if (whole.length === 0 || pem.replace(WHOLE, "").includes("-----")) return undefined;
  try {
    return whole.map((one) => new X509Certificate(one));
  } catch {
    return undefined; // the one thing that the caller wants to know
  }
}

function keyOf(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
}

function isUsual({ asymmetricKeyType: kind, asymmetricKeyDetails: details }: KeyObject): boolean {
  if (kind === "ec") return CURVES.includes(details?.namedCurve);
  return kind === "rsa" && (details?.modulusLength ?? 0) >= RSA_BITS_MIN;
}

/**
 * Whether a server can be run with these two files' texts: all of the chain is there, the key is the first
 * certificate's, and that one is valid now. Gives the moment at which it ends.
 */
export function checkCertificate(
  { cert, key }: Pair,
  nowMs: number,
): Result<{ readonly endsMs: number }, CertificateFault> {
  const [own] = chainOf(cert) ?? [];
  if (own === undefined) return fail("cert_unreadable");
  const secret = keyOf(key);
  if (secret === undefined) return fail("key_unreadable");
  if (!isUsual(secret)) return fail("key_kind");
  if (!own.checkPrivateKey(secret)) return fail("mismatch");
  const endsMs = own.validToDate.getTime();
  if (nowMs >= endsMs) return fail("expired");
  return nowMs < own.validFromDate.getTime() ? fail("not_yet") : ok({ endsMs });
}
