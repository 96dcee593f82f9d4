import type { PoolName } from "@whisper/shared/base/ids";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startSmallEdge } from "../src/bench/small-edge.ts";
import { REGION, type SmallWorld, startSmallWorld } from "../src/bench/small-world.ts";
import type { Counts, Plan, WorkerTick } from "../src/plan/plan.ts";
import { longestMs, planOf, startCrew } from "./support/crew-process.ts";
import { startFaultyProxy, type Tamper } from "./support/faulty-proxy.ts";

// That the load test can see faults: people talk over a proxy that drops, doubles, swaps, delays and invents texts.

let world: SmallWorld;
beforeAll(async () => {
  world = await startSmallWorld();
}, 30_000);
afterAll(() => world.stop());

/** Each run has a seed of its own: two of one seed look for the same partners, and these runs go on side by side. */
let seed = 100;

/** A run of people who talk for some seconds, 200 ms between texts, over a proxy. */
async function talkOver(tamper: Tamper, given: Partial<Plan> = {}): Promise<WorkerTick> {
  const [shard] = world.shards;
  if (shard === undefined) throw new Error("the world has a shard");
  const proxy = await startFaultyProxy(shard.port, tamper);
  const edge = await startSmallEdge(REGION, world.key, [{ pool: "p1" as PoolName, port: proxy.port }]);
  try {
    return await startCrew(planOf(edge.url, { connections: 4, holdMs: 8_000, seed: seed++, ...given })).done;
  } finally {
    edge.close();
    proxy.close();
  }
}

const isText = (wire: string): boolean => wire.startsWith('{"type":"message"');
const numberOf = (wire: string): number => Number(/"id":(\d+)/.exec(wire)?.[1]);
const pass: Tamper = ({ wire }) => [wire];
/** Does something to the third text to one of the sockets, once; later copies go through. */
function once(tamper: Tamper, number = 3): Tamper {
  let isDone = false;
  return (passing, send) => {
    if (isDone || passing.side !== 0 || !isText(passing.wire) || numberOf(passing.wire) !== number)
      return [passing.wire];
    isDone = true;
    return tamper(passing, send);
  };
}

/** The counts that tell of a fault, those that are zero left out. */
function faultsOf({ counts }: WorkerTick): Partial<Counts> {
  const { lost, doubled, reordered, foreign, laneCrossed, repaired, chatsEndedByServer, dropped, errors, refused } =
    counts;
  const all = {
    lost,
    doubled,
    reordered,
    foreign,
    laneCrossed,
    repaired,
    chatsEndedByServer,
    dropped,
    errors,
    refused,
  };
  return Object.fromEntries(Object.entries(all).filter(([, count]) => count > 0));
}

describe.concurrent("over a proxy", () => {
  test("that does nothing, nothing is wrong, and every text arrives", async () => {
    const done = await talkOver(pass);
    expect(faultsOf(done)).toEqual({});
    expect(done.counts.textsDelivered).toBe(done.counts.textsSent);
    expect(done.counts.textsConfirmed).toBe(done.counts.textsSent);
    expect(done.counts.textsSent).toBeGreaterThan(20);
    expect(done.examples).toEqual([]);
  }, 30_000);

  test("a text dropped for good is lost, with all that stand behind it", async () => {
    const done = await talkOver(({ side, wire }) => (side === 0 && isText(wire) && numberOf(wire) === 3 ? [] : [wire]));
    expect(Object.keys(faultsOf(done))).toEqual(["lost"]);
    expect(done.counts.lost).toBe(done.counts.textsSent - done.counts.textsDelivered);
    expect(done.examples.join()).toContain("never shown");
  }, 60_000);

  test("a text that its sender is told was delivered, and that was not shown, is lost at once", async () => {
    let isTold = false;
    const writers = new Map<string, number>();
    const chats = new Map<number, string>();
    const done = await talkOver(({ side, wire }, send) => {
      const chat = /^\{"type":"match_accepted","chat_id":"([^"]+)"/.exec(wire)?.[1];
      if (chat !== undefined) chats.set(side, chat);
      if (!isText(wire)) return [wire];
      const [, couple, seat] = /couple (\d) seat (\d)/.exec(wire) ?? [];
      writers.set(`${couple} ${1 - Number(seat)}`, side);
      if (side !== 0 || numberOf(wire) !== 3) return [wire];
      const writer = writers.get(`${couple} ${seat}`);
      if (writer !== undefined && !isTold) {
        isTold = true;
        send(JSON.stringify({ type: "delivered", chat_id: chats.get(side), id: 3 }), writer);
      }
      return [wire];
    });
    expect(isTold).toBe(true);
    expect(done.counts.lost).toBe(1);
  }, 60_000);

  test("one copy dropped is repaired by sending again, and counted as that", async () => {
    const done = await talkOver(once(() => []));
    expect(Object.keys(faultsOf(done))).toEqual(["repaired"]);
    expect(done.counts.textsDelivered).toBe(done.counts.textsSent);
  }, 30_000);

  test("a text that comes twice is doubled", async () => {
    const done = await talkOver(once(({ wire }) => [wire, wire]));
    expect(faultsOf(done)).toEqual({ doubled: 1 });
    expect(done.counts.textsDelivered).toBe(done.counts.textsSent);
  }, 30_000);

  test("a double that comes much later is doubled as well", async () => {
    const done = await talkOver(
      once(({ wire }, send) => {
        setTimeout(() => send(wire), 1_200);
        return [wire];
      }),
    );
    expect(faultsOf(done)).toEqual({ doubled: 1 });
  }, 30_000);

  test("two texts that change places are reordered", async () => {
    let held: string | undefined;
    let isDone = false;
    const done = await talkOver(({ side, wire }) => {
      if (side !== 0 || !isText(wire) || isDone) return [wire];
      if (held === undefined && numberOf(wire) === 3) {
        held = wire;
        return [];
      }
      if (held === undefined) return [wire];
      isDone = true;
      return [wire, held];
    });
    expect(done.counts.reordered).toBe(1);
    expect(done.counts.textsDelivered).toBe(done.counts.textsSent);
    expect(done.examples.join()).toContain("written later");
  }, 30_000);

  test("a text of another couple is foreign, and takes nobody's number", async () => {
    let theirs: string | undefined;
    const done = await talkOver(({ side, wire }, send) => {
      if (!isText(wire)) return [wire];
      const couple = /couple (\d)/.exec(wire)?.[1];
      if (theirs === undefined && numberOf(wire) === 2 && couple === "1") {
        theirs = wire;
        send(wire, side === 0 || side === 1 ? 2 : 0);
        send(wire, side === 0 || side === 1 ? 3 : 1);
      }
      return [wire];
    });
    expect(done.counts.foreign).toBeGreaterThanOrEqual(1);
    expect(done.counts.lost + done.counts.reordered).toBe(0);
    expect(done.counts.textsDelivered).toBe(done.counts.textsSent);
  }, 30_000);

  test("a text of another run, and words that nobody wrote, are foreign", async () => {
    const strange = ["run 8 live couple 0 seat 1 says 3 and so on", "hello you", ""];
    const done = await talkOver(
      once(({ wire }, send) => {
        for (const text of strange) send(wire.replace(/"text":"[^"]*"/, `"text":"${text}"`));
        return [wire];
      }),
    );
    expect(faultsOf(done)).toEqual({ foreign: 3 });
  }, 30_000);

  test("a text of the other lane has crossed lanes", async () => {
    const done = await talkOver(once(({ wire }) => [wire.replace(" live ", " test "), wire]));
    expect(faultsOf(done)).toEqual({ laneCrossed: 1 });
    expect(done.examples.join()).toContain("other lane");
  }, 30_000);

  test("a text under another number was doubled or moved: its words tell", async () => {
    const done = await talkOver(once(({ wire }) => [wire.replace(/says \d+/, "says 2")]));
    expect(faultsOf(done)).toEqual({ doubled: 1 });
    const moved = await talkOver(once(({ wire }) => [wire.replace(/says \d+/, "says 5")]));
    expect(faultsOf(moved)).toEqual({ reordered: 1 });
  }, 30_000);

  test("a text that is held up is late by as long, and nothing else is wrong", async () => {
    const heldMs = 700;
    const done = await talkOver(({ side, wire }, send) => {
      if (side !== 0) return [wire];
      setTimeout(() => send(wire), heldMs);
      return [];
    });
    expect(faultsOf(done)).toEqual({});
    expect(longestMs(done, "text")).toBeGreaterThan(heldMs);
  }, 30_000);

  test("a frame that nobody can read, and a chat that the server ends, are counted", async () => {
    const garbled = await talkOver(once(({ wire }) => ["{nonsense", wire]));
    expect(faultsOf(garbled)).toEqual({ errors: 1 });
    const ended = await talkOver(once(() => ['{"type":"partner_left"}']));
    expect(ended.counts.chatsEndedByServer).toBe(1);
  }, 30_000);
});
