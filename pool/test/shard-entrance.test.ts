import { toBase64Url } from "@whisper/shared/base/base64url";
import { systemClock } from "@whisper/shared/base/clock";
import { newSessionId, type SessionId } from "@whisper/shared/base/ids";
import { systemRandom } from "@whisper/shared/base/random";
import { audienceOf } from "@whisper/shared/credentials/claims";
import { afterAll, beforeAll, expect, test } from "vitest";
import { newDevice, REGION, startRegion, type TestRegion } from "./support/region.ts";
import { Stranger } from "./support/stranger.ts";
import { until } from "./support/until.ts";

// Who gets in, and what everyone else is told: real tickets on real sockets.

let region: TestRegion;
beforeAll(async () => {
  region = await startRegion();
});
afterAll(() => region.stop());

const utf8 = new TextEncoder();
const part = (value: object): string => toBase64Url(utf8.encode(JSON.stringify(value)));
const refusedWith = async (ticket: string): Promise<number> => {
  const stranger = Stranger.withTicket(region.urlOf(0), ticket);
  return until("the refusal", () => stranger.refusedStatus);
};

test("[S11] a good ticket is answered with session_created first, resume false for somebody new", async () => {
  const session = newSessionId(systemRandom);
  const one = await region.enter({ session, fresh: true });
  expect(await one.next("session_created")).toEqual({ type: "session_created", session_id: session, resume: false });
  expect(one.socket.protocol).toBe("whisper.v1");
  one.leave();
});

test("[S12] a ticket works once: the second use is closed as stale, the first socket stays", async () => {
  const ticket = await region.ticket({ new: true });
  const one = Stranger.withTicket(region.urlOf(0), ticket);
  await one.next("session_created");
  const two = Stranger.withTicket(region.urlOf(0), ticket);
  expect(await two.end()).toMatchObject({ code: 4200 });
  one.say({ type: "ping" });
  await one.next("pong");
  one.leave();
});

test("[S13] a newer socket of a session takes over; the older is closed so that its client does not fight back", async () => {
  const [session, device] = [newSessionId(systemRandom), newDevice()];
  const old = await region.enter({ session, device, fresh: true });
  await old.next("session_created");
  const young = await region.enter({ session, device });
  expect(await young.next("session_created")).toMatchObject({ session_id: session, resume: true });
  expect(await young.next("resumed")).toMatchObject({ place: "idle" });
  expect(await old.end()).toMatchObject({ code: 4302 });
  young.say({ type: "ping" });
  await young.next("pong");
  young.leave();
});

test("[S14] an expired ticket is told so after the 101, and 5 s of leeway are given", async () => {
  const now = Math.floor(systemClock.nowMs() / 1_000);
  const late = Stranger.withTicket(region.urlOf(0), await region.ticket({ new: true, iat: now - 60, exp: now - 30 }));
  expect(await late.end()).toMatchObject({ code: 4201 });
  const nearly = Stranger.withTicket(region.urlOf(0), await region.ticket({ new: true, iat: now - 33, exp: now - 3 }));
  await nearly.next("session_created");
  nearly.leave();
});

test("[S15] a ticket for another pool, tampered with, unsigned, by an unknown key or none at all opens no socket", async () => {
  const good = await region.ticket({ new: true });
  const [head, body, signature] = good.split(".") as [string, string, string];
  const claims = JSON.parse(Buffer.from(body, "base64url").toString()) as Record<string, unknown>;
  const header = JSON.parse(Buffer.from(head, "base64url").toString()) as Record<string, unknown>;
  expect(await refusedWith(await region.ticket({ aud: [audienceOf(REGION, "p9")] }))).toBe(403);
  expect(await refusedWith(`${head}.${part({ ...claims, ep: 8 })}.${signature}`)).toBe(401);
  expect(await refusedWith(`${part({ ...header, alg: "none" })}.${body}.`)).toBe(400);
  expect(await refusedWith(`${part({ ...header, alg: "none" })}.${body}.${signature}`)).toBe(400);
  expect(await refusedWith(`${part({ ...header, kid: "nobody" })}.${body}.${signature}`)).toBe(401);
  expect(await refusedWith(`${head}.${body}`)).toBe(400);
  expect(await refusedWith("a".repeat(2_000))).toBe(400);
  const bare = new Stranger(region.urlOf(0), ["whisper.v1"]);
  expect(await until("the refusal", () => bare.refusedStatus)).toBe(400);
});

test("[S16] claims that are not a ticket's are refused whoever signed them", async () => {
  const now = Math.floor(systemClock.nowMs() / 1_000);
  const claims = {
    typ: "ticket",
    sub: newSessionId(systemRandom),
    home: REGION,
    dev: newDevice(),
    net: "n",
    lane: "live",
    aud: [audienceOf(REGION, "p1")],
    ep: 4,
    iat: now,
    exp: now + 30,
  };
  const wrong = [
    { ...claims, typ: "session" },
    { ...claims, sub: "x" },
    { ...claims, aud: [] },
    { ...claims, aud: Array(4).fill(audienceOf(REGION, "p1")) },
    { ...claims, lane: "best" },
    { ...claims, ep: "4" },
    { ...claims, ep: 1e300 },
    { ...claims, exp: undefined },
    { ...claims, scope: "all" },
    { ...claims, dev: null },
  ];
  for (const one of wrong) expect(await refusedWith(await region.sign(one)), JSON.stringify(one)).toBe(400);
});

test("[S17] somebody else's device does not resume a session", async () => {
  const session = newSessionId(systemRandom);
  const owner = await region.enter({ session, fresh: true });
  await owner.next("session_created");
  const thief = await region.enter({ session });
  expect(await thief.end()).toMatchObject({ code: 4200 });
  expect(owner.closed).toBeUndefined();
  owner.leave();
});

test("[S18] a banned device is told after the 101 how long; the ban ends nobody else", async () => {
  const device = newDevice();
  await region.records.ban(device, systemClock.nowMs() + 600_000, "spam", systemClock.nowMs());
  const banned = await region.enter({ device });
  const { code, reason } = await banned.end();
  expect(code).toBe(4300);
  expect(Number(/^retry_after=(\d+)$/.exec(reason)?.[1])).toBeGreaterThan(590);
});

test("[S70] before it is closed a banned device's socket is told why and for how long, and nothing else", async () => {
  const device = newDevice();
  await region.records.ban(device, systemClock.nowMs() + 600_000, "multiple_reports", systemClock.nowMs());
  const banned = await region.enter({ device });
  const { duration, reason } = await banned.next("banned");
  expect(reason).toBe("multiple_reports");
  expect(duration).toBeGreaterThan(590);
  expect(await banned.end()).toEqual({ code: 4300, reason: `retry_after=${duration}` });
  expect(banned.heard).toHaveLength(1);
});

test("[S19] a session whose record is gone comes in as new under its old name", async () => {
  const session = newSessionId(systemRandom);
  const one = await region.enter({ session });
  expect(await one.next("session_created")).toEqual({ type: "session_created", session_id: session, resume: false });
  one.leave();
});

test("[S20] a ticket of scope forget erases the record and ends the sockets of that session", async () => {
  const [session, device] = [newSessionId(systemRandom), newDevice()];
  const one = await region.enter({ session, device, fresh: true });
  await one.next("session_created");
  const forget = Stranger.withTicket(
    region.urlOf(0),
    await region.ticket({ sub: session, dev: device, scope: "forget" }),
  );
  expect((await forget.end()).code).toBe(1000);
  await one.end();
  const again = await region.enter({ session, device });
  expect(await again.next("session_created")).toMatchObject({ resume: false });
  again.leave();
});

test("[S21] a full shard says so after the 101, with a pause, and lets the next in when a place is free", async () => {
  const small = await startRegion({ settings: { socketsMax: 1 } });
  const first = await small.enter();
  await first.next("session_created");
  const second = await small.enter();
  expect(await second.end()).toEqual({ code: 4202, reason: "retry_after=1" });
  first.leave();
  await until("the free place", () => small.shards[0]?.report().sockets === 0);
  const third = await small.enter();
  await third.next("session_created");
  await small.stop();
  expect(await third.end()).toMatchObject({ code: 4000 });
});

test("[S22] upgrades above the bucket are refused with 503 before any signature is looked at", async () => {
  const slow = await startRegion({ settings: { upgradesPerS: 2 } });
  const tickets = await Promise.all(Array.from({ length: 12 }, () => slow.ticket({ new: true })));
  const crowd = tickets.map((ticket) => Stranger.withTicket(slow.urlOf(0), ticket));
  await until("an answer for all", () => crowd.every((one) => one.refusedStatus !== undefined || one.heard.length > 0));
  const refused = crowd.filter((one) => one.refusedStatus === 503).length;
  expect(refused).toBeGreaterThanOrEqual(8);
  expect(slow.shards[0]?.numbers.upgrades.too_many).toBe(refused);
  await slow.stop();
});

test("[S23] nothing is sent before session_created, and frames that come too early get wrong_state", async () => {
  const session: SessionId = newSessionId(systemRandom);
  const eager = await region.enter({ session, fresh: true });
  await until("the socket", () => eager.socket.readyState === 1);
  eager.say({ type: "find_match", interests: [] });
  eager.say({ type: "ping" });
  await eager.next("session_created");
  const before = eager.heard.slice(
    0,
    eager.heard.findIndex((frame) => frame.type === "session_created"),
  );
  for (const frame of before) expect(frame).toMatchObject({ type: "error", code: "wrong_state" });
  eager.leave();
});
