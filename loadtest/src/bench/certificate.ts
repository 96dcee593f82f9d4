import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Where a certificate and its key are, both PEM. */
export type TlsFiles = { readonly cert: string; readonly key: string };

/** A self-signed ECDSA P-256 certificate of the bench's own, made by openssl; `remove` takes it away. */
export function newCertificate(): TlsFiles & { remove(): void } {
  const dir = mkdtempSync(join(tmpdir(), "whisper-bench-"));
  const files = { cert: join(dir, "cert.pem"), key: join(dir, "key.pem") };
  const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
  const made = ["-nodes", "-days", "30", "-subj", "/CN=127.0.0.1", "-keyout", files.key, "-out", files.cert];
  execFileSync("openssl", ["req", "-x509", ...kind, ...made], { stdio: ["ignore", "ignore", "pipe"] });
  return { ...files, remove: () => rmSync(dir, { recursive: true, force: true }) };
}
