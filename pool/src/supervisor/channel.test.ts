import * as fc from "fast-check";
import { expect, test } from "vitest";
import { fromShardOf, ORDERS, toShardOf } from "./channel.ts";
import { dieWithSupervisor, type Line, serveSupervisor } from "./supervised.ts";

const LOAD = { sockets: 3, live: 2, max: 10, bus: true, keys: false, handover: true, unwell: false };
const DRAIN = { state: "draining", total: 5, left: 3, moved: 2, closed: 0 };

test.each([
  ["up", { say: "up", incarnation: "abc", load: LOAD }],
  ["load", { say: "load", no: 7, load: { ...LOAD, drain: DRAIN } }],
  ["metrics", { say: "metrics", no: 7, metrics: [] }],
])("[O10] a supervisor understands %s", (_what, word) => {
  expect(fromShardOf(JSON.parse(JSON.stringify(word)))).toEqual(word);
});

test.each([
  ["no load", { say: "up", incarnation: "abc" }],
  ["an incarnation that is none", { say: "up", incarnation: "A.b", load: LOAD }],
  ["a negative count", { say: "load", no: 1, load: { ...LOAD, sockets: -1 } }],
  ["half a socket", { say: "load", no: 1, load: { ...LOAD, live: 0.5 } }],
  ["no number", { say: "load", load: LOAD }],
  ["metrics that are no list", { say: "metrics", no: 1, metrics: {} }],
  ["a word of a later version", { say: "sleepy", no: 1, load: LOAD }],
  ["nothing", null],
])("[O10] a supervisor passes over a word with %s", (_what, word) => {
  expect(fromShardOf(word)).toBeUndefined();
});

test("[O10] a drain that cannot be read leaves the load", () => {
  const word = { say: "load", no: 1, load: { ...LOAD, drain: { ...DRAIN, left: "3" } } };
  expect(fromShardOf(word)).toEqual({ say: "load", no: 1, load: LOAD });
});

test("[O10] anything at all gives a known word or none, on both sides", () => {
  fc.assert(
    fc.property(fc.anything(), (raw) => {
      const told = toShardOf(raw);
      if (told !== undefined && "order" in told) expect(ORDERS).toContain(told.order);
      fromShardOf(raw);
    }),
  );
});

/** A forked process that only remembers. */
function fakeLine() {
  const heard: Record<string, (word: unknown) => void> = {};
  const sent: unknown[] = [];
  const exits: number[] = [];
  const line: Line = {
    send: (word) => void sent.push(word),
    on: (event: string, on: (word: unknown) => void) => {
      heard[event] = on;
    },
    exit: (code) => void exits.push(code),
  };
  return { line, sent, exits, tell: (event: string, word?: unknown) => heard[event]?.(word) };
}

test("[O3] a shard exits when its supervisor is gone, and not for a signal", () => {
  const { line, exits, tell } = fakeLine();
  dieWithSupervisor(line);
  tell("SIGTERM");
  tell("SIGINT");
  expect(exits).toEqual([]);
  tell("disconnect");
  expect(exits).toEqual([1]);
});

test("[O3] a shard whose supervisor went while it was being loaded exits, too", () => {
  const { line, exits } = fakeLine();
  dieWithSupervisor({ ...line, connected: true });
  expect(exits).toEqual([]);
  dieWithSupervisor({ ...line, connected: false });
  expect(exits).toEqual([1]);
});

test("[O10] a shard says that it is up, answers what it is asked, obeys, and passes over the rest", async () => {
  const { line, sent, tell } = fakeLine();
  const orders: string[] = [];
  serveSupervisor(line, "abc", {
    load: () => LOAD,
    metrics: async () => [],
    obey: (order) => void orders.push(order),
  });
  for (const word of [{ ask: "load", no: 1 }, { order: "drain" }, { order: "dance" }, { ask: "load" }, "stop", null])
    tell("message", word);
  tell("message", { ask: "metrics", no: 2 });
  await Promise.resolve();
  expect(orders).toEqual(["drain"]);
  expect(sent).toEqual([
    { say: "up", incarnation: "abc", load: LOAD },
    { say: "load", no: 1, load: LOAD },
    { say: "metrics", no: 2, metrics: [] },
  ]);
});

test("[O7] numbers that cannot be read are not answered, and cost the shard nothing", async () => {
  const { line, sent, tell } = fakeLine();
  serveSupervisor(line, "abc", { load: () => LOAD, metrics: () => Promise.reject(new Error("no")), obey: () => {} });
  tell("message", { ask: "metrics", no: 2 });
  await new Promise((resolve) => setImmediate(resolve));
  expect(sent).toHaveLength(1);
});
