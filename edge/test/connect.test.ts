import { systemRandom } from "@whisper/shared/base/random";
import { audienceOf, type DeviceClaims, type SessionClaims } from "@whisper/shared/credentials/claims";
import { deviceHashOf } from "@whisper/shared/credentials/device-hash";
import { generateSigningKey } from "@whisper/shared/credentials/signing-keys";
import { CONNECT_BODY_BYTES_MAX } from "@whisper/shared/limits";
import { expect, test } from "vitest";
import { claimsOf, NEW_YORK, ORIGIN, openEdge, refusalIn, START_MS } from "./support/edge.ts";
import { resign, tamper } from "./support/forge.ts";

test("[E1] somebody new gets a session, a device, one ticket and up to three pools of the nearest region", async () => {
  const edge = await openEdge();
  const admission = await edge.admitted();
  const ticket = claimsOf(admission.ticket);
  expect(admission.protocol).toBe("whisper.v1");
  expect(admission.endpoints.map(({ region }) => region)).toEqual(["eu-west", "eu-west"]);
  expect(admission.expires_at).toBe(START_MS + 86_400_000);
  expect(admission.session_id).toBe(ticket.sub);
  expect((await edge.admitted({}, { geo: NEW_YORK })).endpoints[0]?.region).toBe("us-east");
  expect((await edge.ask("/v1/connect", { method: "POST" })).status).toBe(200);
});

test("[T1] a ticket says who, whence, in which lane, for which pools in the order of the endpoints, for 30 s", async () => {
  const edge = await openEdge();
  const admission = await edge.admitted();
  const ticket = claimsOf(admission.ticket);
  expect(ticket.aud).toEqual(admission.endpoints.map(({ region, pool }) => audienceOf(region, pool)));
  expect(ticket).toMatchObject({ typ: "ticket", home: "eu-west", lane: "live", new: true });
  expect([ticket.exp - ticket.iat, ticket.exp * 1_000]).toEqual([30, admission.ticket_expires_at]);
  expect(ticket.dev).toBe(await deviceHashOf(claimsOf<DeviceClaims>(admission.device).sub));
  expect(ticket.net).toMatch(/^[A-Za-z0-9_-]{16}$/);
  expect(ticket.scope).toBeUndefined();
  expect(admission.ticket.length).toBeLessThanOrEqual(1_024);
});

test("[T1] the longest ticket there can be fits the limit that pools check", async () => {
  const names = ["a", "b", "c"].map((letter) => `pool-${letter.repeat(19)}`);
  const keys = [{ ...(await generateSigningKey(0, systemRandom)), kid: "k".repeat(32) }];
  const edge = await openEdge({ keys, pools: names.map((pool) => ({ region: "ap-south", pool })) });
  const { ticket } = await edge.admitted();
  expect(claimsOf(ticket).aud).toHaveLength(3);
  expect(ticket.length + 3 * (24 - "ap-south".length) * 2).toBeLessThan(1_024);
});

test("[E2] who holds session and device comes back as the same session, home first, with a higher epoch", async () => {
  const edge = await openEdge();
  const first = await edge.admitted();
  const again = await edge.admitted({ session: first.session, device: first.device }, { geo: NEW_YORK });
  const ticket = claimsOf(again.ticket);
  expect(again.session_id).toBe(first.session_id);
  expect(again.device).toBe(first.device);
  expect(again.endpoints[0]?.region).toBe("eu-west");
  expect(ticket.new).toBeUndefined();
  expect(ticket.ep).toBeGreaterThanOrEqual(claimsOf(first.ticket).ep + 4);
  expect(claimsOf<SessionClaims>(again.session).ep).toBe(ticket.ep);
});

test("[T10] an epoch rises also when the clock goes back, with room for three pools below the next", async () => {
  const edge = await openEdge();
  const first = await edge.admitted();
  edge.clock.ms = START_MS - 5_000;
  const again = await edge.admitted({ session: first.session, device: first.device });
  expect(claimsOf(again.ticket).ep).toBe(claimsOf(first.ticket).ep + 4);
  expect(claimsOf(first.ticket).ep % 4).toBe(0);
});

test("[E2] a home that has no room is left for the nearest, and stays home", async () => {
  const edge = await openEdge();
  const first = await edge.admitted();
  await edge.publish([
    { region: "eu-west", pool: "p1", state: "draining" },
    { region: "us-east", pool: "p1" },
  ]);
  edge.clock.ms += 10_001;
  await edge.publish([
    { region: "eu-west", pool: "p1", state: "draining" },
    { region: "us-east", pool: "p1" },
  ]);
  const again = await edge.admitted({ session: first.session, device: first.device });
  expect(again.endpoints.map(({ region }) => region)).toEqual(["us-east"]);
  expect(claimsOf(again.ticket)).toMatchObject({ sub: first.session_id, home: "eu-west" });
});

const other = await openEdge();
const stranger = await other.admitted();
test.for([
  { why: "without its device", give: (mine: Pair) => ({ session: mine.session }) },
  {
    why: "with another's device",
    give: (mine: Pair, theirs: Pair) => ({ session: mine.session, device: theirs.device }),
  },
  { why: "that another edge's keys signed", give: () => ({ session: stranger.session, device: stranger.device }) },
  { why: "with a byte changed", give: (mine: Pair) => ({ ...mine, session: tamper(mine.session) }) },
  { why: "cut short", give: (mine: Pair) => ({ ...mine, session: mine.session.slice(0, -1) }) },
  { why: "with alg none", give: (mine: Pair) => ({ ...mine, session: resign(mine.session, { alg: "none" }, {}, "") }) },
  { why: "with alg HS256", give: (mine: Pair) => ({ ...mine, session: resign(mine.session, { alg: "HS256" }) }) },
  {
    why: "with another's id under the old signature",
    give: (mine: Pair) => ({ ...mine, session: resign(mine.session, {}, { sub: "A".repeat(22) }) }),
  },
  { why: "that is a ticket", give: (mine: Pair) => ({ ...mine, session: mine.ticket }) },
  { why: "that is a device token", give: (mine: Pair) => ({ ...mine, session: mine.device }) },
  { why: "that is no token", give: (mine: Pair) => ({ ...mine, session: ".." }) },
  { why: "that is empty", give: (mine: Pair) => ({ ...mine, session: "" }) },
])("[T9] a session token $why resumes nothing: its holder comes as somebody new", async ({ give }) => {
  const edge = await openEdge();
  const mine = await edge.admitted();
  const theirs = await edge.admitted();
  const again = await edge.admitted(give(mine, theirs));
  expect([mine.session_id, theirs.session_id, stranger.session_id]).not.toContain(again.session_id);
  expect(claimsOf(again.ticket).new).toBe(true);
});
type Pair = { readonly session: string; readonly device: string; readonly ticket: string };

test("[T9] a session that is over is no error: somebody new, on the same device", async () => {
  const edge = await openEdge();
  const first = await edge.admitted();
  edge.clock.ms += 86_400_001;
  const again = await edge.admitted({ session: first.session, device: first.device });
  expect(again.session_id).not.toBe(first.session_id);
  expect(again.device).toBe(first.device);
  expect(claimsOf(again.ticket)).toMatchObject({ new: true, dev: claimsOf(first.ticket).dev });
});

test("[T11] a device token past half its life is signed anew for the same device; an expired or forged one is not", async () => {
  const edge = await openEdge();
  const first = await edge.admitted();
  edge.clock.ms += 91 * 86_400_000;
  const renewed = await edge.admitted({ device: first.device });
  expect(renewed.device).not.toBe(first.device);
  expect(claimsOf(renewed.ticket).dev).toBe(claimsOf(first.ticket).dev);
  const forged = await edge.admitted({ device: tamper(first.device) });
  expect(claimsOf(forged.ticket).dev).not.toBe(claimsOf(first.ticket).dev);
  edge.clock.ms += 90 * 86_400_000;
  const over = await edge.admitted({ device: first.device });
  expect(claimsOf(over.ticket).dev).not.toBe(claimsOf(first.ticket).dev);
});

test("[T12] a network's hash is the same for a /64 and a month, and tells nothing of the address", async () => {
  const edge = await openEdge();
  const from = async (address: string) =>
    claimsOf((await edge.admitted({}, { headers: { "cf-connecting-ip": address } })).ticket).net;
  const one = await from("2001:db8:1:2::1");
  expect(await from("2001:db8:1:2:ffff::9")).toBe(one);
  expect(await from("2001:db8:1:3::1")).not.toBe(one);
  edge.clock.ms += 31 * 86_400_000;
  await edge.publish([{ region: "eu-west", pool: "p1" }]);
  expect(await from("2001:db8:1:2::1")).not.toBe(one);
});

test.for([
  { why: "no JSON", body: "{" },
  { why: "a list", body: "[]" },
  { why: "null", body: "null" },
  { why: "a number", body: "7" },
  { why: "a session that is no text", body: { session: 7 } },
  { why: "a device that is null", body: { device: null } },
  { why: "a challenge of 2,049 characters", body: { challenge: "x".repeat(2_049) } },
  { why: "avoid as text", body: { avoid: "p1" } },
  { why: "avoid with a number", body: { avoid: [1] } },
  { why: "avoid with a name that is none", body: { avoid: ["../p1"] } },
  { why: "avoid with 33 names", body: { avoid: Array.from({ length: 33 }, () => "p1") } },
])("[E15] a body that is $why is bad_request", async ({ body }) => {
  const edge = await openEdge();
  expect(await refusalIn(await edge.connect(body))).toMatchObject({ status: 400, code: "bad_request" });
});

test("[E15] bytes that are no UTF-8 are bad_request; fields nobody knows are not looked at", async () => {
  const edge = await openEdge();
  const headers = { "content-type": "application/json" };
  const answer = await edge.ask("/v1/connect", { method: "POST", headers, body: Uint8Array.of(0x7b, 0xff, 0x7d) });
  expect(await refusalIn(answer)).toMatchObject({ status: 400, code: "bad_request" });
  expect((await edge.connect({ __proto__: { session: 1 }, constructor: 1, later: { deep: [] } })).status).toBe(200);
});

test("[E15] the longest legal body passes, one byte more is too_large, also without a length and without an end", async () => {
  const edge = await openEdge();
  const body = (bytes: number) => `{"x":"${"a".repeat(bytes - 8)}"}`;
  expect((await edge.connect(body(CONNECT_BODY_BYTES_MAX))).status).toBe(200);
  expect(await refusalIn(await edge.connect(body(CONNECT_BODY_BYTES_MAX + 1)))).toMatchObject({ status: 413 });
  const endless = new ReadableStream<Uint8Array>({ pull: (to) => to.enqueue(new Uint8Array(4_096).fill(0x20)) });
  const init = { method: "POST", body: endless, duplex: "half", headers: { "content-type": "application/json" } };
  expect(await refusalIn(await edge.ask("/v1/connect", init))).toMatchObject({ status: 413, code: "too_large" });
});

test.for([
  "text/plain",
  "application/x-www-form-urlencoded",
  "multipart/form-data; boundary=x",
  "application/jsonp",
  "",
])("[E15] content type '%s' is bad_request: no form of another site gets in", async (type) => {
  const edge = await openEdge();
  const answer = await edge.connect({}, { headers: { "content-type": type } });
  expect(await refusalIn(answer)).toMatchObject({ status: 400, code: "bad_request" });
});

test.for(["GET", "PUT", "DELETE", "PATCH"])("[E16] %s /v1/connect is not_found", async (method) => {
  const edge = await openEdge();
  expect(await refusalIn(await edge.ask("/v1/connect", { method }))).toMatchObject({ status: 404, code: "not_found" });
});

test("[E17] another site's page is refused before its body is read, and a page of the list is told so", async () => {
  const edge = await openEdge();
  for (const origin of ["https://evil.example", `${ORIGIN}.evil.example`, "null", "http://chat.example.org"]) {
    const answer = await edge.connect("{", { headers: { origin } });
    expect(answer.headers.get("access-control-allow-origin")).toBeNull();
    expect(await refusalIn(answer)).toMatchObject({ status: 403, code: "forbidden_origin" });
  }
  const answer = await edge.connect({}, { headers: { origin: ORIGIN } });
  expect(answer.status).toBe(200);
  expect(answer.headers.get("access-control-allow-origin")).toBe(ORIGIN);
  expect(answer.headers.get("access-control-allow-credentials")).toBeNull();
  expect((await edge.connect("{", { headers: { origin: ORIGIN } })).headers.get("access-control-allow-origin")).toBe(
    ORIGIN,
  );
});

test("[E17] a preflight of the list is answered, another's is not", async () => {
  const edge = await openEdge();
  const preflight = (origin: string) => edge.ask("/v1/connect", { method: "OPTIONS", headers: { origin } });
  const good = await preflight(ORIGIN);
  expect([good.status, good.headers.get("access-control-allow-headers")]).toEqual([204, "content-type, authorization"]);
  expect((await preflight("https://evil.example")).status).toBe(403);
});

test("[E17] production does not take its own address for an origin of the list", async () => {
  const strict = {
    WHISPER_ENV: "production",
    WHISPER_GEO_OVERRIDE: "0",
    WHISPER_SOCKET_SOURCES: "wss://*.example.org",
  };
  const edge = await openEdge({ env: { ...strict, WHISPER_UPSTASH_URL: "https://directory.invalid" } });
  const answer = await edge.ask("/v1/regions", { headers: { origin: "http://edge.test" } });
  expect(await refusalIn(answer)).toMatchObject({ status: 403, code: "forbidden_origin" });
});
