import { assert } from "../base/assert.ts";
import { BYTES_AT_FIRST, ByteReader, ByteWriter } from "./bytes.ts";
import { formReader } from "./forms.ts";
import { type Field, MEMOS, type Memo, type MemoKind } from "./memos.ts";

// A payload is a row of memos, each: length of the rest, wire number, version, fields in the order of the table
// (MEMOS). Optional fields hold one more than their number or length, and 0 when absent; one that the sender did not
// know of is absent too. What a newer version appended lies behind the last known field, within the length, and is
// stepped over.

type Values = Record<string, unknown>;
type WriteField = (to: ByteWriter, value: unknown) => void;
type ReadField = (from: ByteReader) => unknown;
type Shape = { readonly kind: MemoKind; readonly wire: number; readonly version: number; readonly names: string[] };
type Encoder = Shape & { readonly write: WriteField[] };
type Decoder = Shape & { readonly read: ReadField[]; readonly blank: Values };

// The casts below are the codec's right: the table gives the type of every field, and `Memo` is made from the table.
const WRITERS: Readonly<Record<Field<unknown>["kind"], WriteField>> = {
  num: (to, value) => {
    assert((value as number) < 2 ** 53, "a memo's number is exact");
    to.num(value as number);
  },
  "num?": (to, value) => to.num(value === undefined ? 0 : (value as number) + 1),
  str: (to, value) => to.str(value as string, 0),
  "str?": (to, value) => (value === undefined ? to.num(0) : to.str(value as string, 1)),
  flag: (to, value) => to.num(value === true ? 1 : 0),
  strs: (to, value) => {
    const list = value as readonly string[];
    to.num(list.length);
    for (const item of list) to.str(item, 0);
  },
};

function fieldReader({ kind, form }: Field<unknown>): ReadField {
  const read = formReader(form);
  switch (kind) {
    case "num":
      return (from) => safe(from, from.num());
    case "num?":
      return (from) => {
        const value = from.at >= from.end ? 0 : from.num();
        return value === 0 ? undefined : value - 1;
      };
    case "str":
      return (from) => read(from, from.num());
    case "str?":
      return (from) => {
        const length = from.at >= from.end ? 0 : from.num();
        return length === 0 ? undefined : read(from, length - 1);
      };
    case "flag":
      return (from) => {
        const value = from.num();
        return value > 1 ? from.fail() : value === 1;
      };
    case "strs":
      return readStrs;
  }
}

const safe = (from: ByteReader, value: number): number => (Number.isSafeInteger(value) ? value : from.fail());

function readStrs(from: ByteReader): readonly string[] {
  const count = from.num();
  // Each takes a byte at least, so a huge count never asks for memory.
  if (count > from.end - from.at) from.fail();
  const list: string[] = [];
  while (!from.bad && list.length < count) list.push(from.str(from.num()));
  return list;
}

const ENCODERS: ReadonlyMap<string, Encoder> = new Map(
  Object.entries(MEMOS).map(([kind, row]) => [kind, encoderOf(kind as MemoKind, row.wire, row.version, row.fields)]),
);
const DECODERS: ReadonlyMap<number, Decoder> = new Map(
  Object.entries(MEMOS).map(([kind, row]) => [
    row.wire,
    decoderOf(kind as MemoKind, row.wire, row.version, row.fields),
  ]),
);

type Fields = Readonly<Record<string, Field<unknown>>>;

function encoderOf(kind: MemoKind, wire: number, version: number, fields: Fields): Encoder {
  return {
    kind,
    wire,
    version,
    names: Object.keys(fields),
    write: Object.values(fields).map((field) => WRITERS[field.kind]),
  };
}

function decoderOf(kind: MemoKind, wire: number, version: number, fields: Fields): Decoder {
  const blank: Values = { kind };
  for (const name of Object.keys(fields)) blank[name] = undefined;
  return { kind, wire, version, names: Object.keys(fields), read: Object.values(fields).map(fieldReader), blank };
}

/** Memos on their way into one payload; its buffer is kept from one payload to the next. */
export class MemoBatch {
  readonly #to = new ByteWriter();

  /** Bytes of the memos added since the last `take`. */
  get byteLength(): number {
    return this.#to.at;
  }

  /**
   * Appends a memo, and answers its bytes. Throws `InvariantError` for a number that no memo may carry, and is then
   * as it was before.
   */
  add(memo: Memo): number {
    const to = this.#to;
    const before = to.at;
    try {
      write(to, memo);
    } catch (error) {
      to.at = before;
      throw error;
    }
    return to.at - before;
  }

  /** The payload, which is the caller's alone, without the last `keepBytes`, which stay in the batch. */
  take(keepBytes = 0): Uint8Array {
    const to = this.#to;
    const { bytes } = to;
    const end = to.at - keepBytes;
    to.at = keepBytes;
    if (bytes.length <= BYTES_AT_FIRST) {
      const payload = bytes.slice(0, end);
      bytes.copyWithin(0, end, end + keepBytes);
      return payload;
    }
    // A buffer that has grown is given away: a new one costs less than a copy, and batches that rest stay small.
    to.bytes = new Uint8Array(Math.max(BYTES_AT_FIRST, keepBytes));
    to.bytes.set(bytes.subarray(end, end + keepBytes));
    return bytes.subarray(0, end);
  }
}

function write(to: ByteWriter, memo: Memo): void {
  const encoder = ENCODERS.get(memo.kind) as Encoder;
  const lengthAt = to.skipLength();
  const start = to.at;
  to.num(encoder.wire);
  to.num(encoder.version);
  const { names, write } = encoder;
  const values = memo as unknown as Values;
  for (let i = 0; i < names.length; i++) (write[i] as WriteField)(to, values[names[i] as string]);
  to.length(lengthAt, to.at - start);
}

/**
 * Hands each memo of a payload to `on`, in order, with every field present and in its form, and answers how many
 * could not be read (another kind, cut off, spoilt). Total: any bytes will do. It throws only what `on` throws.
 */
export function readMemos(payload: Uint8Array, on: (memo: Memo) => void): number {
  let unread = 0;
  // A reader of its own: `on` may read another payload before it returns.
  const from = new ByteReader();
  from.open(payload);
  while (from.at < payload.length) {
    from.end = payload.length;
    const length = from.num();
    if (from.bad || from.take(length) < 0) return unread + 1;
    const next = from.at;
    from.at = next - length;
    from.end = next;
    const memo = readOne(from);
    if (memo === undefined) unread++;
    else on(memo);
    from.at = next;
    from.bad = false;
  }
  return unread;
}

function readOne(from: ByteReader): Memo | undefined {
  const decoder = DECODERS.get(from.num());
  from.num(); // the version: newer ones only append, so nothing depends on it yet
  if (decoder === undefined || from.bad) return undefined;
  const { names, read, blank } = decoder;
  // A copy of one blank memo has its shape from the start, so all memos of a kind share it.
  const values: Values = { ...blank };
  for (let i = 0; i < names.length; i++) {
    values[names[i] as string] = (read[i] as ReadField)(from);
    if (from.bad) return undefined;
  }
  return values as unknown as Memo;
}
