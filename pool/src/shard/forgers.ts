import { FORGER_ROWS } from "@whisper/shared/limits";
import { charged, type Meter, waitMs } from "./meter.ts";

const V6_BYTES = 16;
/** What one household or office is given of the sixth version of IP (RFC 6177); its last bytes are theirs to invent. */
const V6_NETWORK_BYTES = 7;
const V4_IN_V6_BYTES = 12;

/**
 * Which networks have shown tickets with a bad signature lately. A network that has shown too many is sent away before
 * its signatures are looked at, because looking is what costs: so forgers drain their own bucket and not the one that
 * all newcomers share. Buckets are a fixed row of numbers found by a keyed hash: no address is kept, the memory is
 * bounded, and nobody can choose whose bucket they share.
 */
export class Forgers {
  readonly #meter: Meter;
  readonly #salt: number;
  readonly #arrivalsMs = new Float64Array(FORGER_ROWS);

  /** `salt` is a random whole number below 2³². */
  constructor(meter: Meter, salt: number) {
    this.#meter = meter;
    this.#salt = salt;
  }

  /** Whether so many forged tickets came from there that the next is not worth a look. */
  isSpent(address: Uint8Array, nowMs: number): boolean {
    return waitMs(this.#meter, this.#arrivalsMs[this.#rowOf(address)] as number, nowMs) > 0;
  }

  /** A signature from there did not hold. */
  failed(address: Uint8Array, nowMs: number): void {
    const row = this.#rowOf(address);
    this.#arrivalsMs[row] = charged(this.#meter, this.#arrivalsMs[row] as number, nowMs);
  }

  #rowOf(address: Uint8Array): number {
    let hash = this.#salt;
    for (const byte of networkOf(address)) hash = mixed(hash ^ byte);
    return (hash >>> 0) % FORGER_ROWS;
  }
}

/** The finalizer of MurmurHash3 (public domain), which spreads every bit over all others. */
function mixed(word: number): number {
  const a = Math.imul(word ^ (word >>> 16), 0x85_eb_ca_6b);
  const b = Math.imul(a ^ (a >>> 13), 0xc2_b2_ae_35);
  return b ^ (b >>> 16);
}

/** The bytes of an address that its user cannot change at will: all of IPv4's, the first 56 bits of IPv6. */
export function networkOf(address: Uint8Array): Uint8Array {
  if (address.length !== V6_BYTES) return address;
  const isV4 = address[10] === 0xff && address[11] === 0xff && address.subarray(0, 10).every((byte) => byte === 0);
  return isV4 ? address.subarray(V4_IN_V6_BYTES) : address.subarray(0, V6_NETWORK_BYTES);
}
