import { deepEqual, equal, ok } from "node:assert/strict";
import type { AddressInfo } from "node:net";
import { afterEach, test } from "vitest";
import { type WebSocket as ServerSocket, WebSocketServer } from "ws";
import { CHAT, ME } from "../../test/support/brain.ts";
import type { ServerFrame } from "../protocol/server-frames.ts";
import { browserWorld, memoryKeep } from "./browser-world.ts";
import type { ClientWorld, View, WhisperClient } from "./view.ts";
import { createWhisperClient } from "./whisper-client.ts";

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** A shard of few words on a real socket: greets, and hands what it hears to the test. */
async function pool(onFrame: (say: (frame: ServerFrame) => void, frame: Record<string, unknown>) => void) {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0, handleProtocols: () => "whisper.v1" });
  await new Promise((listening) => server.once("listening", listening));
  const offered: (string | undefined)[] = [];
  server.on("connection", (socket: ServerSocket, request) => {
    offered.push(request.headers["sec-websocket-protocol"]);
    const say = (frame: ServerFrame): void => socket.send(JSON.stringify(frame));
    socket.send("no JSON");
    socket.send('{"type":"of_next_year"}');
    socket.send(new Uint8Array([1, 2, 3]));
    say({ type: "session_created", session_id: ME, resume: false });
    socket.on("message", (wire) => onFrame(say, JSON.parse(String(wire))));
  });
  closers.push(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  return { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/v1/socket`, offered };
}

/** Node's own fetch, sockets and timers, but for the edge's answer. */
function nodeWorld(url: string, part: Partial<ClientWorld> = {}, first = url): ClientWorld {
  const admission = {
    session: "s",
    session_id: ME,
    device: "d",
    ticket: "t",
    endpoints: [first, url].map((one, i) => ({ url: one, region: "eu-west", pool: `p${i}` })),
  };
  return { ...browserWorld("http://127.0.0.1:9"), fetch: async () => Response.json(admission), ...part };
}

function until(client: WhisperClient, holds: (view: View) => boolean): Promise<View> {
  return new Promise((done, fail) => {
    const late = setTimeout(() => fail(new Error("it did not come to that")), 5_000);
    const look = (view: View): void => {
      if (!holds(view)) return;
      clearTimeout(late);
      stop();
      done(view);
    };
    const stop = client.subscribe(look);
    look(client.view());
  });
}

const obliging = (say: (frame: ServerFrame) => void, frame: Record<string, unknown>): void => {
  if (frame.type === "find_match") {
    say({ type: "matching_started", timeout: 30 });
    say({ type: "match_found", chat_id: CHAT, shared_interests: [], accept_deadline: 15 });
  }
  if (frame.type === "accept_match") say({ type: "match_accepted", chat_id: CHAT });
  if (frame.type === "message") {
    say({ type: "delivered", chat_id: CHAT, id: Number(frame.id) });
    say({ type: "message", from: "partner", id: Number(frame.id), text: `you said ${frame.text}`, ts: 1 });
  }
};

test("[C24] in Node, over a real socket: comes in, meets, talks, leaves; what it cannot read it skips", async () => {
  const { url, offered } = await pool(obliging);
  const client = createWhisperClient(nodeWorld(url));
  client.seek(["tea"]);
  await until(client, (view) => view.now.scene === "proposed");
  client.accept();
  await until(client, (view) => view.now.scene === "chatting");
  equal(client.say("hello"), true);
  equal(client.say(""), false);
  const view = await until(client, (one) => one.transcript.length === 2);
  deepEqual(
    view.transcript.map(({ from, text, state }) => [from, text, state]),
    [
      ["me", "hello", "delivered"],
      ["partner", "you said hello", undefined],
    ],
  );
  deepEqual(offered, ["whisper.v1, ticket.t"]);
  client.close();
  equal(client.view().connection, "offline");
});

test("[C24] listeners hear of a change once a task at most, and not after they have stopped", async () => {
  const { url } = await pool(obliging);
  const client = createWhisperClient(nodeWorld(url));
  closers.push(() => client.close());
  let heard = 0;
  const stop = client.subscribe(() => void heard++);
  client.seek([]);
  client.cancel();
  client.seek([]);
  equal(heard, 0);
  await Promise.resolve();
  equal(heard, 1);
  const view = client.view();
  ok(client.view() === view, "a view is replaced, never rebuilt without need");
  stop();
  client.cancel();
  await Promise.resolve();
  equal(heard, 1);
});

test("[C21] storage that throws, at once or in mid-chat, breaks no chat, and leaves no half memory behind", async () => {
  const { url } = await pool(obliging);
  const forbidden = (): never => {
    throw new Error("QuotaExceededError");
  };
  const tab = memoryKeep();
  let isFull = false;
  const filling = { ...tab, setItem: (key: string, value: string) => (isFull ? forbidden() : tab.setItem(key, value)) };
  const closed = { getItem: forbidden, setItem: forbidden, removeItem: forbidden };
  for (const world of [nodeWorld(url, { tab: filling }), nodeWorld(url, { tab: closed, device: closed })]) {
    const client = createWhisperClient(world);
    closers.push(() => client.close());
    client.seek([]);
    await until(client, (view) => view.now.scene === "proposed");
    client.accept();
    await until(client, (view) => view.now.scene === "chatting");
    isFull = true;
    client.say("hello");
    await until(client, (view) => view.transcript.length === 2);
  }
  deepEqual([tab.getItem("whisper.tab"), tab.getItem("whisper.chat")], [null, null]);
});

test.each([
  ["that no socket takes", "wss://["],
  ["of a forbidden port", "ws://127.0.0.1:9/v1/socket"],
  ["where nobody listens", "ws://127.0.0.1:1/v1/socket"],
])("[C14] an address %s is passed over for the next at once", async (_, first) => {
  const { url } = await pool(obliging);
  const client = createWhisperClient(nodeWorld(url, { chance: () => 0 }, first));
  closers.push(() => client.close());
  client.connect();
  await until(client, (view) => view.connection === "open");
});

test("[C22] an edge that is away, or says what cannot be read: the client waits and tries again", async () => {
  const { url } = await pool(obliging);
  const good = nodeWorld(url);
  const answers: (() => Promise<Response>)[] = [
    () => Promise.reject(new TypeError("network")),
    async () => new Response("<html>", { status: 502 }),
    async () => Response.json(null),
    async () => Response.json({ session: 1 }),
    async () => Response.json({ error: { code: "of_next_year" } }, { status: 418 }),
    async () => Response.json({ error: { code: "rate_limited", retry_after: 0 } }, { status: 429 }),
    () => good.fetch(""),
  ];
  let asked = 0;
  const fetch = (): Promise<Response> => (answers[asked++] ?? good.fetch)("");
  const client = createWhisperClient({ ...good, fetch, chance: () => 0 });
  closers.push(() => client.close());
  client.connect();
  await until(client, (view) => view.connection === "open");
  equal(asked, answers.length);
});
