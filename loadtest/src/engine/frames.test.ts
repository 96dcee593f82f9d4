import * as fc from "fast-check";
import { expect, test } from "vitest";
import { clientFrame, FrameReader, OPCODE } from "./frames.ts";

/** A server's frame: unmasked, cut or whole. */
function serverFrame(first: number, payload: Buffer): Buffer {
  const { length } = payload;
  if (length < 126) return Buffer.concat([Buffer.of(first, length), payload]);
  const head = Buffer.alloc(length < 65_536 ? 4 : 10);
  head[0] = first;
  head[1] = length < 65_536 ? 126 : 127;
  if (length < 65_536) head.writeUInt16BE(length, 2);
  else head.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([head, payload]);
}

/** Everything that a reader makes of `bytes`, given to it in pieces of these sizes. */
function readIn(bytes: Buffer, sizes: readonly number[]): { heard: string[]; ok: boolean } {
  const reader = new FrameReader();
  const heard: string[] = [];
  let ok = true;
  for (let at = 0, i = 0; at < bytes.length && ok; i++) {
    const size = Math.min(sizes[i % sizes.length] ?? 1, bytes.length - at);
    const piece = Buffer.from(bytes.subarray(at, at + size));
    ok = reader.push(piece, 0, size, (opcode, all, from, to) => {
      heard.push(`${opcode}:${all.toString("latin1", from, to)}`);
    });
    piece.fill(0xff); // nothing may be read from a piece once it was given back
    at += size;
  }
  return { heard, ok };
}

const TEXT = 0x80 | OPCODE.text;

test("frames arrive whole however the network cuts them", () => {
  const payloads = fc.array(fc.uint8Array({ maxLength: 400 }), { minLength: 1, maxLength: 8 });
  const sizes = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(payloads, sizes, (all, cuts) => {
      const bytes = Buffer.concat(all.map((one) => serverFrame(TEXT, Buffer.from(one))));
      const { heard, ok } = readIn(bytes, cuts);
      expect(ok).toBe(true);
      expect(heard).toEqual(all.map((one) => `1:${Buffer.from(one).toString("latin1")}`));
    }),
  );
});

test.each([0, 1, 125, 126, 127, 65_535, 65_536, 70_000])("a frame of %d bytes is read whole", (length) => {
  const { heard, ok } = readIn(serverFrame(TEXT, Buffer.alloc(length, "x")), [1_000]);
  expect([ok, heard.length, heard[0]?.length]).toEqual([true, 1, length + 2]);
});

test("a fragmented text is put together, and a ping between its parts is heard first", () => {
  const bytes = Buffer.concat([
    serverFrame(OPCODE.text, Buffer.from("")),
    serverFrame(OPCODE.continuation, Buffer.from("on")),
    serverFrame(0x80 | OPCODE.ping, Buffer.from("?")),
    serverFrame(0x80 | OPCODE.continuation, Buffer.from("e")),
    serverFrame(TEXT, Buffer.from("two")),
  ]);
  for (const size of [1, 3, 100]) expect(readIn(bytes, [size]).heard).toEqual(["9:?", "1:one", "1:two"]);
});

test.each([
  ["a masked frame", Buffer.of(TEXT, 0x81, 0, 0, 0, 0, 1)],
  ["a reserved bit", Buffer.of(TEXT | 0x40, 0)],
  ["a continuation of nothing", serverFrame(0x80, Buffer.from("x"))],
  [
    "a text inside a text",
    Buffer.concat([serverFrame(OPCODE.text, Buffer.from("a")), serverFrame(TEXT, Buffer.from("b"))]),
  ],
  ["a ping in parts", serverFrame(OPCODE.ping, Buffer.from("x"))],
])("%s breaks the protocol", (_what, bytes) => {
  expect(readIn(bytes, [100]).ok).toBe(false);
  expect(readIn(bytes, [1]).ok).toBe(false);
});

test("a client's frame is masked, and unmasking gives the payload back", () => {
  for (const length of [0, 1, 125, 126, 300, 65_535]) {
    const payload = Buffer.alloc(length, "abcdefg");
    const frame = clientFrame(OPCODE.text, payload);
    const head = length < 126 ? 2 : 4;
    expect((frame[1] as number) & 0x80).toBe(0x80);
    const mask = frame.subarray(head, head + 4);
    const plain = frame.subarray(head + 4).map((byte, i) => byte ^ (mask[i & 3] as number));
    expect(Buffer.from(plain).equals(payload)).toBe(true);
  }
  expect(() => clientFrame(OPCODE.text, Buffer.alloc(65_536))).toThrow(RangeError);
});
