import type { Address, DeviceHash, PoolName, RegionName } from "@whisper/shared/base/ids";
import { newSessionId } from "@whisper/shared/base/ids";
import { systemRandom } from "@whisper/shared/base/random";
import { DRAIN_AGAIN_MS } from "@whisper/shared/limits";
import { expect, test } from "vitest";
import { ClerkCalls } from "./clerk-calls.ts";
import { Drain } from "./drain.ts";
import { Hub, type Socket } from "./hub.ts";

const ADDRESS = "eu-west.p1.0.abc" as Address;
const TURN_MS = 50;

/** A shard of so many idle people, a clerk that answers when it is told to, and a clock that is turned by hand. */
function world(people: number, perS: number, places = 1_000_000, obeys = true) {
  let nowMs = 1_000_000;
  const hub = new Hub(people, ADDRESS);
  const socket: Socket = { send: () => 1, end: () => {}, getBufferedAmount: () => 0, getUserData: () => ({ slot: 0 }) };
  for (let i = 0; i < people; i++) {
    const slot = hub.slots.take();
    hub.attach(slot, socket);
    const who = {
      session: newSessionId(systemRandom),
      device: "dddddddddd0" as DeviceHash,
      home: "eu-west" as RegionName,
    };
    hub.enter(slot, { ...who, lane: "live", epoch: 4 });
  }
  const asked: number[] = [];
  const calls = new ClerkCalls({
    address: ADDRESS,
    nowMs: () => nowMs,
    send: (memo) => {
      if (memo.kind === "handover" && !asked.includes(memo.req)) asked.push(memo.req);
    },
  });
  const told: { readonly slot: number; readonly frame: { readonly ticket?: string }; readonly atMs: number }[] = [];
  const room = { places };
  const drain = new Drain(
    {
      hub,
      calls,
      nowMs: () => nowMs,
      chance: () => 0.5,
      room: () => ({
        pools: [{ url: "ws://p2", region: "eu-west" as RegionName, pool: "p2" as PoolName, free: room.places }],
        places: room.places,
      }),
      lingering: () => 0,
      send: (slot, wire) => void told.push({ slot, frame: JSON.parse(wire), atMs: nowMs }),
      close: () => {},
    },
    { perS, deadlineMs: 3_600_000 },
  );
  let gone = 0;
  const turn = (ms: number): void => {
    for (const endMs = nowMs + ms; nowMs < endMs; ) {
      nowMs += TURN_MS;
      for (const { slot } of told.slice(gone)) if (obeys) hub.leave(slot);
      gone = told.length;
      drain.turn(nowMs);
      calls.turn(nowMs);
    }
  };
  const answer = (ticket: string | null = "t"): void => {
    for (const req of asked.splice(0)) calls.answered({ kind: "handed_over", req, ticket: ticket ?? undefined });
  };
  return { hub, drain, asked, told, room, turn, answer };
}

test("[Q12] tickets are asked for in bulk, a second ahead, and nobody is told before theirs has come", () => {
  const { drain, asked, told, turn, answer } = world(1_000, 100);
  drain.start();
  turn(TURN_MS);
  expect([asked.length, told.length]).toEqual([32, 0]);
  turn(1_000);
  expect([asked.length, told.length]).toEqual([32, 0]);
  for (let i = 0; i < 40; i++) {
    answer();
    turn(TURN_MS);
  }
  // All is well: as many are asked for as are told in a second, and those whose tickets are there are told on.
  expect(told.length).toBeGreaterThan(150);
  const before = told.length;
  turn(2_000);
  expect(told.length - before).toBeLessThanOrEqual(100);
  expect(asked.length).toBe(100);
});

test("[Q15] while nobody leaves no more are told than a few; pages that never obey hold nobody up for long", () => {
  const { drain, told, turn, answer } = world(1_000, 1_000, 1_000_000, false);
  drain.start();
  const atOnce = (ms: number): void => {
    for (let i = 0; i < ms / TURN_MS; i++) {
      turn(TURN_MS);
      answer();
    }
  };
  atOnce(4_500);
  expect(told).toHaveLength(32);
  atOnce(4_500);
  expect(told.length).toBeGreaterThan(32);
  expect(told.length).toBeLessThanOrEqual(96);
});

test("[Q12] people are told at the pace, without a burst, each once", () => {
  const { drain, told, turn, answer } = world(1_000, 200);
  drain.start();
  for (let i = 0; i < 60; i++) {
    turn(TURN_MS);
    answer();
  }
  expect(told.length).toBeGreaterThan(500);
  expect(told.length).toBeLessThanOrEqual(620);
  expect(new Set(told.map(({ slot }) => slot)).size).toBe(told.length);
  for (const { atMs } of told) {
    const within = told.filter((other) => other.atMs >= atMs && other.atMs < atMs + 1_000).length;
    expect(within).toBeLessThanOrEqual(220);
  }
});

test("[Q12] a clerk that is silent, or gives no ticket, holds nobody back: they are told to go by the edge", () => {
  const { drain, told, turn, answer, asked } = world(10, 100);
  drain.start();
  turn(TURN_MS);
  for (const _ of asked.splice(5)) {
    // the clerk never hears of these
  }
  answer(null);
  turn(3_500);
  expect(told).toHaveLength(10);
  for (const { frame } of told) expect(frame).toEqual({ type: "moving", after_ms: 0, reason: "drain" });
});

test("[Q12] what was asked for in a drain that was undone is told to nobody, nor counted in the next", () => {
  const { drain, told, turn, answer } = world(10, 100);
  drain.start();
  turn(TURN_MS);
  drain.undo();
  answer();
  turn(1_000);
  expect(told).toEqual([]);
  drain.start();
  turn(TURN_MS);
  answer();
  turn(500);
  expect(told).toHaveLength(10);
});

test("[Q12] who left, or came with a newer socket, before the ticket was there is not told", () => {
  const { hub, drain, told, turn, answer } = world(3, 100, 3, false);
  drain.start();
  turn(TURN_MS);
  hub.leave(0);
  answer();
  turn(500);
  expect(told.map(({ slot }) => slot).sort()).toEqual([1, 2]);
  expect([drain.wasTold(0), drain.wasTold(1)]).toEqual([false, true]);
});

test("[Q3] only as many are asked for as there is room, those on their way counted", () => {
  const { drain, asked, told, room, turn, answer } = world(100, 1_000, 10, false);
  drain.start();
  turn(TURN_MS);
  expect(asked).toHaveLength(10);
  answer();
  turn(1_000);
  expect([asked.length, told.length]).toEqual([0, 10]);
  // They are still here long after: their places are free for others, or for them.
  turn(DRAIN_AGAIN_MS);
  answer();
  turn(1_000);
  expect(told).toHaveLength(20);
  room.places = 0;
  turn(2 * DRAIN_AGAIN_MS);
  expect([drain.progress().state, told.length, asked.length]).toEqual(["no_room", 20, 0]);
});
