import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { PoolName, RegionName } from "../base/ids.ts";
import { MemoBatch, readMemos } from "./codec.ts";
import { heartbeatOf, linesOf, type ShardLine } from "./heartbeat.ts";
import type { Memo, MemoOf } from "./memos.ts";

const POOL = { region: "eu-west" as RegionName, pool: "p1" as PoolName };
const LINE: ShardLine = {
  shard: 3,
  incarnation: "mfx3k2a1",
  sockets: 17_999,
  live: 12,
  max: 18_000,
  state: "up",
  answered: true,
};

function overTheWire(memo: Memo): readonly Memo[] {
  const batch = new MemoBatch();
  batch.add(memo);
  const heard: Memo[] = [];
  readMemos(batch.take(), (one) => void heard.push(one));
  return heard;
}

test("[B16] what a heartbeat says of each shard arrives as it was said, with its address", () => {
  const lines: ShardLine[] = [
    LINE,
    { ...LINE, shard: 4, state: "draining", answered: false },
    { ...LINE, shard: 255, sockets: 0, live: 0, max: 0, state: "stopped" },
  ];
  const [heard] = overTheWire(heartbeatOf(POOL, lines));
  expect(linesOf(heard as MemoOf<"heartbeat">)).toEqual(
    lines.map((line) => ({ ...line, address: `eu-west.p1.${line.shard}.mfx3k2a1` })),
  );
});

test("[B16] a pool without shards has an empty heartbeat", () => {
  expect(linesOf(overTheWire(heartbeatOf(POOL, []))[0] as MemoOf<"heartbeat">)).toEqual([]);
});

test.each([
  ["a shard that is no number", { shards: ["x"] }],
  ["a shard beyond all", { shards: ["256"] }],
  ["a negative count", { sockets: ["-1"] }],
  ["a count with a point", { max: ["1.5"] }],
  ["a count without end", { live: ["9".repeat(20)] }],
  ["an incarnation with a dot", { incarnations: ["a.b"] }],
  ["no incarnation", { incarnations: [""] }],
  ["an answer that is neither", { answered: ["yes"] }],
])("[B16] a line with %s is left out, and the others stay", (_what, wrong: Partial<MemoOf<"heartbeat">>) => {
  const good = heartbeatOf(POOL, [LINE]);
  const both = Object.fromEntries(
    Object.entries(good).map(([name, value]) => [
      name,
      Array.isArray(value) ? [...value, ...(wrong[name as "shards"] ?? value)] : value,
    ]),
  ) as MemoOf<"heartbeat">;
  expect(linesOf(both).map(({ shard }) => shard)).toEqual([3]);
});

test("[B16] lists of unequal length, or of more shards than a pool has, say nothing", () => {
  const good = heartbeatOf(POOL, [LINE, { ...LINE, shard: 4 }]);
  expect(linesOf({ ...good, states: ["up"] })).toEqual([]);
  expect(
    linesOf(
      heartbeatOf(
        POOL,
        Array.from({ length: 257 }, () => LINE),
      ),
    ),
  ).toEqual([]);
});

test("[B16] a state that a newer version invents is no room, and no death", () => {
  const newer = { ...heartbeatOf(POOL, [LINE]), states: ["dreaming"] };
  expect(linesOf(newer)).toMatchObject([{ state: "cordoned", answered: true }]);
});

test("[B16] a newer version that appends fields is read as far as it is known", () => {
  const batch = new MemoBatch();
  batch.add(heartbeatOf(POOL, [LINE]));
  const plain = batch.take();
  const longer = new Uint8Array(plain.length + 2);
  longer.set(plain);
  longer.set([7, 7], plain.length);
  const grown = plain.length - 3 + 2; // the length stands in three bytes of seven bits
  longer.set([(grown & 127) | 128, ((grown >> 7) & 127) | 128, grown >> 14]);
  const heard: Memo[] = [];
  expect(readMemos(longer, (one) => void heard.push(one))).toBe(0);
  expect(linesOf(heard[0] as MemoOf<"heartbeat">)).toMatchObject([{ shard: 3 }]);
});

test("[B16] anything at all in its lists gives lines or none, never a throw", () => {
  const list = fc.array(fc.oneof(fc.string(), fc.constantFrom("0", "1", "up", "7")), { maxLength: 4 });
  const lists = { incarnations: list, sockets: list, live: list, max: list, states: list, answered: list };
  fc.assert(
    fc.property(fc.record({ shards: list, ...lists }), (any) => {
      for (const line of linesOf({ kind: "heartbeat", url: undefined, ...POOL, ...any }))
        expect(line.address).toMatch(/^eu-west\.p1\./);
    }),
  );
});
