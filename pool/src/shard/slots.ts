import { assert } from "@whisper/shared/base/assert";
import { fromBase64Url, toBase64Url } from "@whisper/shared/base/base64url";
import type { DeviceHash, RegionName, SessionId } from "@whisper/shared/base/ids";
import type { Lane } from "@whisper/shared/credentials/claims";

const EMPTY = -1;

/** Who holds a slot. */
export type Holder = {
  readonly session: SessionId;
  readonly device: DeviceHash;
  readonly home: RegionName;
  readonly lane: Lane;
  readonly epoch: number;
};

/**
 * The idle crowd: one row of typed arrays a socket, found by session id through an open-addressing index (linear
 * probing, backward-shift deletion). An idle admitted session costs about 70 bytes here and no object at all (DESIGN
 * §10).
 */
export class Slots {
  readonly capacity: number;
  /** Meters of the socket's frames, see `meter.ts`. */
  readonly framesMs: Float64Array;
  readonly frameBytesMs: Float64Array;
  /** The last search or record number used in this epoch. */
  readonly nos: Uint32Array;
  readonly #epochs: Float64Array;
  readonly #ids: Uint32Array;
  readonly #devices: Uint32Array;
  readonly #homes: Uint8Array;
  readonly #lanes: Uint8Array;
  readonly #free: Int32Array;
  #freeCount: number;
  readonly #index: Int32Array;
  readonly #mask: number;
  readonly #regions: RegionName[] = [];
  #testHeld = 0;

  constructor(capacity: number) {
    assert(capacity > 0 && capacity <= 1_000_000, "a shard holds 1 to 1,000,000 sockets");
    this.capacity = capacity;
    this.framesMs = new Float64Array(capacity);
    this.frameBytesMs = new Float64Array(capacity);
    this.nos = new Uint32Array(capacity);
    this.#epochs = new Float64Array(capacity);
    this.#ids = new Uint32Array(capacity * 4);
    this.#devices = new Uint32Array(capacity * 2);
    this.#homes = new Uint8Array(capacity);
    this.#lanes = new Uint8Array(capacity).fill(EMPTY);
    this.#free = Int32Array.from({ length: capacity }, (_, i) => capacity - 1 - i);
    this.#freeCount = capacity;
    let size = 8;
    while (size < capacity * 2) size *= 2;
    this.#mask = size - 1;
    this.#index = new Int32Array(size).fill(EMPTY);
  }

  /** How many slots are held. */
  get held(): number {
    return this.capacity - this.#freeCount;
  }

  /** How many of them in lane `test`. */
  get heldByTests(): number {
    return this.#testHeld;
  }

  /** A free slot, or -1 when there is none. It belongs to nobody until `enter`. */
  take(): number {
    if (this.#freeCount === 0) return -1;
    const slot = this.#free[--this.#freeCount] as number;
    this.framesMs[slot] = 0;
    this.frameBytesMs[slot] = 0;
    this.nos[slot] = 0;
    this.#lanes[slot] = 255;
    return slot;
  }

  /** Makes `holder` the owner of a taken slot; the session must be in no other. */
  enter(slot: number, holder: Holder): void {
    assert(this.find(holder.session) < 0, "a session has one slot");
    write(this.#ids, slot * 4, holder.session, 4);
    write(this.#devices, slot * 2, holder.device, 2);
    let home = this.#regions.indexOf(holder.home);
    if (home < 0) home = this.#regions.push(holder.home) - 1;
    assert(home < 256, "a deployment has at most 256 regions");
    this.#homes[slot] = home;
    this.#epochs[slot] = holder.epoch;
    this.#lanes[slot] = holder.lane === "test" ? 1 : 0;
    this.#testHeld += this.#lanes[slot] as number;
    let at = (this.#ids[slot * 4] as number) & this.#mask;
    while (this.#index[at] !== EMPTY) at = (at + 1) & this.#mask;
    this.#index[at] = slot;
  }

  /** Whether somebody was admitted into the slot. */
  isEntered(slot: number): boolean {
    return this.#lanes[slot] !== 255;
  }

  /** The epoch of an entered slot's holder. */
  epochOf(slot: number): number {
    return this.#epochs[slot] as number;
  }

  /** Gives the slot back. */
  release(slot: number): void {
    if (this.isEntered(slot)) {
      this.#testHeld -= this.#lanes[slot] as number;
      this.#unindex(slot);
    }
    this.#lanes[slot] = 255;
    this.#free[this.#freeCount++] = slot;
  }

  /** The slot of a session, or -1. */
  find(session: SessionId): number {
    const bytes = fromBase64Url(session);
    assert(bytes?.length === 16, "a session id has 16 bytes");
    const [a, b, c, d] = [wordAt(bytes, 0), wordAt(bytes, 4), wordAt(bytes, 8), wordAt(bytes, 12)];
    for (let at = a & this.#mask; ; at = (at + 1) & this.#mask) {
      const slot = this.#index[at] as number;
      if (slot === EMPTY) return -1;
      const row = slot * 4;
      const ids = this.#ids;
      if (ids[row] === a && ids[row + 1] === b && ids[row + 2] === c && ids[row + 3] === d) return slot;
    }
  }

  /** Who holds an entered slot. */
  holder(slot: number): Holder {
    assert(this.isEntered(slot), "only an entered slot has a holder");
    return {
      session: read(this.#ids, slot * 4, 4) as SessionId,
      device: read(this.#devices, slot * 2, 2) as DeviceHash,
      home: this.#regions[this.#homes[slot] as number] as RegionName,
      lane: this.#lanes[slot] === 1 ? "test" : "live",
      epoch: this.#epochs[slot] as number,
    };
  }

  #unindex(slot: number): void {
    const mask = this.#mask;
    let hole = (this.#ids[slot * 4] as number) & mask;
    while (this.#index[hole] !== slot) hole = (hole + 1) & mask;
    for (let at = (hole + 1) & mask; ; at = (at + 1) & mask) {
      const moved = this.#index[at] as number;
      if (moved === EMPTY) break;
      const wants = (this.#ids[moved * 4] as number) & mask;
      // An entry may fill the hole only if its own place is not behind the hole.
      if (((at - wants) & mask) >= ((at - hole) & mask)) {
        this.#index[hole] = moved;
        hole = at;
      }
    }
    this.#index[hole] = EMPTY;
  }
}

/** Four bytes, big end first. A DataView would give each short-lived array a buffer outside of the heap. */
const wordAt = (bytes: Uint8Array, at: number): number =>
  (((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)) >>>
  0;

function write(words: Uint32Array, at: number, id: string, count: number): void {
  const bytes = fromBase64Url(id);
  assert(bytes?.length === count * 4, "an id has its bytes");
  for (let i = 0; i < count; i++) words[at + i] = wordAt(bytes, i * 4);
}

function read(words: Uint32Array, at: number, count: number): string {
  const bytes = new Uint8Array(count * 4);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < count; i++) view.setUint32(i * 4, words[at + i] as number);
  return toBase64Url(bytes);
}
