import type { Lane } from "@whisper/shared/credentials/claims";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startSmallEdge } from "../src/bench/small-edge.ts";
import { REGION, type SmallWorld, startSmallWorld } from "../src/bench/small-world.ts";
import type { Counts, Plan, WorkerTick } from "../src/plan/plan.ts";
import { type CrewProcess, longestMs, planOf, startCrew } from "./support/crew-process.ts";

// Workers and real shards of two pools, one desk: what people do in each scenario, and what is measured of it.

/** Long enough for a machine with other work: a run begins when its worker is asked for, not when it is up. */
const PATIENT_MS = 10_000;

let world: SmallWorld;
beforeAll(async () => {
  world = await startSmallWorld(2);
}, 30_000);
afterAll(() => world.stop());

type Ran = { readonly done: WorkerTick; readonly ticks: readonly WorkerTick[] };

async function run(given: Partial<Plan>, lane: Lane = "live", during?: (crew: CrewProcess) => void): Promise<Ran> {
  const edge = await startSmallEdge(REGION, world.key, world.shards, lane);
  try {
    const crew = startCrew(
      planOf(edge.url, { holdMs: PATIENT_MS, seed: Math.floor(performance.now() * 1_000), ...given }),
    );
    during?.(crew);
    const done = await crew.done;
    return { done, ticks: crew.ticks };
  } finally {
    edge.close();
  }
}

/** The counts that nobody wants, those that are zero left out. */
function wrong({ counts }: WorkerTick): Partial<Counts> {
  const { lost, doubled, reordered, foreign, laneCrossed, repaired, refused, errors } = counts;
  const { chatsEndedByServer, dropped, matchTimeouts, upgradesFailed } = counts;
  const texts = { lost, doubled, reordered, foreign, laneCrossed, repaired };
  const all = { ...texts, refused, errors, chatsEndedByServer, dropped, matchTimeouts, upgradesFailed };
  return Object.fromEntries(Object.entries(all).filter(([, count]) => count > 0));
}

describe.concurrent("a worker and two pools", () => {
  test("smoke: two come in, meet, say five texts each, and part", async () => {
    const { done } = await run({ scenario: "smoke" });
    expect(wrong(done)).toEqual({});
    expect(done.counts).toMatchObject({ admitted: 2, chatsBegun: 1, chatsEnded: 1, textsSent: 10, textsDelivered: 10 });
    for (const name of ["connect", "match", "text"] as const) expect(longestMs(done, name)).toBeGreaterThan(0);
  }, 30_000);

  test("what is told every second adds up to the whole", async () => {
    const { done, ticks } = await run({ scenario: "chat", connections: 20, rampMs: 500 });
    expect(wrong(done)).toEqual({});
    for (const name of ["admitted", "textsSent", "textsDelivered", "chatsEnded"] as const)
      expect(ticks.reduce((sum, { counts }) => sum + counts[name], 0)).toBe(done.counts[name]);
    expect(ticks.some(({ gauges }) => gauges.sockets === 20 && gauges.chatting === 20)).toBe(true);
    expect(done.gauges).toEqual({ sockets: 0, seeking: 0, chatting: 0 });
  }, 30_000);

  test("an odd person, and those who do not chat, stay and are not dropped", async () => {
    const { done, ticks } = await run({ scenario: "connect", connections: 21, chatShare: 0.2 });
    expect(wrong(done)).toEqual({});
    expect(done.counts).toMatchObject({ admitted: 21, chatsBegun: 2 });
    expect(ticks.some(({ gauges }) => gauges.sockets === 21)).toBe(true);
  }, 30_000);

  test("match: rounds of searches, each by other people", async () => {
    const { done } = await run({ scenario: "match", connections: 6, holdMs: 14_500 });
    expect(wrong(done)).toEqual({});
    expect(done.counts).toMatchObject({ seeks: 12, matches: 12, chatsEnded: 6, textsSent: 0, admitted: 12 });
  }, 40_000);

  test("cross: the two of each couple sit in two pools", async () => {
    const { done } = await run({ scenario: "cross", connections: 12 });
    expect(wrong(done)).toEqual({});
    expect(done.counts.chatsBegun).toBe(6);
    expect(done.counts.textsDelivered).toBe(done.counts.textsSent);
  }, 30_000);

  test("reconnect: who is cut is back in their chat, and no text is lost by it", async () => {
    const { done } = await run({ scenario: "reconnect", connections: 12, cutShare: 0.5, holdMs: 14_000 });
    expect(wrong(done)).toEqual({});
    expect(done.counts).toMatchObject({ resumed: 6, admitted: 18, chatsEnded: 6 });
    expect(done.counts.textsDelivered).toBe(done.counts.textsSent);
    expect(longestMs(done, "resume")).toBeGreaterThan(0);
  }, 40_000);

  test("churn: nine of ten leave halfway, in mid-chat, and nothing of theirs is called lost", async () => {
    const { done, ticks } = await run({ scenario: "churn", connections: 20, cutShare: 0.9, textEveryMs: 50 });
    expect(wrong(done)).toEqual({});
    expect(ticks.some(({ gauges }) => gauges.sockets === 20)).toBe(true);
    expect(ticks.some(({ gauges }) => gauges.sockets === 2)).toBe(true);
  }, 30_000);

  test("told to stop, a worker ends its chats, leaves and says so at once", async () => {
    const began = performance.now();
    const { done } = await run({ scenario: "drain", connections: 10, holdMs: 600_000 }, "live", (crew) => {
      setTimeout(() => crew.stop(), 6_000);
    });
    expect(performance.now() - began).toBeLessThan(16_000);
    expect(wrong(done)).toEqual({});
    expect(done.counts.chatsEnded).toBe(5);
  }, 30_000);

  test("people of both lanes seek the same at the same time, and none meets one of the other lane", async () => {
    const same = { scenario: "chat", connections: 200, rampMs: 1_000, seed: 77 } as const; // often at one moment
    const [live, other] = await Promise.all([run(same, "live"), run({ ...same, loadPass: "pass" }, "test")]);
    for (const { done } of [live, other]) {
      expect(wrong(done)).toEqual({});
      expect(done.counts).toMatchObject({ chatsBegun: 100, chatsEnded: 100 });
    }
  }, 30_000);

  test.each([1, 64, 300, 2_000])(
    "texts of %d characters pass the filter",
    async (textChars) => {
      const { done } = await run({ scenario: "smoke", textChars });
      expect(wrong(done)).toEqual({});
      expect(done.counts.textsDelivered).toBe(10);
    },
    30_000,
  );

  test("nobody at the target: refusals, named, and an end all the same", async () => {
    const crew = startCrew(planOf("http://127.0.0.1:9", { scenario: "smoke", holdMs: 1_500 }));
    const done = await crew.done;
    expect(done.counts.refused).toBeGreaterThan(0);
    expect(done.counts.admitted).toBe(0);
    expect(done.examples.join()).toContain("the edge refused: unreachable");
  }, 30_000);
});
