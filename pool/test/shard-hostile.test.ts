import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { meterOf } from "../src/shard/meter.ts";
import { meet } from "./support/meet.ts";
import { startRegion, type TestRegion } from "./support/region.ts";
import type { Stranger } from "./support/stranger.ts";
import { until } from "./support/until.ts";

// Bytes that no honest client sends: each gets the answer of the table, the process stands, and nobody else notices.

let region: TestRegion;
beforeAll(async () => {
  region = await startRegion({ settings: { socketsMax: 4_000, upgradesPerS: 100_000 } });
});
afterAll(() => region.stop());

async function inside(): Promise<Stranger> {
  const one = await region.enter();
  await one.next("session_created");
  return one;
}

/** Two people in a chat; the chat id. */
async function pair(where = region): Promise<{ a: Stranger; b: Stranger; chat: string }> {
  const [a, b] = [await where.enter(), await where.enter()];
  return { a, b, chat: await meet(a, b) };
}

/** The chat still works: a text goes over and its receipt comes back. */
async function stillTalks({ a, b, chat }: Awaited<ReturnType<typeof pair>>, id: number): Promise<void> {
  a.say({ type: "message", chat_id: chat, id, text: "still here" });
  await until("the text", () => b.heard.some((frame) => frame.type === "message" && frame.id === id));
  b.say({ type: "received", chat_id: chat, id });
  await until("the receipt", () => a.heard.some((frame) => frame.type === "delivered" && frame.id === id));
}

test("[F13] what cannot be read is answered with its code, and the socket stays", async () => {
  const one = await inside();
  const hostile: readonly (readonly [string | Buffer, string])[] = [
    ["not json", "parse_error"],
    ["", "parse_error"],
    ['{"type":"nope"}', "unsupported_type"],
    [`{"type":"ping","x":${"[".repeat(10_000)}`, "parse_error"],
    ['{"type":"find_match","interests":5}', "parse_error"],
    [Buffer.from('{"type":"ping"}'), "parse_error"],
    ["x".repeat(24_577), "frame_too_large"],
    ["x".repeat(65_000), "frame_too_large"],
    ['{"type":"end_chat","chat_id":"CCCCCCCCCCCCCCCCCCCCCA"}', "invalid_chat"],
    ['{"type":"accept_match","chat_id":"CCCCCCCCCCCCCCCCCCCCCA"}', "wrong_state"],
  ];
  for (const [bytes, code] of hostile) {
    one.socket.send(bytes);
    expect(await one.next("error"), String(bytes).slice(0, 40)).toMatchObject({ code });
  }
  one.say({ type: "ping" });
  await one.next("pong");
  one.leave();
});

test("[L2] 2,000 characters of the worst kind reach the partner, also escaped to ASCII; one more is refused", async () => {
  const { a, b, chat } = await pair();
  const escaped = [...LONG_ASTRAL]
    .map((one) => [0, 1].map((at) => `\\u${one.charCodeAt(at).toString(16)}`).join(""))
    .join("");
  const wireOf = (id: number, text: string): string =>
    `{"type":"message","chat_id":"${chat}","id":${id},"text":"${text}"}`;
  a.socket.send(wireOf(1, LONG_ASTRAL));
  a.socket.send(wireOf(2, escaped));
  expect(wireOf(2, escaped).length).toBeGreaterThan(24_000);
  for (const id of [1, 2]) expect(await b.next("message")).toMatchObject({ id, text: LONG_ASTRAL });
  a.socket.send(wireOf(3, `${escaped}a`));
  expect(await a.next("error")).toMatchObject({ code: "invalid_message", id: 3 });
  a.socket.send(wireOf(3, "\\ud800 alone"));
  expect(await b.next("message")).toMatchObject({ id: 3, text: "\ufffd alone" });
  a.leave();
  b.leave();
});

test("[F14] a frame above 65,536 bytes and invalid UTF-8 cut that socket alone", async () => {
  const chat = await pair();
  const long = await inside();
  long.socket.send("x".repeat(65_537));
  expect(await long.end()).toMatchObject({ code: 1006 });
  const spoilt = await inside();
  spoilt.socket.send(Buffer.from([0x22, 0xc3, 0x28, 0x22]), { binary: false });
  expect(await spoilt.end()).toMatchObject({ code: 1006 });
  await stillTalks(chat, 1);
});

test("[M6] more than 50 frames in a second end the socket as broken_client; texts are not counted among them", async () => {
  const { a, b, chat } = await pair();
  for (let i = 0; i < 120; i++) a.say({ type: "message", chat_id: chat, id: 1, text: "again" });
  a.say({ type: "ping" });
  await a.next("pong");
  for (let i = 0; i < 120; i++) b.say({ type: "ping" });
  expect(await b.end()).toMatchObject({ code: 4301 });
  a.leave();
});

test("[M7] more than 256 KiB of frames in 10 s end the socket as broken_client", async () => {
  const one = await inside();
  for (let i = 0; i < 12; i++) one.socket.send("x".repeat(24_000));
  expect(await one.end()).toMatchObject({ code: 4301 });
});

/** 2,000 letters that are no flood, and 2,000 that take two units each. */
const LONG = Array.from({ length: 2_000 }, (_, i) => String.fromCodePoint(0x4e00 + i)).join("");

const LONG_ASTRAL = Array.from({ length: 2_000 }, (_, i) => String.fromCodePoint(0x2_0000 + i)).join("");

test("[S26] a reader that never reads is closed as slow, resumable; meanwhile others talk", async () => {
  const wide = await startRegion({ settings: { textBytes: meterOf(1e9, 1_000) } });
  const [talkers, chat] = [await pair(wide), await pair(wide)];
  chat.b.socket.pause();
  const big = { type: "message", chat_id: chat.chat, id: 1, text: LONG }; // the first is new, the rest are resends
  const isCut = (): boolean => (wide.shards[0]?.numbers.closes.slow_reader ?? 0) === 1;
  for (let sent = 0; sent < 10_000 && !isCut(); sent++) {
    chat.a.say(big);
    if (sent % 100 === 99) await until("the writes", () => chat.a.socket.bufferedAmount === 0);
  }
  await until("the slow reader's end", isCut);
  await chat.a.next("partner_away");
  await stillTalks(talkers, 1);
  for (const one of [chat.a, chat.b, talkers.a, talkers.b]) one.vanish();
  await wide.stop();
}, 30_000);

/** Sockets that open and send `bytes`, then nothing. */
async function silentCrowd(count: number, bytes: string | Buffer): Promise<Socket[]> {
  const port = Number(new URL(region.urlOf(0)).port);
  const crowd = await Promise.all(
    Array.from(
      { length: count },
      (_, i) =>
        new Promise<Socket>((resolve, reject) => {
          const socket = connect({ port, host: "127.0.0.1", localAddress: `127.0.0.${2 + (i % 8)}` });
          socket.once("connect", () => {
            socket.write(bytes);
            resolve(socket);
          });
          socket.once("error", reject);
        }),
    ),
  );
  return crowd;
}

test("[S27] a thousand half HTTP requests, and a thousand sockets that send half a frame header, slow nobody", async () => {
  const chat = await pair();
  const halfRequests = await silentCrowd(1_000, "GET /v1/socket HTTP/1.1\r\nHost: x\r\nUpgra");
  await stillTalks(chat, 1);
  const halfFrames: Stranger[] = [];
  for (let i = 0; i < 1_000; i++) halfFrames.push(await region.enter());
  await until("all inside", () => halfFrames.every((one) => one.heard.length > 0), 20_000);
  for (const one of halfFrames) (one.socket as unknown as { _socket: Socket })._socket.write(Buffer.from([0x81]));
  await stillTalks(chat, 2);
  for (const socket of halfRequests) socket.destroy();
  for (const one of halfFrames) one.vanish();
  await until("their going", () => (region.shards[0]?.report().sockets ?? 0) < 20);
  await stillTalks(chat, 3);
  chat.a.leave();
  chat.b.leave();
}, 60_000);

test("[S28] a fragmented text is put together; a ping of the protocol is answered, a close is answered", async () => {
  const { a, b, chat } = await pair();
  const wire = JSON.stringify({ type: "message", chat_id: chat, id: 1, text: "in pieces" });
  a.socket.send(wire.slice(0, 30), { fin: false });
  a.socket.ping("still there?");
  a.socket.send(wire.slice(30), { fin: true });
  expect(await b.next("message")).toMatchObject({ text: "in pieces" });
  await new Promise<void>((resolve) => {
    a.socket.once("pong", () => resolve());
    a.socket.ping();
  });
  a.socket.close(1000);
  expect(await a.end()).toMatchObject({ code: 1000 });
  b.leave();
});
