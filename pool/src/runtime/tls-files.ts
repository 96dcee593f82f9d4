import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { fail, ok, type Result } from "@whisper/shared/base/result";
import { CERTIFICATE_FAULTS, type CertificateFault, checkCertificate, type Pair } from "./certificate.ts";
import { SettingsFault } from "./settings.ts";

/** Where the certificate (with its chain) and its key are, both PEM. */
export type TlsFiles = { readonly cert: string; readonly key: string };

/** What is served: a name for it, and when its certificate ends. */
export type Served = { readonly print: string; readonly endsMs: number };

/** Reads both files now. For the start, and for the moment in which the socket library reads them too. */
export function readPair(files: TlsFiles): Result<Pair, CertificateFault> {
  const read = (path: string): string | undefined => {
    try {
      return readFileSync(path, "utf8");
    } catch {
      return undefined;
    }
  };
  return pairOf(read(files.cert), read(files.key));
}

/** The same, without holding anybody up: a disk may be slow. */
export async function readPairLater(files: TlsFiles): Promise<Result<Pair, CertificateFault>> {
  const read = (path: string): Promise<string | undefined> => readFile(path, "utf8").catch(() => undefined);
  const [cert, key] = await Promise.all([read(files.cert), read(files.key)]);
  return pairOf(cert, key);
}

function pairOf(cert: string | undefined, key: string | undefined): Result<Pair, CertificateFault> {
  if (cert === undefined) return fail("cert_missing");
  return key === undefined ? fail("key_missing") : ok({ cert, key });
}

/** A name for what two files hold, from which nothing of the key can be learnt. */
export const printOf = ({ cert, key }: Pair): string => createHash("sha256").update(`${cert}\0${key}`).digest("hex");

/** Throws a `SettingsFault` that says what to do unless the two files can be served at this time. */
export function requireCertificate(files: TlsFiles, nowMs: number): Served {
  const pair = readPair(files);
  if (!pair.ok) throw faultOf(pair.code);
  const checked = checkCertificate(pair.value, nowMs);
  if (!checked.ok) throw faultOf(checked.code);
  return { print: printOf(pair.value), ...checked.value };
}

const faultOf = (code: CertificateFault): SettingsFault => new SettingsFault([CERTIFICATE_FAULTS[code]]);
