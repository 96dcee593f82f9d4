import { type DeviceHash, newSessionId, type SessionId } from "@whisper/shared/base/ids";
import { systemRandom } from "@whisper/shared/base/random";
import type { Endpoint } from "@whisper/shared/protocol/server-frames";
import { afterEach, expect, test } from "vitest";
import { meet } from "./support/meet.ts";
import { newDevice, startRegion, type TestRegion } from "./support/region.ts";
import { Stranger } from "./support/stranger.ts";
import { until } from "./support/until.ts";

// A pool that goes away: everybody is told where to go, opens the new socket first, and misses nothing.

let region: TestRegion;
afterEach(() => region.stop());

type Someone = { readonly session: SessionId; readonly device: DeviceHash };
const someone = (): Someone => ({ session: newSessionId(systemRandom), device: newDevice() });

/** Obeys `moving`: opens the new socket, waits for `resumed`, leaves the old one. */
async function obey(old: Stranger): Promise<{ readonly young: Stranger; readonly resumed: object }> {
  const moving = await old.next("moving");
  const [endpoint] = moving.endpoints as Endpoint[];
  const young = Stranger.withTicket(String(endpoint?.url), String(moving.ticket));
  await young.next("session_created");
  const resumed = await young.next("resumed");
  old.leave();
  return { young, resumed };
}

test("[Q1] a drain moves a chat make before break: no partner_left, no partner_away, texts go on in order", async () => {
  region = await startRegion({ shards: 2, beats: true, settings: { hasHeartbeats: true } });
  const [a, b] = [await region.enter({ ...someone(), fresh: true }), await region.enter({ ...someone(), fresh: true })];
  const chat = await meet(a, b);
  a.say({ type: "message", chat_id: chat, id: 1, text: "before" });
  await b.next("message");
  region.shards[0]?.startDrain();
  const [onA, onB] = await Promise.all([obey(a), obey(b)]);
  for (const { resumed } of [onA, onB]) expect(resumed).toMatchObject({ place: "chatting", chat_id: chat });
  await onA.young.next("partner_back"); // both moved: what was said to the old address is asked for again
  onA.young.say({ type: "message", chat_id: chat, id: 2, text: "after" });
  expect(await onB.young.next("message")).toMatchObject({ id: 2, text: "after" });
  onB.young.say({ type: "received", chat_id: chat, id: 2 });
  expect(await onA.young.next("delivered")).toMatchObject({ id: 2 });
  for (const one of [a, b, onA.young, onB.young]) {
    expect(one.all("partner_left")).toEqual([]);
    expect(one.all("partner_away")).toEqual([]);
  }
  await until("the empty pool", () => region.shards[0]?.drainState.state === "drained");
  expect(region.shards[0]?.drainState).toMatchObject({ held: 0, told: 2, closed: 0 });
});

test("[Q10] the socket that a person was told to leave is theirs to leave, and counts until then; after 3 s it is closed", async () => {
  region = await startRegion({ shards: 2, beats: true, settings: { hasHeartbeats: true } });
  const [a, b] = [await region.enter({ ...someone(), fresh: true }), await region.enter({ ...someone(), fresh: true })];
  await meet(a, b);
  const shard = region.shards[0];
  shard?.startDrain();
  const sockets: Stranger[] = [];
  for (const old of [a, b]) {
    const moving = await old.next("moving");
    const [endpoint] = moving.endpoints as Endpoint[];
    sockets.push(Stranger.withTicket(String(endpoint?.url), String(moving.ticket)));
  }
  await Promise.all(sockets.map((young) => young.next("resumed")));
  await until("both are known to be elsewhere", () => shard?.hub.slots.held === 0);
  expect([a.closed, b.closed]).toEqual([undefined, undefined]);
  expect(shard?.drainState).toMatchObject({ state: "draining", held: 2 });
  a.say({ type: "ping" }); // nobody reads that any more, and it hurts nobody
  a.leave();
  await until("one is left", () => shard?.drainState.held === 1);
  expect(await b.end()).toMatchObject({ code: 4302 });
  expect(a.all("pong")).toEqual([]);
  await until("the empty pool", () => shard?.drainState.state === "drained");
  for (const young of sockets) {
    expect([young.closed, young.all("partner_left")]).toEqual([undefined, []]);
    young.leave();
  }
}, 10_000);

test("[Q10] without a drain the older socket of a session is closed at once, as before", async () => {
  region = await startRegion({ shards: 2, beats: true, settings: { hasHeartbeats: true } });
  const who = someone();
  const old = await region.enter({ ...who, fresh: true });
  await old.next("session_created");
  const young = await region.enter({ ...who, shard: 1 });
  await young.next("resumed");
  const sinceMs = performance.now();
  expect(await old.end()).toMatchObject({ code: 4302 });
  expect(performance.now() - sinceMs).toBeLessThan(1_500);
  young.leave();
});

test("[Q2] a draining pool takes no newcomers and says so in its report; asked twice it drains once; undone it takes them again", async () => {
  region = await startRegion({ shards: 2, beats: true, settings: { hasHeartbeats: true } });
  const one = await region.enter();
  await one.next("session_created");
  const shard = region.shards[0];
  expect(shard?.startDrain().state).not.toBe("up");
  shard?.startDrain();
  expect(shard?.report().state).toBe("draining");
  await one.next("moving");
  expect(one.all("moving")).toHaveLength(1);
  shard?.undoDrain();
  expect(shard?.report().state).toBe("up");
  let late = await region.enter();
  const hasAnswer = (): boolean => late.closed !== undefined || late.heard.length > 0;
  // The port opens again a moment after the order.
  for (await until("an answer", hasAnswer); late.closed !== undefined; await until("an answer", hasAnswer)) {
    late = await region.enter();
  }
  await late.next("session_created");
  late.leave();
  one.leave();
});

test("[Q3] with no room elsewhere nobody is told and nobody is thrown out: it says no_room, and goes on when there is room", async () => {
  region = await startRegion({
    shards: 1,
    beats: true,
    settings: { hasHeartbeats: true, drain: { perS: 5_000, deadlineMs: 1 } },
  });
  const one = await region.enter();
  await one.next("session_created");
  region.shards[0]?.startDrain();
  await until("no room", () => region.shards[0]?.drainState.state === "no_room");
  one.say({ type: "ping" });
  await one.next("pong");
  expect(one.all("moving")).toEqual([]);
  expect(region.shards[0]?.drainState).toMatchObject({ held: 1, told: 0, closed: 0 });
  one.leave();
});

test("[Q4] at the deadline who is left is closed with 4000 and comes back elsewhere to their chat", async () => {
  region = await startRegion({
    shards: 2,
    beats: true,
    settings: { hasHeartbeats: true, drain: { perS: 5_000, deadlineMs: 300 } },
  });
  const who = someone();
  const [a, b] = [
    await region.enter({ ...who, fresh: true }),
    await region.enter({ ...someone(), fresh: true, shard: 1 }),
  ];
  const chat = await meet(a, b);
  region.shards[0]?.startDrain();
  expect(await a.end()).toMatchObject({ code: 4000 });
  const again = await region.enter({ ...who, shard: 1 });
  expect(await again.next("resumed")).toMatchObject({ place: "chatting", chat_id: chat });
  await b.next("partner_back");
  expect(b.all("partner_left")).toEqual([]);
  expect(region.shards[0]?.drainState).toMatchObject({ state: "drained", closed: 1 });
  for (const one of [again, b]) one.leave();
});
