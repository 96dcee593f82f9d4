import { signJwt } from "@whisper/shared/credentials/jwt";
import { offeredProtocols } from "@whisper/shared/protocol/version";
import { expect, test } from "vitest";
import {
  claimsOf,
  type EdgeUnderTest,
  type FakePool,
  ORIGIN,
  openEdge,
  openSocketsAt,
  refusalIn,
  START_MS,
} from "./support/edge.ts";
import { resign, tamper } from "./support/forge.ts";

const upgrade = { upgrade: "websocket" };
const relay = (edge: EdgeUnderTest, ticket: string, headers: Record<string, string> = {}) =>
  edge.ask("/ws", {
    headers: { ...upgrade, "sec-websocket-protocol": offeredProtocols(ticket).join(", "), ...headers },
  });

const only = (kind: NonNullable<FakePool["kind"]>): readonly FakePool[] => [{ region: "eu-west", pool: "p1", kind }];

function nextFrame(socket: WebSocket): Promise<unknown> {
  return new Promise((resolve) => socket.addEventListener("message", ({ data }) => resolve(data), { once: true }));
}
function closing(socket: WebSocket): Promise<number> {
  return new Promise((resolve) => socket.addEventListener("close", ({ code }) => resolve(code), { once: true }));
}

test("[E21] a ticket's socket is relayed to its pool, and only whisper.v1 is picked", async () => {
  const edge = await openEdge({ pools: only("echo") });
  const answer = await relay(edge, (await edge.admitted()).ticket);
  expect([answer.status, answer.headers.get("sec-websocket-protocol")]).toEqual([101, "whisper.v1"]);
  const socket = answer.webSocket;
  if (socket === null) throw new TypeError("no socket");
  socket.accept();
  const frame = nextFrame(socket);
  socket.send('{"type":"ping"}');
  expect(await frame).toBe('{"type":"ping"}');
  const closed = closing(socket);
  socket.send("close 4000");
  expect(await closed).toBe(4_000);
});

test("[E21] the ticket's pools are tried in order, those that refuse or speak no v1 passed by", async () => {
  const pools = [
    { region: "eu-west", pool: "refuses", kind: "refuse" },
    { region: "eu-west", pool: "mute", kind: "mute" },
    { region: "eu-west", pool: "good", kind: "echo" },
  ] as const;
  const edge = await openEdge({ pools });
  for (let i = 0; i < 4; i++) expect((await relay(edge, (await edge.admitted()).ticket)).status).toBe(101);
});

test.for(["refuse", "mute"] as const)("[E21] pools that all %s are no_capacity", async (kind) => {
  const edge = await openEdge({ pools: only(kind) });
  const answer = await relay(edge, (await edge.admitted()).ticket);
  expect(await refusalIn(answer)).toMatchObject({ status: 503, code: "no_capacity", retry_after: 5 });
});

test("[E21] a socket that speaks no v1 is hung up, not forgotten", async () => {
  const edge = await openEdge({ pools: only("mute") });
  await relay(edge, (await edge.admitted()).ticket);
  await expect.poll(() => openSocketsAt("mute")).toBe(0);
});

test("[E21] a pool that has left the directory is not called", async () => {
  const edge = await openEdge({ pools: only("echo") });
  const { ticket } = await edge.admitted();
  await edge.publish([{ region: "eu-west", pool: "p2" }]);
  edge.clock.ms += 10_001;
  expect(await refusalIn(await relay(edge, ticket))).toMatchObject({ status: 503, code: "no_capacity" });
});

test("[E22] an expired ticket is the pool's to refuse: its close code comes through", async () => {
  const edge = await openEdge({ pools: only("stale") });
  const { ticket } = await edge.admitted();
  edge.clock.ms += 600_000;
  await edge.publish(only("stale"));
  const { webSocket } = await relay(edge, ticket);
  if (webSocket === null) throw new TypeError("no socket");
  const closed = closing(webSocket);
  webSocket.accept();
  expect(await closed).toBe(4_201);
});

const stranger = await (await openEdge()).admitted();
test.for([
  { why: "another edge signed", forge: () => stranger.ticket },
  { why: "was tampered with", forge: tamper },
  { why: "names other pools under its signature", forge: (t: string) => resign(t, {}, { aud: ["us-east/p1"] }) },
  { why: "has alg none", forge: (t: string) => resign(t, { alg: "none" }, {}, "") },
  { why: "is longer than any", forge: (t: string) => t + "A".repeat(1_024) },
  { why: "is empty", forge: () => "" },
])("[E23] a ticket that $why opens no door", async ({ forge }) => {
  const edge = await openEdge({ pools: only("echo") });
  const { ticket } = await edge.admitted();
  expect(await refusalIn(await relay(edge, forge(ticket)))).toMatchObject({ status: 400, code: "bad_request" });
});

test("[E23] a session token is no ticket, and a ticket without whisper.v1 beside it none", async () => {
  const edge = await openEdge({ pools: only("echo") });
  const { session, ticket } = await edge.admitted();
  expect((await relay(edge, session)).status).toBe(400);
  expect((await relay(edge, ticket, { "sec-websocket-protocol": `ticket.${ticket}` })).status).toBe(400);
  expect((await relay(edge, ticket, { origin: "https://evil.example" })).status).toBe(403);
  expect((await relay(edge, ticket, { origin: ORIGIN })).status).toBe(101);
});

test("[E24] a socket without a ticket goes to the legacy server, with hands to come in and open sockets", async () => {
  const without = await openEdge({ pools: only("echo") });
  expect(await refusalIn(await without.ask("/ws", { headers: upgrade }))).toMatchObject({ code: "not_found" });
  const edge = await openEdge({
    pools: only("echo"),
    serveLegacy: async (_request, hands) => {
      const admission = await hands.connect({ avoid: new Set() });
      const socket = await hands.openSocket(
        admission.ticket,
        admission.endpoints.map(({ url }) => url),
      );
      const frame = nextFrame(socket);
      socket.accept();
      socket.send("from the legacy server");
      return new Response(`${await frame} ${hands.nowMs()} ${hands.unit() < 1}`);
    },
  });
  const answer = await edge.ask("/ws", { headers: upgrade });
  expect(await answer.text()).toBe(`from the legacy server ${START_MS} true`);
});

test("[E24] a legacy client meets the same meters", async () => {
  const edge = await openEdge({
    env: { WHISPER_CONNECTS_PER_MIN: "1" },
    serveLegacy: async (_request, hands) => {
      await hands.connect({ avoid: new Set() });
      return new Response("in");
    },
  });
  expect((await edge.ask("/ws", { headers: upgrade })).status).toBe(200);
  expect(await refusalIn(await edge.ask("/ws", { headers: upgrade }))).toMatchObject({ status: 429, retry_after: 60 });
});

const forgetting = (edge: EdgeUnderTest, body: object) =>
  edge.ask("/v1/forget", {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "content-type": "application/json" },
  });

test("[E26] forget has a pool of the home region erase the caller, and says so when it is done", async () => {
  const edge = await openEdge({ pools: only("forgets") });
  const { session, device } = await edge.admitted();
  const answer = await forgetting(edge, { session, device });
  expect([answer.status, await answer.json()]).toEqual([200, { forgotten: true }]);
});

test.for(["stale", "full", "refuse"] as const)("[E26] a pool that %s has erased nothing: try again", async (kind) => {
  const edge = await openEdge({ pools: only(kind) });
  const { session, device } = await edge.admitted();
  expect(await refusalIn(await forgetting(edge, { session, device }))).toMatchObject({ status: 503, retry_after: 5 });
});

test("[E26] only a session that is whole, in time and with its device is forgotten", async () => {
  const edge = await openEdge({ pools: only("forgets") });
  const { session, device } = await edge.admitted();
  const other = await edge.admitted();
  for (const body of [
    {},
    { session },
    { device },
    { session, device: other.device },
    { session: tamper(session), device },
  ])
    expect(await refusalIn(await forgetting(edge, body))).toMatchObject({ status: 401, code: "session_expired" });
  edge.clock.ms += 86_400_001;
  expect((await forgetting(edge, { session, device })).status).toBe(401);
});

test("[E26] a home that left the directory cannot forget yet", async () => {
  const edge = await openEdge({ pools: only("forgets") });
  const { session, device } = await edge.admitted();
  await edge.publish([{ region: "us-east", pool: "p1", kind: "forgets" }]);
  edge.clock.ms += 10_001;
  expect(await refusalIn(await forgetting(edge, { session, device }))).toMatchObject({ status: 503 });
});

test("[T8] a clerk's ticket is relayed for who is handed over; it can neither mint nor erase", async () => {
  const { systemRandom } = await import("@whisper/shared/base/random");
  const { generateSigningKey, publicHalf } = await import("@whisper/shared/credentials/signing-keys");
  const { WebKeys } = await import("../src/adapters/web-keys.ts");
  const clerk = await generateSigningKey(0, systemRandom);
  const edge = await openEdge({ pools: only("echo") });
  const jwk = JSON.stringify({ ...publicHalf(clerk), use: "handover" });
  await edge.publish(only("echo"), { [`jwk:${clerk.kid}`]: jwk });
  const signer = await new WebKeys([clerk], 0).signerAt(START_MS);
  const { new: _, ...claims } = claimsOf((await edge.admitted()).ticket);
  expect((await relay(edge, await signJwt(claims, signer))).status).toBe(101);
  expect((await relay(edge, await signJwt({ ...claims, new: true }, signer))).status).toBe(400);
  expect((await relay(edge, await signJwt({ ...claims, scope: "forget" }, signer))).status).toBe(400);
});
