import { createExecutionContext } from "cloudflare:test";
import { systemRandom } from "@whisper/shared/base/random";
import { generateSigningKey } from "@whisper/shared/credentials/signing-keys";
import { expect, test } from "vitest";
import { pagePolicy } from "../src/middleware/headers.ts";
import worker from "../src/worker.ts";
import { NEW_YORK, ORIGIN, openEdge, refusalIn } from "./support/edge.ts";
import { tamper } from "./support/forge.ts";

test("[E16] every refusal has one shape, its status, and a name to quote it by", async () => {
  const edge = await openEdge();
  for (const [path, init, status, code] of [
    ["/v1/connect", { method: "POST", body: "{", headers: { "content-type": "application/json" } }, 400, "bad_request"],
    ["/v1/nothing", {}, 404, "not_found"],
    ["/v1/online", { method: "POST" }, 404, "not_found"],
    ["/nothing", {}, 404, "not_found"],
    ["/nothing", { method: "POST" }, 404, "not_found"],
    ["/ws", {}, 400, "bad_request"],
    ["/v1/forget", { method: "POST" }, 401, "session_expired"],
    ["/v1/online", { headers: { origin: "https://evil.example" } }, 403, "forbidden_origin"],
  ] as const) {
    const answer = await edge.ask(path, init);
    expect(answer.headers.get("content-type")).toMatch(/^application\/json/);
    const { error } = (await answer.json()) as { error: Record<string, unknown> };
    expect([path, answer.status, error.code]).toEqual([path, status, code]);
    expect(Object.keys(error).filter((key) => key !== "retry_after")).toEqual(["code", "message"]);
  }
});

test("[E16] a fault of ours is our_fault, and neither its words nor its stack leave the process", async () => {
  const edge = await openEdge();
  Object.assign(edge.isolate.directory, { at: () => Promise.reject(new TypeError("secret words")) });
  const answer = await edge.connect();
  const text = await answer.clone().text();
  expect(text).not.toContain("secret");
  expect(text).not.toContain("TypeError");
  expect(await refusalIn(answer)).toMatchObject({ status: 500, code: "our_fault" });
});

test("[T14] no token comes back in a refusal, and none is asked for in an address", async () => {
  const edge = await openEdge();
  const mine = await edge.admitted();
  const session = tamper(mine.session);
  for (const answer of [
    await edge.connect(`{"session":"${session}"`),
    await edge.connect({ session, device: mine.device }, { query: "?region=nowhere" }),
    await edge.connect({ session, avoid: [mine.ticket] }),
    await edge.connect({}, { headers: { authorization: `Bearer ${session}` } }),
    await edge.ask("/v1/forget", {
      method: "POST",
      body: JSON.stringify({ session }),
      headers: { "content-type": "application/json" },
    }),
  ]) {
    expect(answer.status).toBeGreaterThanOrEqual(400);
    const told = (await answer.text()) + JSON.stringify([...answer.headers]);
    for (const token of [session, mine.device, mine.ticket]) expect(told).not.toContain(token.slice(-30));
  }
  const inAddress = await edge.admitted({}, { query: `?session=${mine.session}&device=${mine.device}` });
  expect(inAddress.session_id).not.toBe(mine.session_id);
});

test("[E18] nothing of the API is kept by anybody, and none of it can be shown as a page", async () => {
  const edge = await openEdge();
  for (const path of ["/healthz", "/v1/online", "/v1/nothing", "/.well-known/jwks.json"]) {
    const { headers } = await edge.ask(path);
    expect(headers.get("cache-control")).toBe("no-store");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("content-security-policy")).toBe("default-src 'none'; frame-ancestors 'none'");
    expect(headers.get("x-request-id")).toMatch(/^[A-Za-z0-9_-]{12}$/);
  }
});

test("[E18] the page may open sockets to the pools alone, run its own scripts, and the challenge's where there is one", async () => {
  const plain = pagePolicy({ socketSources: ["wss://*.example.org"], turnstile: undefined });
  expect(plain).toContain("connect-src 'self' wss://*.example.org;");
  expect(plain).toContain("script-src 'self';");
  expect(plain).not.toMatch(/unsafe|\s\*|https:\/\//);
  const { config } = (
    await openEdge({
      env: { WHISPER_TURNSTILE_SITEKEY: "k", WHISPER_TURNSTILE_SECRET: "s", WHISPER_TURNSTILE_HOSTNAMES: "a.org" },
    })
  ).isolate;
  expect(pagePolicy(config)).toContain("script-src 'self' https://challenges.cloudflare.com;");
});

test("[E19] who is online: people of lane live on pools that are heard, by region", async () => {
  const edge = await openEdge({
    pools: [
      { region: "eu-west", pool: "p1", sockets: 900, live: 7 },
      { region: "eu-west", pool: "p2", live: 5, state: "draining" },
      { region: "us-east", pool: "p1", live: 2 },
      { region: "ap-south", pool: "p1", live: 99, silentMs: 16_000 },
    ],
  });
  for (const path of ["/v1/online", "/api/online"])
    expect(await (await edge.ask(path)).json()).toEqual({ count: 14, regions: { "eu-west": 12, "us-east": 2 } });
});

test("[E20] regions nearest first, with distance, pools, free places and state; ports in development only", async () => {
  const pools = [
    { region: "eu-west", pool: "p1", sockets: 400 },
    { region: "eu-west", pool: "p2", silentMs: 16_000 },
    { region: "us-east", pool: "p1", state: "draining" },
    { region: "ap-south", pool: "p1", sockets: 1_000 },
  ] as const;
  const edge = await openEdge({ pools });
  const { regions } = (await (await edge.ask("/v1/regions", { geo: NEW_YORK })).json()) as { regions: object[] };
  expect(regions).toMatchObject([
    { region: "us-east", pools: 1, free: 0, state: "draining" },
    { region: "eu-west", pools: 1, free: 600, state: "up" },
    { region: "ap-south", pools: 1, free: 0, state: "full" },
  ]);
  expect(regions[0]).toMatchObject({ distance_km: 354, ports: [{ pool: "p1", ops: "127.0.0.1:9101" }] });
  const quiet = await openEdge({ pools: [{ region: "eu-west", pool: "p1", silentMs: 16_000 }] });
  const silent = (await (await quiet.ask("/v1/regions")).json()) as { regions: object[] };
  expect(silent.regions).toMatchObject([{ state: "silent", pools: 0, free: 0 }]);
});

test("[E25] health answers also without a directory, and says how old it is", async () => {
  const edge = await openEdge();
  await edge.control({ mode: "down" });
  await caches.default.delete("https://directory.whisper.invalid/listing");
  expect(await (await edge.ask("/health")).json()).toEqual({ status: "ok", directory_age_ms: null, pools: 0 });
  await edge.control({ mode: "up" });
  edge.clock.ms += 2_000;
  expect(await (await edge.ask("/healthz")).json()).toEqual({ status: "ok", directory_age_ms: 0, pools: 3 });
});

test("[E28] a Worker whose settings are wrong answers our_fault to everything, and tells none of them", async () => {
  const key = await generateSigningKey(0, systemRandom);
  const env = { WHISPER_SIGNING_KEYS: JSON.stringify([key]), WHISPER_NETWORK_KEY: "short", WHISPER_TYPO: "1" };
  const answer = await worker.fetch(new Request("http://edge.test/healthz"), env, createExecutionContext());
  expect(answer.status).toBe(500);
  expect(await answer.text()).not.toMatch(/short|TYPO|NETWORK/);
});

test("[E17] the allow-list is exact also for answers that only tell", async () => {
  const edge = await openEdge();
  const answer = await edge.ask("/v1/online", { headers: { origin: ORIGIN } });
  expect(answer.headers.get("access-control-allow-origin")).toBe(ORIGIN);
  expect(answer.headers.get("vary")).toContain("origin");
});
