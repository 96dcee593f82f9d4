import { randomBytes } from "node:crypto";

/** The RFC 6455 opcodes that a client meets. */
export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

const FIN = 0x80;
const MASKED = 0x80;
const LENGTH_16 = 126;
const LENGTH_64 = 127;
const MASK_BYTES = 4;

/**
 * One mask for all frames of a process: an unmasking server works as hard for it as for a fresh one (RFC 6455 §5.3
 * wants fresh ones against proxies that could be fooled; a load generator speaks to servers of its own).
 */
const MASK = randomBytes(MASK_BYTES);

/** How many bytes the head of a client's frame takes. */
const headBytes = (payloadBytes: number): number => (payloadBytes < LENGTH_16 ? 2 : 4) + MASK_BYTES;

/**
 * One whole frame of a client, masked. `payload` is copied and may be used again. Payloads over 65,535 bytes are
 * refused.
 */
export function clientFrame(opcode: number, payload: Uint8Array, bytes = payload.length): Buffer {
  if (bytes > 0xff_ff) throw new RangeError("a generator's frame has at most 65,535 bytes");
  const head = headBytes(bytes);
  const frame = Buffer.allocUnsafe(head + bytes);
  frame[0] = FIN | opcode;
  if (bytes < LENGTH_16) {
    frame[1] = MASKED | bytes;
  } else {
    frame[1] = MASKED | LENGTH_16;
    frame[2] = bytes >> 8;
    frame[3] = bytes & 0xff;
  }
  for (let i = 0; i < MASK_BYTES; i++) frame[head - MASK_BYTES + i] = MASK[i] as number;
  for (let i = 0; i < bytes; i++) frame[head + i] = (payload[i] as number) ^ (MASK[i & 3] as number);
  return frame;
}

/** A client's text frame. */
export const textFrame = (wire: string): Buffer => clientFrame(OPCODE.text, Buffer.from(wire));

/** What hears the frames of one socket. `bytes[from, to)` are valid only until it returns. */
export type FrameSink = (opcode: number, bytes: Buffer, from: number, to: number) => void;

const NOTHING = Buffer.alloc(0);

/**
 * Takes a server's bytes apart into whole texts, binaries and control frames, however they were cut. A piece that
 * holds whole frames is read where it lies; only a rest is copied.
 */
export class FrameReader {
  #rest: Buffer = NOTHING;
  /** A fragmented one so far, and its opcode. */
  #parts: Buffer[] = [];
  #partsOpcode = 0;

  /** Whether it holds no part of anything. */
  get isIdle(): boolean {
    return this.#rest.length === 0 && this.#parts.length === 0;
  }

  /**
   * Reads `bytes[from, to)`. Returns false when a server broke the protocol: masked, reserved bits, a piece out of
   * order.
   */
  push(bytes: Buffer, from: number, to: number, sink: FrameSink): boolean {
    if (this.#rest.length > 0) {
      const whole = Buffer.concat([this.#rest, bytes.subarray(from, to)]);
      this.#rest = NOTHING;
      return this.push(whole, 0, whole.length, sink);
    }
    let at = from;
    while (to - at >= 2) {
      const first = bytes[at] as number;
      let length = bytes[at + 1] as number;
      let head = 2;
      if (length === LENGTH_16) head = 4;
      else if (length === LENGTH_64) head = 10;
      if (to - at < head) break;
      if (head === 4) length = bytes.readUInt16BE(at + 2);
      else if (head === 10) length = bytes.readUInt32BE(at + 2) * 0x1_00_00_00_00 + bytes.readUInt32BE(at + 6);
      if ((first & 0x70) !== 0 || ((bytes[at + 1] as number) & MASKED) !== 0) return false;
      if (to - at < head + length) break;
      const start = at + head;
      at = start + length;
      if (!this.#whole(first, bytes, start, at, sink)) return false;
    }
    if (at < to) this.#rest = Buffer.from(bytes.subarray(at, to));
    return true;
  }

  #whole(first: number, bytes: Buffer, from: number, to: number, sink: FrameSink): boolean {
    const opcode = first & 0x0f;
    const isLast = (first & FIN) !== 0;
    if (opcode >= OPCODE.close) {
      if (!isLast) return false; // control frames are never cut
      sink(opcode, bytes, from, to);
      return true;
    }
    const isMore = this.#parts.length > 0;
    if ((opcode === OPCODE.continuation) !== isMore) return false;
    if (isLast && !isMore) {
      sink(opcode, bytes, from, to);
      return true;
    }
    if (!isMore) this.#partsOpcode = opcode;
    this.#parts.push(Buffer.from(bytes.subarray(from, to)));
    if (!isLast) return true;
    const whole = Buffer.concat(this.#parts);
    this.#parts = [];
    sink(this.#partsOpcode, whole, 0, whole.length);
    return true;
  }
}
