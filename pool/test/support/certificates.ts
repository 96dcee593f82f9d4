import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import type { Pair } from "../../src/runtime/certificate.ts";
import type { TlsFiles } from "../../src/runtime/tls-files.ts";

const EC = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
export const KEY_KINDS = {
  ec: EC,
  rsa: ["-newkey", "rsa:2048"],
  short: ["-newkey", "rsa:1024"],
  ed25519: ["-newkey", "ed25519"],
} as const;

/** An authority of the test's own, and certificates of it for 127.0.0.1, made by openssl in a folder of its own. */
export class Authority {
  readonly dir = mkdtempSync(join(tmpdir(), "whisper-tls-"));
  /** Where a server reads its pair. */
  readonly files: TlsFiles = { cert: join(this.dir, "served.pem"), key: join(this.dir, "served-key.pem") };
  /** Whom clients trust. */
  readonly ca: string;
  #serial = 1;

  constructor() {
    this.#openssl(
      "req",
      "-x509",
      ...EC,
      "-nodes",
      "-days",
      "2",
      "-subj",
      "/CN=test",
      "-keyout",
      "ca-key",
      "-out",
      "ca",
    );
    this.ca = this.#read("ca");
    writeFileSync(join(this.dir, "names"), "subjectAltName=IP:127.0.0.1,DNS:localhost\n");
  }

  /** A certificate with its key; the authority's own certificate stands behind it, as a chain's second would. */
  issue(options: { readonly kind?: keyof typeof KEY_KINDS; readonly days?: number } = {}): Pair & { serial: string } {
    const { kind = "ec", days = 1 } = options;
    const serial = (++this.#serial).toString(16).toUpperCase().padStart(2, "0");
    const subject = ["-subj", "/CN=127.0.0.1"];
    this.#openssl("req", ...KEY_KINDS[kind], "-nodes", ...subject, "-keyout", "key", "-out", "wish");
    const by = ["-CA", "ca", "-CAkey", "ca-key", "-set_serial", `0x${serial}`, "-extfile", "names"];
    this.#openssl("x509", "-req", "-in", "wish", ...by, "-days", String(days), "-out", "cert");
    return { cert: `${this.#read("cert")}${this.ca}`, key: this.#read("key"), serial };
  }

  /** Puts a pair where the server reads it, one file after the other, each whole at once. */
  install({ cert, key }: Pair): void {
    for (const [path, text] of [
      [this.files.cert, cert],
      [this.files.key, key],
    ] as const) {
      writeFileSync(`${path}.new`, text, { mode: 0o600 });
      renameSync(`${path}.new`, path);
    }
  }

  close(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }

  #openssl(...args: readonly string[]): void {
    execFileSync("openssl", args, { cwd: this.dir, stdio: ["ignore", "ignore", "pipe"] });
  }

  #read(name: string): string {
    return readFileSync(join(this.dir, name), "utf8");
  }
}

export type Greeted = { readonly serial: string; readonly protocol: string; readonly cipher: string };

/** What a newcomer to a port is shown; rejects when the handshake fails. */
export function greeted(port: number, ca: string, options: object = {}): Promise<Greeted> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port, ca, ...options }, () => {
      const { serialNumber: serial } = socket.getPeerCertificate();
      resolve({ serial, protocol: socket.getProtocol() ?? "", cipher: socket.getCipher().name });
      socket.destroy();
    });
    socket.on("error", reject);
  });
}
