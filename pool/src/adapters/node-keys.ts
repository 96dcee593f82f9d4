import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { Clock } from "@whisper/shared/base/clock";
import type { RegionName } from "@whisper/shared/base/ids";
import type { OpenedJwt, Signer } from "@whisper/shared/credentials/jwt";
import { type PublicJwk, parseJwks, refetchDue } from "@whisper/shared/credentials/key-ring";
import type { SigningJwk } from "@whisper/shared/credentials/signing-keys";
import { handoverMaySay, type Verdict, type Verifier } from "@whisper/shared/credentials/verify";
import { KEYS_UNKNOWN_KID_MS } from "@whisper/shared/limits";
import { regionOfKey } from "../clerk/handover.ts";
import type { Log } from "../ports.ts";

const TICK_MS = 1_000;
const FETCH_MS_MAX = 3_000;
const JWKS_BYTES_MAX = 65_536;

export type NodeKeysOptions = {
  /** The edge's `/.well-known/jwks.json`. */
  readonly url: string;
  /** The last good document, so that a pool that starts while the edge is away admits people. */
  readonly cachePath: string;
  /** Whose hand-over keys it asks for until it has them: such tickets bring who comes from a pool that drains. */
  readonly regions: readonly RegionName[];
  readonly clock: Clock;
  readonly log: Log;
};

type Key = { readonly object: KeyObject; readonly use: PublicJwk["use"] };

/**
 * The public keys that verify tickets, held by one process (DESIGN §6): asked for every 60 s, for an unknown key id at
 * once but at most every 30 s, kept on disk, and never given up while the edge is away. `verify` is synchronous and
 * never throws.
 */
export class NodeKeys implements Verifier {
  readonly #options: NodeKeysOptions;
  #keys: ReadonlyMap<string, Key> = new Map();
  #unknownSeen = false;
  #fetchedMs = 0;
  #triedMs = 0;
  #unknownMs = Number.NEGATIVE_INFINITY;
  #failures = 0;
  /** Answers in a row without a hand-over key of each region: its clerks have not published one yet. */
  #lacking = 0;
  #onDisk = "";
  #timer: NodeJS.Timeout | undefined;
  #asking: AbortController | undefined;

  constructor(options: NodeKeysOptions) {
    this.#options = options;
  }

  /**
   * Takes the keys on disk, asks the edge once, and keeps asking. Resolves also when neither had any: `tick` repeats.
   */
  async start(): Promise<void> {
    await this.#readDisk();
    await this.#fetchOnce();
    this.#timer = setInterval(() => void this.tick(), TICK_MS);
    this.#timer.unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#asking?.abort();
  }

  /** How many keys there are: none means that nobody can be let in yet. */
  get size(): number {
    return this.#keys.size;
  }

  /** Whether the hand-over tickets of all regions that were named can be verified. */
  get handsOver(): boolean {
    const known = new Set([...this.#keys].flatMap(([kid, { use }]) => (use === "handover" ? regionOfKey(kid) : [])));
    return this.#options.regions.every((region) => known.has(region));
  }

  knows(kid: string): boolean {
    if (this.#keys.has(kid)) return true;
    this.#unknownSeen = true;
    // At once: whoever came with it may try again within a second. A fetch for an unknown key stays rare (T5).
    void this.tick();
    return false;
  }

  verify(opened: OpenedJwt): Verdict {
    const key = this.knows(opened.kid) ? this.#keys.get(opened.kid) : undefined;
    if (key === undefined) return "unknown_kid";
    if (key.use === "handover" && !handoverMaySay(opened.payload)) return false;
    return verify(null, opened.signed, key.object, opened.signature);
  }

  /**
   * One look at the clock: asks the edge again if that is due. `start` calls it each second; tests call it themselves.
   */
  async tick(): Promise<void> {
    if (this.#isDue(this.#options.clock.nowMs())) await this.#fetchOnce();
  }

  #isDue(nowMs: number): boolean {
    if (this.#asking !== undefined) return false;
    // While the edge is away: 1, 2, 4 … 30 s, so that a thousand shards do not greet its return at once each second.
    if (this.#failures > 0) return nowMs - this.#triedMs >= backOffMs(TICK_MS, this.#failures);
    if (this.#lacking > 0 && nowMs - this.#triedMs >= backOffMs(TICK_MS / 2, this.#lacking)) return true;
    return refetchDue({ fetchedMs: this.#fetchedMs, unknownMs: this.#unknownMs }, nowMs, this.#unknownSeen);
  }

  async #fetchOnce(): Promise<void> {
    const asking = new AbortController();
    const tooLong = setTimeout(() => asking.abort(), FETCH_MS_MAX);
    this.#asking = asking;
    this.#triedMs = this.#options.clock.nowMs();
    if (this.#unknownSeen) this.#unknownMs = this.#triedMs;
    try {
      const text = await readBounded(this.#options.url, asking.signal);
      const keys = parseJwks(JSON.parse(text));
      if (keys === undefined || keys.length === 0) throw new TypeError("the answer holds no key");
      this.#take(keys);
      this.#fetchedMs = this.#triedMs;
      this.#failures = 0;
      this.#lacking = this.handsOver ? 0 : this.#lacking + 1;
      this.#unknownSeen = false;
      await this.#writeDisk(text);
    } catch {
      this.#failures++; // the edge is away or mad: what we have stays good, and the next tick asks again
      this.#options.log.warn("keys_fetch_failed", { failures: this.#failures, keys: this.#keys.size });
    } finally {
      clearTimeout(tooLong);
      this.#asking = undefined;
    }
  }

  #take(keys: readonly PublicJwk[]): void {
    this.#keys = new Map(
      keys.map(({ kty, crv, x, kid, use }) => [
        kid,
        { object: createPublicKey({ key: { kty, crv, x }, format: "jwk" }), use },
      ]),
    );
  }

  async #readDisk(): Promise<void> {
    try {
      const keys = parseJwks(JSON.parse(await readFile(this.#options.cachePath, "utf8")));
      if (keys !== undefined) this.#take(keys);
    } catch {
      this.#options.log.info("keys_none_on_disk"); // a first start, or a spoilt file that the next fetch replaces
    }
  }

  async #writeDisk(text: string): Promise<void> {
    const { cachePath, log } = this.#options;
    if (text === this.#onDisk) return;
    const draft = `${cachePath}.${process.pid}`;
    try {
      await mkdir(dirname(cachePath), { recursive: true });
      await writeFile(draft, text);
      await rename(draft, cachePath); // whole or not at all: siblings read the same file
      this.#onDisk = text;
    } catch {
      log.warn("keys_not_kept"); // the keys in memory are good; only the next start would miss them
    }
  }
}

const backOffMs = (firstMs: number, tries: number): number => Math.min(firstMs * 2 ** (tries - 1), KEYS_UNKNOWN_KID_MS);

async function readBounded(url: string, signal: AbortSignal): Promise<string> {
  const answer = await fetch(url, { signal, redirect: "error" });
  if (!answer.ok) throw new TypeError("the edge refused the keys");
  const text = await answer.text();
  if (text.length > JWKS_BYTES_MAX) throw new TypeError("the answer is too long");
  return text;
}

/**
 * Signs with one private key by node:crypto: hand-over tickets, and tests. Throws at once for a key without its
 * private half.
 */
export function nodeSigner(key: SigningJwk): Signer {
  const { kty, crv, x, d, kid } = key;
  if (d === undefined) throw new TypeError("a retired key signs nothing");
  const object = createPrivateKey({ key: { kty, crv, x, d }, format: "jwk" });
  return { kid, sign: async (data) => new Uint8Array(sign(null, data, object)) };
}
