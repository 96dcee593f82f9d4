import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startWorld, type World } from "../world/world.ts";
import { connect } from "./support/ask-edge.ts";
import { LegacyStranger } from "./support/legacy-stranger.ts";
import { Stranger } from "./support/stranger.ts";

const root = join(import.meta.dirname, "../..");
const { PATH = "", HOME = "" } = process.env;
const START_MS = 60_000;
let world: World;
const leavers: { leave(): void }[] = [];

beforeAll(async () => {
  const ports = { edgePort: 0, poolPorts: 0, opsPorts: 0 };
  const ways = { root, env: { PATH, HOME }, say: () => {}, onLog: () => {} };
  world = await startWorld({ engine: "embedded", pools: 1, shards: 1, ...ports, ...ways });
}, START_MS);
afterAll(async () => {
  for (const one of leavers) one.leave();
  expect(await world?.stop()).toEqual([]);
}, START_MS);

/** Somebody in Frankfurt, so that all of them, and those who pin the region, meet at one desk. */
async function legacy(headers: Record<string, string> = {}): Promise<LegacyStranger> {
  const one = new LegacyStranger(world.edgeUrl, { ...headers, "x-whisper-geo": "50.1,8.7" });
  leavers.push(one);
  await one.next("session_created");
  return one;
}
async function chat(a: LegacyStranger, b: LegacyStranger | Stranger, interests: readonly string[]): Promise<string> {
  for (const one of [a, b]) {
    one.say({ type: "find_match", interests });
    expect(await one.next("matching_started")).toEqual({ type: "matching_started", timeout: 30 });
  }
  const [found] = await Promise.all([a.next("match_found"), b.next("match_found")]);
  expect(found).toMatchObject({ shared_interests: [...interests].sort(), accept_deadline: 15 });
  const chat_id = String(found.chat_id);
  for (const one of [a, b]) one.say({ type: "accept_match", chat_id });
  await Promise.all([a.next("match_accepted"), b.next("match_accepted")]);
  return chat_id;
}

test("[X1] the first Whisper's own end-to-end test: seven steps, its messages only", async () => {
  // 1. Health and the number of people online.
  expect((await fetch(`${world.edgeUrl}/health`)).status).toBe(200);
  expect(await (await fetch(`${world.edgeUrl}/api/online`)).json()).toMatchObject({ count: expect.any(Number) });
  // 2. Two clients get sessions.
  const a = await legacy();
  const b = await legacy();
  expect(a.all[0]).toEqual({ type: "session_created", session_id: expect.any(String) });
  // 3. They match on music and gaming, and accept.
  const chat_id = await chat(a, b, ["music", "gaming"]);
  // 4. One text each way.
  const text = { type: "message", from: "partner", ts: expect.any(Number) };
  a.say({ type: "message", chat_id, text: "hello" });
  expect(await b.next("message")).toEqual({ ...text, text: "hello" });
  b.say({ type: "message", chat_id, text: "hi" });
  expect(await a.next("message")).toEqual({ ...text, text: "hi" });
  // 5. One ends, the other is told.
  a.say({ type: "end_chat", chat_id });
  expect(await b.next("partner_left")).toEqual({ type: "partner_left" });
  // 6. Ten rapid texts are too many.
  const [c, d] = [await legacy(), await legacy()];
  const again = await chat(c, d, ["music", "gaming"]);
  for (let i = 0; i < 10; i++) c.say({ type: "message", chat_id: again, text: `rapid ${i}` });
  expect(await c.next("rate_limited")).toEqual({ type: "rate_limited", retry_after: expect.any(Number) });
  // 7. A blocked phrase.
  d.say({ type: "message", chat_id: again, text: "buy viagra" });
  expect(await d.next("error")).toEqual({
    type: "error",
    code: "message_blocked",
    message: "Message contains prohibited content",
  });
});

test("[X5] of ten rapid texts each is told or arrives, in order, none twice, and the next one goes through", async () => {
  const a = await legacy();
  const b = await legacy();
  const chat_id = await chat(a, b, ["haste"]);
  for (let i = 0; i < 10; i++) a.say({ type: "message", chat_id, text: `rapid ${i}` });
  const refused = [await a.next("rate_limited")];
  const through: string[] = [];
  while (refused.length + through.length < 10) {
    const next = await Promise.race([a.next("rate_limited"), b.next("message")]);
    if (next.type === "message") through.push(String(next.text));
    else refused.push(next);
  }
  expect(through).toEqual(through.map((_, i) => `rapid ${i}`));
  expect(refused[0]).toEqual({ type: "rate_limited", retry_after: expect.any(Number) });
  const say = async (): Promise<unknown> => {
    a.say({ type: "message", chat_id, text: "patient" });
    return (await Promise.race([a.next("rate_limited"), b.next("message")])).text;
  };
  await expect.poll(say, { interval: 250, timeout: 5_000 }).toBe("patient");
});

test("[X1] a legacy client and a v1 client chat with each other; doubles are shown once", async () => {
  const old = await legacy();
  const modern = await Stranger.enter(await connect(world.edgeUrl, {}, "?region=eu-west"));
  leavers.push(modern);
  await modern.next("session_created");
  const chat_id = await chat(old, modern, ["bridges"]);
  old.say({ type: "message", chat_id, text: "from the old" });
  expect(await modern.next("message")).toMatchObject({ id: 1, text: "from the old" });
  modern.say({ type: "received", chat_id, id: 1 });
  for (let i = 0; i < 3; i++) modern.say({ type: "message", chat_id, id: 1, text: "from the new" });
  modern.say({ type: "message", chat_id, id: 2, text: "after it" });
  await old.next("message");
  expect(await old.next("message")).toMatchObject({ text: "after it" });
  expect(await modern.next("delivered")).toMatchObject({ chat_id });
  expect(old.all.filter(({ text }) => text === "from the new")).toHaveLength(1);
  modern.say({ type: "typing", chat_id, is_typing: true });
  expect(await old.next("typing")).toEqual({ type: "typing", is_typing: true });
});

test("[X8] a legacy client that leaves in mid-chat is told of at once, not after the grace", async () => {
  const a = await legacy();
  const b = await legacy();
  await chat(a, b, ["farewells"]);
  a.leave();
  expect(await b.next("partner_left", 5_000)).toEqual({ type: "partner_left" });
});

test("[X3] who is declined is idle, and may search again", async () => {
  const a = await legacy();
  const b = await legacy();
  for (const one of [a, b]) one.say({ type: "find_match", interests: ["doubts"] });
  const [found] = await Promise.all([a.next("match_found"), b.next("match_found")]);
  a.say({ type: "decline_match", chat_id: found.chat_id });
  expect(await b.next("match_declined")).toEqual({ type: "match_declined" });
  b.say({ type: "message", chat_id: found.chat_id, text: "why?" });
  expect(await b.next("error")).toMatchObject({ code: "invalid_chat" });
  b.say({ type: "find_match", interests: ["hope"] });
  await b.next("matching_started");
});

test("[X9] the device comes back by cookie, no subprotocol is chosen", async () => {
  const a = await legacy();
  expect(a.cookie).toMatch(/^whisper_device=[\w.-]+; Path=\/ws; Max-Age=\d+; HttpOnly; SameSite=Lax$/);
  expect(a.chosen).toBeUndefined();
  const again = await legacy({ cookie: a.cookie?.split(";")[0] ?? "" });
  expect(again.cookie).toBe(a.cookie);
});

test("[X2] bytes of every kind are answered and close nothing", async () => {
  const one = await legacy();
  for (const wire of ["{", "[]", '{"type":"shout"}', new Uint8Array([0, 255]), "[".repeat(10_000)]) one.raw(wire);
  for (let i = 0; i < 5; i++)
    expect(await one.next("error")).toEqual({ type: "error", code: "parse_error", message: "invalid message format" });
  one.say({ type: "message", chat_id: "", text: "x".repeat(25_000) });
  expect(await one.next("error")).toMatchObject({ code: "frame_too_large" });
  one.say({ type: "ping" });
  await one.next("pong");
});
