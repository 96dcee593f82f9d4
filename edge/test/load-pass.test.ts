import type { SessionClaims } from "@whisper/shared/credentials/claims";
import { signJwt } from "@whisper/shared/credentials/jwt";
import { expect, test } from "vitest";
import type { Admission } from "../src/admission/come-in.ts";
import { claimsOf, type EdgeUnderTest, openEdge, refusalIn, START_MS } from "./support/edge.ts";
import { resign, tamper } from "./support/forge.ts";

const FEW = { WHISPER_CONNECTS_PER_MIN: "1", WHISPER_DEVICES_PER_MIN: "1" };

async function passFor(edge: EdgeUnderTest, claims: object = {}): Promise<string> {
  const iat = START_MS / 1_000;
  const whole = { typ: "load", region: "us-east", sessions: 50, iat, exp: iat + 3_600, ...claims };
  return signJwt(whole, await edge.isolate.keys.signerAt(START_MS));
}
const bearer = (pass: string) => ({ authorization: `Bearer ${pass}` });

test("[E27] a load pass lifts the meters, pins its region, and brings in lane test alone", async () => {
  const edge = await openEdge({ env: FEW });
  const headers = bearer(await passFor(edge));
  for (let i = 0; i < 5; i++) {
    const admission = await edge.admitted({}, { headers });
    expect(admission.endpoints[0]?.region).toBe("us-east");
    expect(claimsOf(admission.ticket)).toMatchObject({ lane: "test", new: true });
  }
  const [first] = [await edge.admitted({}, { headers })];
  const again = await edge.admitted({ session: first.session, device: first.device }, { headers });
  expect([again.session_id, claimsOf<SessionClaims>(again.session).lane]).toEqual([first.session_id, "test"]);
});

test("[E27] count mints that many people at once, each with own session, device and ticket", async () => {
  const edge = await openEdge({ env: FEW });
  const headers = bearer(await passFor(edge));
  const answer = await edge.connect({}, { query: "?count=50", headers });
  const { sessions } = (await answer.json()) as { sessions: Admission[] };
  expect(sessions).toHaveLength(50);
  for (const field of ["session", "session_id", "device", "ticket"] as const)
    expect(new Set(sessions.map((one) => one[field])).size).toBe(50);
});

test("[E27] a pass has an end: what it may mint, over all its calls", async () => {
  const edge = await openEdge();
  const headers = bearer(await passFor(edge, { sessions: 3 }));
  expect((await edge.connect({}, { query: "?count=2", headers })).status).toBe(200);
  expect(await refusalIn(await edge.connect({}, { query: "?count=2", headers }))).toMatchObject({ status: 429 });
  const last = await edge.admitted({}, { headers });
  expect((await edge.connect({}, { headers })).status).toBe(429);
  const back = { session: last.session, device: last.device };
  expect((await edge.connect(back, { headers })).status).toBe(200);
});

test("[E27] a session of lane live does not become one of lane test by a pass", async () => {
  const edge = await openEdge();
  const live = await edge.admitted();
  const body = { session: live.session, device: live.device };
  const test = await edge.admitted(body, { headers: bearer(await passFor(edge)) });
  expect(test.session_id).not.toBe(live.session_id);
  expect(claimsOf(test.ticket).lane).toBe("test");
});

test.for(["0", "1001", "-1", "1.5", "1e2", "many", ""])("[E27] count '%s' is bad_request", async (count) => {
  const edge = await openEdge();
  const answer = await edge.connect({}, { query: `?count=${count}`, headers: bearer(await passFor(edge)) });
  expect(await refusalIn(answer)).toMatchObject({ status: 400, code: "bad_request" });
});

test("[E27] count without a pass, or another region than the pass's, is bad_request", async () => {
  const edge = await openEdge();
  expect((await edge.connect({}, { query: "?count=2" })).status).toBe(400);
  const headers = bearer(await passFor(edge));
  expect((await edge.connect({}, { query: "?region=eu-west", headers })).status).toBe(400);
  expect((await edge.connect({}, { query: "?region=us-east", headers })).status).toBe(200);
});

test.for([
  { why: "tampered", pass: async (edge: EdgeUnderTest) => tamper(await passFor(edge)), status: 400 },
  {
    why: "raised under its old signature",
    pass: async (edge: EdgeUnderTest) => resign(await passFor(edge), {}, { sessions: 9e6 }),
    status: 400,
  },
  { why: "without a region", pass: (edge: EdgeUnderTest) => passFor(edge, { region: undefined }), status: 400 },
  { why: "for no session", pass: (edge: EdgeUnderTest) => passFor(edge, { sessions: 0 }), status: 400 },
  { why: "a session token", pass: async (edge: EdgeUnderTest) => (await edge.admitted()).session, status: 400 },
  { why: "words", pass: async () => "let me in", status: 400 },
  { why: "over", pass: (edge: EdgeUnderTest) => passFor(edge, { exp: START_MS / 1_000 - 1 }), status: 401 },
])("[E27] a pass that is $why is refused, and not taken as none", async ({ pass, status }) => {
  const edge = await openEdge();
  expect((await edge.connect({}, { headers: bearer(await pass(edge)) })).status).toBe(status);
});
