import { Refusal } from "@whisper/shared/errors";
import { expect, test } from "vitest";
import { CHAT, ME } from "../../test/support/played-legacy.ts";
import type { LegacyHands } from "../routes/socket.ts";
import { deviceCookie, deviceIn } from "./device-cookie.ts";
import { serveLegacy } from "./serve-legacy.ts";

type Heard = { readonly frames: Record<string, unknown>[]; closed: number | undefined };

/** Waits until `holds`, or fails after two seconds. */
async function until(holds: () => boolean): Promise<void> {
  for (let i = 0; i < 400 && !holds(); i++) await new Promise((next) => setTimeout(next, 5));
  expect(holds()).toBe(true);
}

function listen(socket: WebSocket): Heard {
  const heard: Heard = { frames: [], closed: undefined };
  socket.addEventListener("message", ({ data }) => void heard.frames.push(JSON.parse(String(data))));
  socket.addEventListener("close", ({ code }) => {
    heard.closed = code;
  });
  socket.accept();
  return heard;
}

/** A pool that greets and writes down what it hears; a legacy client on the other side. */
async function serve(part: Partial<LegacyHands> = {}, headers: Record<string, string> = {}) {
  const pools: { readonly socket: WebSocket; readonly heard: Heard }[] = [];
  const asked: unknown[] = [];
  const hands: LegacyHands = {
    connect: async (ask) => {
      asked.push(ask);
      return {
        session: "s",
        session_id: ME,
        device: "device.token",
        expires_at: 1,
        ticket: "t",
        ticket_expires_at: 1,
        protocol: "whisper.v1",
        endpoints: [{ url: "wss://pool/v1/socket", region: "eu-west", pool: "a" }],
      };
    },
    openSocket: async () => {
      const pair = new WebSocketPair();
      const socket = pair[1];
      pools.push({ socket, heard: listen(socket) });
      const resume = pools.length > 1;
      socket.send(JSON.stringify({ type: "session_created", session_id: ME, resume }));
      if (resume) socket.send(JSON.stringify({ type: "resumed", place: "chatting", chat_id: CHAT }));
      return pair[0];
    },
    nowMs: () => performance.timeOrigin + performance.now(),
    unit: () => 0,
    ...part,
  };
  const answer = await serveLegacy(new Request("https://whisper.example/ws", { headers }), hands);
  const socket = answer.webSocket;
  if (socket === null) throw new TypeError("no socket");
  const heard = listen(socket);
  const say = (frame: object): void => socket.send(JSON.stringify(frame));
  const up = (type: string): Record<string, unknown>[] =>
    pools.flatMap((pool) => pool.heard.frames).filter((frame) => frame.type === type);
  const down = (type: string): boolean => heard.frames.some((frame) => frame.type === type);
  async function chat(): Promise<void> {
    await until(() => down("session_created"));
    say({ type: "find_match", interests: [] });
    await until(() => up("find_match").length === 1);
    tell({ type: "matching_started", timeout: 30 });
    tell({ type: "match_found", chat_id: CHAT, shared_interests: [], accept_deadline: 15 });
    await until(() => down("match_found"));
    say({ type: "accept_match", chat_id: CHAT });
    await until(() => up("accept_match").length === 1);
    tell({ type: "match_accepted", chat_id: CHAT });
    await until(() => down("match_accepted"));
  }
  const tell = (frame: object): void => pools.at(-1)?.socket.send(JSON.stringify(frame));
  return { answer, socket, heard, say, tell, up, down, chat, pools, asked };
}

test("[X9] the 101 chooses no subprotocol and keeps the device token where no script reads it", async () => {
  const { answer, asked } = await serve({}, { cookie: "a=b; whisper_device=held.token; c=d" });
  expect(answer.status).toBe(101);
  expect(answer.headers.get("sec-websocket-protocol")).toBeNull();
  expect(answer.headers.get("set-cookie")).toBe(
    "whisper_device=device.token; Path=/ws; Max-Age=15552000; HttpOnly; SameSite=Lax; Secure",
  );
  expect(asked).toMatchObject([{ device: "held.token" }]);
});

test.each([
  [null, undefined],
  ["", undefined],
  ["whisper_device", undefined],
  ["whisper_device=", undefined],
  ["xwhisper_device=a", undefined],
  ['whisper_device="a b"', undefined],
  [`whisper_device=${"a".repeat(3_000)}`, undefined],
  [" whisper_device = a.b-c_d ", "a.b-c_d"],
])("[X9] a cookie header %s holds the token %s", (header, token) => {
  expect(deviceIn(header)).toBe(token);
});

test("[X9] over plain HTTP the cookie is not `Secure`, or it would not be kept", () => {
  expect(deviceCookie("t", false)).not.toContain("Secure");
});

test("[X8] when a chatting client's socket closes, the chat is ended before the upstream socket", async () => {
  const { socket, up, pools, chat } = await serve();
  await chat();
  socket.close(1000);
  await until(() => pools[0]?.heard.closed !== undefined);
  expect(up("end_chat")).toEqual([{ type: "end_chat", chat_id: CHAT }]);
});

test("[X8] when a seeking client's socket closes, the search is cancelled", async () => {
  const { socket, say, up, pools, down } = await serve();
  await until(() => down("session_created"));
  say({ type: "find_match", interests: [] });
  await until(() => up("find_match").length === 1);
  socket.close(1000);
  await until(() => pools[0]?.heard.closed !== undefined);
  expect(up("cancel_match")).toHaveLength(1);
});

test("[X8] gone while there is no link: the chat is ended on the next one, then left", async () => {
  const { socket, up, pools, chat } = await serve();
  await chat();
  pools[0]?.socket.close(4000);
  socket.close(1000);
  await until(() => pools[1]?.heard.closed !== undefined);
  expect(up("end_chat")).toEqual([{ type: "end_chat", chat_id: CHAT }]);
});

test("[X7] the upstream socket may be cut in mid-chat: the legacy client does not notice, texts on their way arrive", async () => {
  const { heard, say, tell, up, pools, chat } = await serve();
  await chat();
  const before = heard.frames.length;
  say({ type: "message", chat_id: CHAT, text: "hello" });
  await until(() => up("message").length === 1);
  pools[0]?.socket.close(4100);
  await until(() => up("message").length === 2);
  tell({ type: "delivered", chat_id: CHAT, id: 1 });
  tell({ type: "message", from: "partner", id: 1, text: "hi", ts: 5 });
  await until(() => heard.frames.length > before);
  expect(heard.frames.slice(before)).toEqual([{ type: "message", from: "partner", text: "hi", ts: 5 }]);
  expect(heard.closed).toBeUndefined();
});

test("[X7] a pool that goes away is left for another without a word, and the chat goes on there", async () => {
  const { heard, say, tell, up, pools, chat, asked } = await serve();
  await chat();
  const before = heard.frames.length;
  const endpoints = [{ url: "wss://other/v1/socket", region: "eu-west", pool: "b" }];
  tell({ type: "moving", after_ms: 0, reason: "draining", endpoints, ticket: "handover" });
  await until(() => pools[0]?.heard.closed !== undefined);
  expect([pools.length, asked.length]).toEqual([2, 1]);
  say({ type: "message", chat_id: CHAT, text: "hello" });
  await until(() => up("message").length === 1);
  expect(pools[1]?.heard.frames.at(-1)).toMatchObject({ type: "message", id: 1, text: "hello" });
  expect([heard.frames.length, heard.closed]).toEqual([before, undefined]);
});

test("[X10] a ban that the edge knows is told on the socket, then it is closed; other refusals refuse the handshake", async () => {
  const refuse = (code: "banned" | "rate_limited") => async (): Promise<never> => {
    throw new Refusal(code, { retryAfterS: 90 });
  };
  const { heard, answer } = await serve({ connect: refuse("banned") });
  await until(() => heard.closed !== undefined);
  expect(heard.frames).toMatchObject([{ type: "banned" }]);
  expect(Math.abs(Number(heard.frames[0]?.duration) - 90)).toBeLessThanOrEqual(1);
  expect(answer.headers.get("set-cookie")).toBeNull();
  await expect(serve({ connect: refuse("rate_limited") })).rejects.toMatchObject({ code: "rate_limited" });
});

test("[X2] more than fifty frames in a second close the socket, and the chat upstream is ended", async () => {
  const { heard, say, up, chat } = await serve();
  await chat();
  for (let i = 0; i < 60; i++) say({ type: "ping" });
  await until(() => heard.closed === 1008);
  await until(() => up("end_chat").length === 1);
});

test("[X7] pools that are all shut: the client is kept waiting, not closed", async () => {
  let tries = 0;
  const { heard, down } = await serve({
    openSocket: async () => {
      tries++;
      throw new Refusal("no_capacity");
    },
  });
  await until(() => tries >= 3);
  expect([heard.closed, down("session_created")]).toEqual([undefined, false]);
});
