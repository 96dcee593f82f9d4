import { assert } from "../base/assert.ts";

// How numbers and strings lie in a memo's bytes. Numbers are LEB128 varints, strings a varint length and UTF-8.

const encoder = new TextEncoder();
// `ignoreBOM` keeps a leading U+FEFF: it is a character that somebody wrote.
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
/** A writer's buffer before it has grown. */
export const BYTES_AT_FIRST = 4_096;
const UTF8_BYTES_PER_UNIT_MAX = 3;
const VARINT_BYTES_MAX = 8;
/** A length that is only known after what it measures is written into this many bytes, left free before. */
const LENGTH_BYTES = 3;
const LENGTH_MAX = 2 ** (7 * LENGTH_BYTES) - 1;
/** Up to this many UTF-16 units a loop beats the encoder, whose call costs more than the bytes. */
const SHORT_UNITS_MAX = 96;

/** Bytes that grow as they are written; the buffer is kept and used again. */
export class ByteWriter {
  bytes = new Uint8Array(BYTES_AT_FIRST);
  at = 0;

  /** Makes room for `count` bytes more. */
  room(count: number): void {
    if (this.at + count <= this.bytes.length) return;
    const bigger = new Uint8Array(Math.max(this.bytes.length * 2, this.at + count));
    bigger.set(this.bytes.subarray(0, this.at));
    this.bytes = bigger;
  }

  /** A whole number from 0 to 2^53; anything else is our own mistake. */
  num(value: number): void {
    assert(value >= 0 && value <= 2 ** 53 && Math.floor(value) === value, "a memo's number is whole and not negative");
    this.room(VARINT_BYTES_MAX);
    let left = value;
    // Above 31 bits the shifts of JavaScript would wrap.
    while (left > 0x7fff_ffff) {
      this.bytes[this.at++] = (left % 128) | 128;
      left = Math.floor(left / 128);
    }
    while (left > 127) {
      this.bytes[this.at++] = (left & 127) | 128;
      left >>>= 7;
    }
    this.bytes[this.at++] = left;
  }

  /**
   * A string, with `plus` added to its length: optional strings keep 0 for "absent". A lone surrogate becomes U+FFFD.
   */
  str(value: string, plus: number): void {
    if (value.length <= SHORT_UNITS_MAX && this.#ascii(value, plus)) return;
    const lengthAt = this.skipLength();
    this.room(value.length * UTF8_BYTES_PER_UNIT_MAX);
    const { written } = encoder.encodeInto(value, this.bytes.subarray(this.at));
    this.at += written;
    this.length(lengthAt, written + plus);
  }

  /** Leaves room for a length that is not known yet, and answers where. */
  skipLength(): number {
    this.room(LENGTH_BYTES);
    this.at += LENGTH_BYTES;
    return this.at - LENGTH_BYTES;
  }

  /** Fills in a length left out before: a varint stretched with empty groups, which every reader of varints takes. */
  length(at: number, value: number): void {
    assert(value <= LENGTH_MAX, "a memo is shorter than 2 MiB");
    this.bytes[at] = (value & 127) | 128;
    this.bytes[at + 1] = ((value >> 7) & 127) | 128;
    this.bytes[at + 2] = value >> 14;
  }

  /** Writes a short ASCII string; undoes that and answers false at the first other character. */
  #ascii(value: string, plus: number): boolean {
    const units = value.length;
    this.room(units + VARINT_BYTES_MAX);
    const start = this.at;
    this.num(units + plus);
    const { bytes } = this;
    let at = this.at;
    for (let i = 0; i < units; i++) {
      const unit = value.charCodeAt(i);
      if (unit > 127) {
        this.at = start;
        return false;
      }
      bytes[at++] = unit;
    }
    this.at = at;
    return true;
  }
}

const NO_BYTES = new Uint8Array(0);

/**
 * Reads what a `ByteWriter` wrote, or anything at all: what is no number or no string turns `bad` on and reads on as
 * empty.
 */
export class ByteReader {
  bytes: Uint8Array = NO_BYTES;
  at = 0;
  /** Nothing at or behind this is read. */
  end = 0;
  bad = false;

  /** Starts over with other bytes. */
  open(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.at = 0;
    this.end = bytes.length;
    this.bad = false;
  }

  /** A whole number from 0 to 2^53. */
  num(): number {
    let value = 0;
    let unit = 1;
    for (let i = 0; i < VARINT_BYTES_MAX; i++) {
      if (this.at >= this.end) break;
      const byte = this.bytes[this.at++] as number;
      value += (byte & 127) * unit;
      if (byte < 128) return value <= 2 ** 53 ? value : this.fail();
      unit *= 128;
    }
    return this.fail();
  }

  /** Marks what was read as worthless. */
  fail(): 0 {
    this.bad = true;
    return 0;
  }

  /** Steps over `length` bytes and answers where they start, or -1 when there are not so many. */
  take(length: number): number {
    if (length > this.end - this.at) {
      this.fail();
      return -1;
    }
    this.at += length;
    return this.at - length;
  }

  /** A string of `length` bytes of UTF-8. */
  str(length: number): string {
    const at = this.take(length);
    if (at < 0 || length === 0) return "";
    try {
      return decoder.decode(this.bytes.subarray(at, this.at));
    } catch {
      this.fail(); // not UTF-8
      return "";
    }
  }
}
