import { assert } from "@whisper/shared/base/assert";
import { toBase64Url } from "@whisper/shared/base/base64url";
import type { OpenedJwt, Signer } from "@whisper/shared/credentials/jwt";
import type { PublicJwk } from "@whisper/shared/credentials/key-ring";
import { publicHalf, type SigningJwk, signingKeyAt } from "@whisper/shared/credentials/signing-keys";
import { handoverMaySay, type LaterVerifier, type Verdict } from "@whisper/shared/credentials/verify";
import { NETWORK_HASH_MS } from "@whisper/shared/limits";

/**
 * The edge's own keys by WebCrypto. A key is imported once per isolate; what is kept is the imported key, never the
 * promise of one, because workerd does not let one request wait for another's work.
 */
export class WebKeys implements LaterVerifier {
  readonly #keys: readonly SigningJwk[];
  readonly #leadMs: number;
  readonly #signing = new Map<string, CryptoKey>();
  readonly #verifying = new Map<string, CryptoKey>();

  constructor(keys: readonly SigningJwk[], leadMs: number) {
    this.#keys = keys;
    this.#leadMs = leadMs;
  }

  /** Whoever signs now: the newest key that pools have had time to fetch. */
  async signerAt(nowMs: number): Promise<Signer> {
    const key = signingKeyAt(this.#keys, nowMs, this.#leadMs);
    assert(key?.d !== undefined, "a config without a private key was refused");
    const { kty, crv, x, d, kid } = key;
    const imported =
      this.#signing.get(kid) ?? (await crypto.subtle.importKey("jwk", { kty, crv, x, d }, "Ed25519", false, ["sign"]));
    this.#signing.set(kid, imported);
    return { kid, sign: async (data) => new Uint8Array(await crypto.subtle.sign("Ed25519", imported, data)) };
  }

  /** Whether one of our own keys, retired ones too, signed this. */
  async verify(opened: OpenedJwt): Promise<Verdict> {
    const key = this.#keys.find(({ kid }) => kid === opened.kid);
    if (key === undefined) return "unknown_kid";
    const imported = this.#verifying.get(key.kid) ?? (await importPublic(key));
    this.#verifying.set(key.kid, imported);
    return crypto.subtle.verify("Ed25519", imported, opened.signature, opened.signed);
  }

  /** Whether we, or a clerk within its rights, signed this ticket. */
  async verifyTicket(opened: OpenedJwt, handover: readonly PublicJwk[]): Promise<Verdict> {
    const ours = await this.verify(opened);
    if (ours !== "unknown_kid") return ours;
    const clerk = handover.find(({ kid }) => kid === opened.kid);
    if (clerk === undefined || !handoverMaySay(opened.payload)) return "unknown_kid";
    return crypto.subtle.verify("Ed25519", await importPublic(clerk), opened.signature, opened.signed);
  }

  /**
   * The keys that may stand under a ticket; retired ones stand under none. A clerk's key cannot take the name of ours.
   */
  published(handover: readonly PublicJwk[]): readonly PublicJwk[] {
    const ours = this.#keys.filter((key) => key.d !== undefined).map(publicHalf);
    const names = new Set(this.#keys.map(({ kid }) => kid));
    return [...ours, ...handover.filter(({ kid }) => !names.has(kid))];
  }
}

const importPublic = ({ kty, crv, x }: Pick<PublicJwk, "kty" | "crv" | "x">): Promise<CryptoKey> =>
  crypto.subtle.importKey("jwk", { kty, crv, x }, "Ed25519", false, ["verify"]);

const NET_BYTES = 12;
const utf8 = new TextEncoder();

/**
 * A keyed hash of a network, 16 letters: useless without the key, and another one every 30 days, so that none outlives
 * them.
 */
export class NetworkHash {
  readonly #secret: string;
  #key: CryptoKey | undefined;

  constructor(secret: string) {
    this.#secret = secret;
  }

  async of(network: string, nowMs: number): Promise<string> {
    this.#key ??= await crypto.subtle.importKey(
      "raw",
      utf8.encode(this.#secret),
      { name: "HMAC", hash: "SHA-256" },
      false,
      ["sign"],
    );
    const period = Math.floor(nowMs / NETWORK_HASH_MS);
    const mac = await crypto.subtle.sign("HMAC", this.#key, utf8.encode(`${period}|${network}`));
    return toBase64Url(new Uint8Array(mac, 0, NET_BYTES));
  }
}
