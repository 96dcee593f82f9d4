import fc from "fast-check";
import { expect, test } from "vitest";
import { isAddress, isChatId, isDeviceHash, isRegionName, isSessionId } from "../base/ids.ts";
import { ByteWriter } from "./bytes.ts";
import { MemoBatch, readMemos } from "./codec.ts";
import { type Field, MEMOS, type Memo, type MemoKind } from "./memos.ts";

const base64Url = (chars: number) => fc.stringMatching(new RegExp(`^[A-Za-z0-9_-]{${chars}}$`));
const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,23}$/);
const address = fc
  .tuple(name, name, fc.nat(999), fc.stringMatching(/^[a-z0-9]{1,8}$/))
  .map(([region, pool, shard, incarnation]) => `${region}.${pool}.${shard}.${incarnation}`);
const number = fc.oneof(
  fc.maxSafeNat(),
  fc.nat(300),
  fc.constantFrom(0, 127, 128, 2 ** 31 - 1, 2 ** 31, 2 ** 32, Number.MAX_SAFE_INTEGER),
);
const text = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.string({ unit: "binary", maxLength: 400 }),
  fc.constantFrom(
    "",
    "\uFEFFx",
    "a".repeat(96),
    "a".repeat(97),
    "é".repeat(96),
    "😀".repeat(2_000),
    "x".repeat(70_000),
  ),
);

function stringOf({ form }: Field<unknown>): fc.Arbitrary<string> {
  switch (form) {
    case undefined:
      return text;
    case "id":
      return base64Url(22);
    case "device":
      return base64Url(11);
    case "address":
      return address;
    case "name":
      return name;
    default:
      return fc.constantFrom(...form);
  }
}

function fieldValue(field: Field<unknown>): fc.Arbitrary<unknown> {
  switch (field.kind) {
    case "num":
      return number;
    case "num?":
      return fc.option(number, { nil: undefined });
    case "str":
      return stringOf(field);
    case "str?":
      return fc.option(stringOf(field), { nil: undefined });
    case "flag":
      return fc.boolean();
    case "strs":
      return fc.array(text, { maxLength: 8 });
  }
}

const KINDS = Object.keys(MEMOS) as MemoKind[];
function memoOf(kind: MemoKind): fc.Arbitrary<Memo> {
  const fields: Readonly<Record<string, Field<unknown>>> = MEMOS[kind].fields;
  const values = Object.fromEntries(Object.entries(fields).map(([key, field]) => [key, fieldValue(field)]));
  return fc.record(values).map((held) => ({ kind, ...held }) as unknown as Memo);
}
const anyMemo = fc.constantFrom(...KINDS).chain(memoOf);

function payloadOf(...memos: readonly Memo[]): Uint8Array {
  const batch = new MemoBatch();
  for (const memo of memos) batch.add(memo);
  return batch.take();
}
function read(payload: Uint8Array): { memos: Memo[]; unread: number } {
  const memos: Memo[] = [];
  const unread = readMemos(payload, (memo) => void memos.push(memo));
  return { memos, unread };
}
/** One memo written by hand: its length, then what is given. */
const framed = (...rest: number[]): Uint8Array => Uint8Array.of(rest.length, ...rest);

const TEXT = {
  kind: "text",
  chat: "c".repeat(22),
  to: "s".repeat(22),
  epoch: 7_186_000_000_000,
  address: "eu-west.pool-1.3.k3x9",
  id: 7,
  text: "x".repeat(64),
  received: 6,
} as unknown as Memo;

test("[B1] every kind of memo comes out as it went in", () => {
  for (const kind of KINDS) {
    fc.assert(
      fc.property(memoOf(kind), (memo) => {
        expect(read(payloadOf(memo))).toStrictEqual({ memos: [memo], unread: 0 });
      }),
      { numRuns: 60 },
    );
  }
});

test("[B1] memos of one payload come out in order, and a batch is used again", () => {
  const batch = new MemoBatch();
  fc.assert(
    fc.property(fc.array(anyMemo, { maxLength: 12 }), (memos) => {
      for (const memo of memos) batch.add(memo);
      expect(batch.byteLength > 0).toBe(memos.length > 0);
      const payload = batch.take();
      expect(batch.byteLength).toBe(0);
      expect(read(payload)).toStrictEqual({ memos, unread: 0 });
    }),
    { numRuns: 200 },
  );
});

test("[B1] what is kept back goes with the next payload, and a payload taken before never changes", () => {
  const long = { ...TEXT, text: "é".repeat(5_000) } as Memo;
  const batch = new MemoBatch();
  for (const [first, second] of [
    [TEXT, TEXT],
    [long, TEXT],
    [TEXT, long],
    [long, long],
  ] as const) {
    batch.add(first);
    const payload = batch.take(batch.add(second));
    const copy = payload.slice();
    expect(batch.byteLength).toBeGreaterThan(0);
    for (let i = 0; i < 50; i++) batch.add(TEXT);
    expect(read(batch.take()).memos).toStrictEqual([second, ...Array<Memo>(50).fill(TEXT)]);
    expect(payload).toStrictEqual(copy);
    expect(read(payload)).toStrictEqual({ memos: [first], unread: 0 });
  }
});

test("[B1] no two kinds share a wire number", () => {
  const wires = Object.values(MEMOS).map((row) => row.wire);
  expect(new Set(wires).size).toBe(wires.length);
});

test.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])("[B1] a number like %d is our mistake", (epoch) => {
  const batch = new MemoBatch();
  batch.add(TEXT);
  const before = batch.byteLength;
  expect(() => batch.add({ ...TEXT, epoch } as Memo)).toThrow("a memo's number is");
  expect(batch.byteLength).toBe(before);
  expect(read(batch.take()).memos).toStrictEqual([TEXT]);
});

test("[B1] a lone surrogate arrives as U+FFFD", () => {
  expect(read(payloadOf({ ...TEXT, text: "a\ud800b" } as Memo)).memos[0]).toMatchObject({ text: "a\uFFFDb" });
});

test("[B2] an unknown kind is counted, and the memos around it are read", () => {
  const known = payloadOf(TEXT);
  const payload = Uint8Array.of(...known, ...framed(119, 1, 1, 2, 3), ...known);
  expect(read(payload)).toStrictEqual({ memos: [TEXT, TEXT], unread: 1 });
});

test("[B2] fields that a newer version appended are stepped over", () => {
  const memo = { kind: "desk_took", memo: 5 } as Memo;
  const payload = Uint8Array.of(...framed(MEMOS.desk_took.wire, 2, 5, 99, 1, 2, 3), ...payloadOf(memo));
  expect(read(payload)).toStrictEqual({ memos: [memo, memo], unread: 0 });
});

test("[B2] optional fields that an older sender did not know of are absent, others are a fault", () => {
  const to = new ByteWriter();
  to.num(MEMOS.handed_over.wire);
  to.num(1);
  to.num(9);
  const bytes = [...to.bytes.subarray(0, to.at)];
  expect(read(framed(...bytes)).memos).toStrictEqual([{ kind: "handed_over", req: 9, ticket: undefined }]);
  expect(read(framed(MEMOS.half_ended.wire, 1, 9)).unread).toBe(1);
});

const spoilt: readonly [string, object][] = [
  ["session", { to: "s".repeat(21) }],
  ["session letter", { to: `${"s".repeat(21)}.` }],
  ["session in two-byte letters", { to: "é".repeat(11) }],
  ["chat", { chat: "" }],
  ["address", { address: "eu-west.pool-1" }],
  ["address with a star", { address: "eu-west.*.3.k3x9" }],
  ["long address", { address: "x".repeat(500) }],
];
test.each(spoilt)("[B3] a memo with a bad %s is counted, not handed on", (_what, fields) => {
  expect(read(payloadOf({ ...TEXT, ...fields } as Memo, TEXT))).toStrictEqual({ memos: [TEXT], unread: 1 });
});

test("[B3] a word that is not in the table is no word", () => {
  const memo = { kind: "written", req: 1, answer: "perhaps" } as unknown as Memo;
  expect(read(payloadOf(memo)).unread).toBe(1);
});

test.each([
  ["nothing after the length", [5]],
  ["a length beyond the end", [255, 255, 255, 255, 255, 255, 255, 15, 1, 1]],
  ["a length that never ends", [255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1]],
  ["an empty memo", [0]],
  ["a string longer than its memo", [...framed(MEMOS.load.wire, 1, 120, 65)]],
  ["a list of 2^40 strings", [...framed(MEMOS.touched.wire, 1, 1, 128, 128, 128, 128, 128, 32)]],
  ["a string that is not UTF-8", [...framed(MEMOS.load.wire, 1, 2, 0xc3, 0x28)]],
  ["a flag of 2", [...payloadOf({ ...TEXT, kind: "typing", on: true } as unknown as Memo)].with(-1, 2)],
  ["no fields", [...framed(MEMOS.text.wire, 1)]],
])("[B3] %s is one unread memo and no throw", (_what, bytes) => {
  expect(read(Uint8Array.from(bytes))).toStrictEqual({ memos: [], unread: 1 });
});

/** What a reader relies on without looking again. */
function isWhole(memo: Memo): boolean {
  const fields: Readonly<Record<string, Field<unknown>>> = MEMOS[memo.kind].fields;
  const held: Readonly<Record<string, unknown>> = memo;
  return Object.entries(fields).every(([key, { kind, form }]) => {
    const value = held[key];
    if (kind.endsWith("?") && value === undefined) return true;
    if (kind === "flag") return typeof value === "boolean";
    if (kind === "strs") return Array.isArray(value) && value.every((item) => typeof item === "string");
    if (kind.startsWith("num")) return Number.isSafeInteger(value) && Number(value) >= 0;
    if (form === undefined) return typeof value === "string";
    if (form === "id") return isSessionId(value) && isChatId(value);
    if (form === "device") return isDeviceHash(value);
    if (form === "address") return isAddress(value);
    return form === "name" ? isRegionName(value) : form.includes(String(value));
  });
}

test("[B3] 100,000 random and mutated payloads give whole memos or a count, never a throw", () => {
  const sample = fc.sample(anyMemo, { numRuns: 500, seed: 7 });
  const bytes = sample.map((memo) => payloadOf(memo)).filter((payload) => payload.length < 2_000);
  const spoil = fc
    .tuple(fc.nat(bytes.length - 1), fc.array(fc.tuple(fc.nat(2_000), fc.nat(255)), { maxLength: 4 }), fc.nat(2_000))
    .map(([which, changes, cut]) => {
      const payload = (bytes[which] as Uint8Array).slice(0, cut === 0 ? undefined : 5 + cut);
      for (const [at, value] of changes) payload[at % payload.length] = value;
      return payload;
    });
  const random = fc.uint8Array({ maxLength: 200 });
  let whole = 0;
  fc.assert(
    fc.property(fc.oneof({ weight: 3, arbitrary: spoil }, random), (payload) => {
      const { memos } = read(payload);
      whole += memos.length;
      for (const memo of memos) if (!isWhole(memo)) throw new Error(`not whole: ${memo.kind}`);
    }),
    { numRuns: 100_000 },
  );
  expect(whole).toBeGreaterThan(1_000); // else the mutations only ever reach the first byte
}, 60_000);

test("[B3] kept names do not leak between forms", () => {
  // "live" is a lane and a good region; a region that was read first must not pass as a lane.
  const region = { kind: "touch", req: 1, address: "a.b.1.c", home: "tests", sessions: [], epochs: [] };
  expect(read(payloadOf(region as unknown as Memo)).unread).toBe(0);
  const lane = { kind: "count", address: "a.b.1.c", lane: "tests", count: 1, listNo: 1 };
  expect(read(payloadOf(lane as unknown as Memo)).unread).toBe(1);
});

test("[B3] `on` may read another payload, and what it throws is the caller's", () => {
  const payload = payloadOf(TEXT, TEXT);
  let inner = 0;
  expect(readMemos(payload, () => void readMemos(payload, () => void inner++))).toBe(0);
  expect(inner).toBe(4);
  const broken = (): never => {
    throw new RangeError("theirs");
  };
  expect(() => readMemos(payload, broken)).toThrow("theirs");
});
