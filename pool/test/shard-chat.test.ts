import { type ChatId, newSessionId } from "@whisper/shared/base/ids";
import { systemRandom } from "@whisper/shared/base/random";
import { afterAll, beforeAll, expect, test } from "vitest";
import { newDevice, startRegion, type TestRegion } from "./support/region.ts";
import type { Frame, Stranger } from "./support/stranger.ts";
import { until } from "./support/until.ts";

// Whole chats on real sockets, on one shard and across two: the same code, so the same tests.

let region: TestRegion;
beforeAll(async () => {
  region = await startRegion({ shards: 2 });
});
afterAll(() => region.stop());

/** Two people who want the same rare thing, so that only they meet. */
async function meet(
  shards: readonly [number, number],
  who: { session?: ReturnType<typeof newSessionId>; device?: ReturnType<typeof newDevice> } = {},
) {
  const interests = [`topic ${newSessionId(systemRandom)}`.slice(0, 30)];
  const a = await region.enter({ ...who, shard: shards[0], fresh: true });
  const b = await region.enter({ shard: shards[1] });
  const chats: string[] = [];
  for (const one of [a, b]) {
    await one.next("session_created");
    one.say({ type: "find_match", interests });
    await one.next("matching_started");
  }
  for (const one of [a, b]) {
    const found = await one.next("match_found");
    expect(found).toMatchObject({ shared_interests: [interests[0]?.toLowerCase()], accept_deadline: 15 });
    chats.push(String(found.chat_id));
    one.say({ type: "accept_match", chat_id: found.chat_id });
  }
  for (const one of [a, b]) await one.next("match_accepted");
  expect(chats[0]).toBe(chats[1]);
  return { a, b, chat: chats[0] as string };
}

const PLACES = [
  ["one shard", [0, 0]],
  ["two shards", [0, 1]],
] as const;

for (const [where, shards] of PLACES) {
  test(`[P25] two strangers meet, talk with numbers and receipts, and one leaves: ${where}`, async () => {
    const { a, b, chat } = await meet(shards);
    a.say({ type: "message", chat_id: chat, id: 1, text: "hello" });
    expect(await b.next("message")).toMatchObject({ from: "partner", id: 1, text: "hello" });
    b.say({ type: "received", chat_id: chat, id: 1 });
    expect(await a.next("delivered")).toEqual({ type: "delivered", chat_id: chat, id: 1 });
    b.say({ type: "message", chat_id: chat, id: 1, text: "and you", received: 1 });
    expect(await a.next("message")).toMatchObject({ id: 1, text: "and you", delivered: 1 });
    a.say({ type: "typing", chat_id: chat, is_typing: true });
    expect(await b.next("typing")).toEqual({ type: "typing", is_typing: true });
    a.say({ type: "end_chat", chat_id: chat });
    await b.next("partner_left");
    b.say({ type: "message", chat_id: chat, id: 2, text: "are you there" });
    expect(await b.next("error")).toMatchObject({ code: "invalid_chat", id: 2 });
    a.leave();
    b.leave();
  });

  test(`[S24] a socket that is cut leaves the chat standing; the same session comes back and misses nothing: ${where}`, async () => {
    const who = { session: newSessionId(systemRandom), device: newDevice() };
    const { a, b, chat } = await meet(shards, who);
    a.vanish();
    expect(await b.next("partner_away")).toEqual({ type: "partner_away", grace: 60 });
    b.say({ type: "message", chat_id: chat, id: 1, text: "where are you" });
    const again = await region.enter({ ...who, shard: shards[0] });
    expect(await again.next("session_created")).toMatchObject({ resume: true });
    expect(await again.next("resumed")).toEqual({ type: "resumed", place: "chatting", chat_id: chat, received: 0 });
    await b.next("partner_back");
    expect(again.all("message")).toEqual([]);
    b.say({ type: "message", chat_id: chat, id: 1, text: "where are you" }); // what partner_back asks for
    expect(await again.next("message")).toMatchObject({ id: 1, text: "where are you" });
    again.leave();
    b.leave();
  });

  test(`[P26] decline: who declined is idle, the other seeks again and is told so: ${where}`, async () => {
    const interests = [`no ${newSessionId(systemRandom)}`.slice(0, 30)];
    const people: Stranger[] = [];
    for (const shard of shards) {
      const one = await region.enter({ shard });
      await one.next("session_created");
      one.say({ type: "find_match", interests });
      people.push(one);
    }
    const [a, b] = people as [Stranger, Stranger];
    const found = await a.next("match_found");
    await b.next("match_found");
    a.say({ type: "decline_match", chat_id: found.chat_id });
    await b.next("match_declined");
    expect(await b.next("seek_status")).toMatchObject({ stage: "same" });
    a.say({ type: "find_match", interests }); // never again within ten minutes
    await a.next("matching_started");
    b.say({ type: "cancel_match" });
    a.say({ type: "ping" });
    await a.next("pong");
    expect(a.all("match_found")).toHaveLength(1);
    a.leave();
    b.leave();
  });
}

test("[S25] a person whose shard has changed comes back to their chat, and learns their numbers from the partner's shard", async () => {
  const who = { session: newSessionId(systemRandom), device: newDevice() };
  const { a, b, chat } = await meet([0, 0], who);
  a.say({ type: "message", chat_id: chat, id: 1, text: "one" });
  await b.next("message");
  a.vanish();
  await b.next("partner_away");
  const again = await region.enter({ ...who, shard: 1 });
  expect(await again.next("resumed")).toMatchObject({ place: "chatting", chat_id: chat });
  await b.next("partner_back");
  again.say({ type: "message", chat_id: chat, id: 2, text: "two" });
  expect(await b.next("message")).toMatchObject({ id: 2, text: "two" });
  b.say({ type: "message", chat_id: chat, id: 1, text: "three" });
  expect(await again.next("message")).toMatchObject({ id: 1, text: "three" });
  again.leave();
  b.leave();
});

test("[P27] nobody learns the other's session id, device or address from any frame", async () => {
  const who = { session: newSessionId(systemRandom), device: newDevice() };
  const { a, b, chat } = await meet([0, 1], who);
  a.say({ type: "message", chat_id: chat, id: 1, text: "secretive" });
  await b.next("message");
  a.vanish();
  await b.next("partner_away");
  const all = JSON.stringify(b.heard);
  for (const secret of [who.session, who.device, ...region.shards.map((shard) => shard.address)])
    expect(all).not.toContain(secret);
  b.leave();
});

test("[J6] a report is answered when its stream has it, once however often it is sent, and also after the chat", async () => {
  const { a, b, chat } = await meet([0, 1]);
  const report = { type: "report", chat_id: chat, reason: "spam", comment: "ads", evidence: ["buy this"] };
  a.say(report);
  expect(await a.next("report_received")).toEqual({ type: "report_received", chat_id: chat });
  b.say({ type: "end_chat", chat_id: chat });
  await a.next("partner_left");
  a.say(report);
  await a.next("report_received");
  const kept = (await region.reports.pending(100)).filter((one) => one.chat === chat);
  expect(kept).toHaveLength(1);
  expect(kept[0]).toMatchObject({ reason: "spam", comment: "ads", evidence: ["buy this"] });
  a.leave();
  b.leave();
});

test("[P28] after block these two do not meet again; the chat is over for both", async () => {
  const { a, b, chat } = await meet([0, 0]);
  a.say({ type: "block", chat_id: chat });
  await b.next("partner_left");
  const interests = ["blocked pair"];
  a.say({ type: "find_match", interests });
  b.say({ type: "find_match", interests });
  await a.next("seek_status");
  await b.next("seek_status");
  const third = await region.enter();
  await third.next("session_created");
  third.say({ type: "find_match", interests });
  await third.next("match_found");
  await until("one of the two to be found", () => a.all("match_found").length + b.all("match_found").length === 3);
  for (const one of [a, b, third]) one.leave();
});

test("[D12] texts of both, sent as fast as the meter lets them, arrive once and in order; the next one waits", async () => {
  const { a, b, chat } = await meet([0, 1]);
  const want = Array.from({ length: 5 }, (_, i) => i + 1);
  for (const id of want) {
    a.say({ type: "message", chat_id: chat, id, text: `a${id}` });
    b.say({ type: "message", chat_id: chat, id, text: `b${id}` });
  }
  const ids = (one: Stranger): unknown[] => one.all("message").map((frame: Frame) => frame.id);
  await until("all texts", () => ids(a).length === 5 && ids(b).length === 5);
  expect(ids(a)).toEqual(want);
  expect(ids(b)).toEqual(want);
  a.say({ type: "message", chat_id: chat, id: 6, text: "too soon" });
  expect(await a.next("rate_limited")).toMatchObject({ id: 6 });
  a.leave();
  b.leave();
});

test("[S30] a session that comes in on another shard while its old socket is open: the old one is closed, the chat goes on", async () => {
  const who = { session: newSessionId(systemRandom), device: newDevice() };
  const { a, b, chat } = await meet([0, 0], who);
  a.say({ type: "message", chat_id: chat, id: 1, text: "one" });
  await b.next("message");
  const young = await region.enter({ ...who, shard: 1 });
  await young.next("resumed");
  expect(await a.end()).toMatchObject({ code: 4302 });
  await b.next("partner_back");
  young.say({ type: "message", chat_id: chat, id: 2, text: "two" });
  expect(await b.next("message")).toMatchObject({ id: 2 });
  b.say({ type: "received", chat_id: chat, id: 2 });
  expect(await young.next("delivered")).toMatchObject({ id: 2 });
  expect(b.all("partner_away")).toEqual([]);
  expect(b.all("partner_left")).toEqual([]);
  young.leave();
  b.leave();
});

test("[R35] a store that comes back empty is told to all shards, and has within seconds who chats: their chat can be resumed", async () => {
  const who = { session: newSessionId(systemRandom), device: newDevice() };
  const { a, b, chat } = await meet([0, 1], who);
  const standsIn = async (wanted: "in" | "unknown"): Promise<void> => {
    const end = performance.now() + 5_000;
    let { chat: found } = await region.records.where(who.session, chat as ChatId);
    while (found !== wanted && performance.now() < end) {
      await new Promise((resolve) => setImmediate(resolve));
      ({ chat: found } = await region.records.where(who.session, chat as ChatId));
    }
    expect(found).toBe(wanted);
  };
  await standsIn("in");
  region.loseRecords();
  await standsIn("unknown");
  await standsIn("in");
  a.vanish();
  await b.next("partner_away");
  const again = await region.enter({ ...who, shard: 1 });
  expect(await again.next("resumed")).toMatchObject({ place: "chatting", chat_id: chat });
  await b.next("partner_back");
  again.leave();
  b.leave();
});
