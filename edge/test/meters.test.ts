import { expect, test } from "vitest";
import { bindingMeter, bucketMeter } from "../src/adapters/rate-gate.ts";
import { openEdge, refusalIn } from "./support/edge.ts";

const FEW = { WHISPER_CONNECTS_PER_MIN: "3", WHISPER_DEVICES_PER_MIN: "2" };
const GATED = {
  ...FEW,
  WHISPER_TURNSTILE_SITEKEY: "site-key",
  WHISPER_TURNSTILE_SECRET: "turnstile-secret",
  WHISPER_TURNSTILE_HOSTNAMES: "chat.example.org,www.example.org",
};
const from = (address: string) => ({ headers: { "cf-connecting-ip": address } });

test("[E13] above the connects of a network the answer is rate_limited with a pause, until time has passed", async () => {
  const edge = await openEdge({ env: FEW });
  const mine = await edge.admitted();
  const again = { session: mine.session, device: mine.device };
  for (let i = 0; i < 2; i++) expect((await edge.connect(again)).status).toBe(200);
  const refused = await edge.connect(again);
  expect(refused.headers.get("retry-after")).toBe("20");
  expect(await refusalIn(refused)).toMatchObject({ status: 429, code: "rate_limited", retry_after: 20 });
  edge.clock.ms += 19_000;
  expect((await edge.connect(again)).status).toBe(429);
  edge.clock.ms += 1_000;
  expect((await edge.connect(again)).status).toBe(200);
});

test("[E13] new devices have a meter of their own, which a known device does not touch", async () => {
  const edge = await openEdge({ env: { ...FEW, WHISPER_CONNECTS_PER_MIN: "9" } });
  const mine = await edge.admitted();
  await edge.admitted();
  expect(await refusalIn(await edge.connect())).toMatchObject({ status: 429, retry_after: 30 });
  expect((await edge.connect({ device: mine.device })).status).toBe(200);
});

test("[E13] a /64 is one network, another is another, and who tells no address shares one", async () => {
  const edge = await openEdge({ env: FEW });
  for (const tail of ["1", "2"]) expect((await edge.connect({}, from(`2001:db8:0:1::${tail}`))).status).toBe(200);
  expect((await edge.connect({}, from("2001:db8:0:1:ff::3"))).status).toBe(429);
  expect((await edge.connect({}, from("2001:db8:0:2::3"))).status).toBe(200);
  for (let i = 0; i < 2; i++) await edge.connect({}, from("junk"));
  expect((await edge.connect({}, from("other junk"))).status).toBe(429);
});

test("[E14] above a meter a proof of being a person is asked for, with what shows it, and lets in", async () => {
  const edge = await openEdge({ env: GATED });
  for (let i = 0; i < 2; i++) await edge.admitted();
  const wanted = await refusalIn(await edge.connect());
  expect(wanted).toMatchObject({ status: 401, code: "challenge_required", sitekey: "site-key", action: "connect" });
  expect((await edge.connect({ challenge: "good-1" })).status).toBe(200);
});

test("[E14] below the meters a proof is not even looked at", async () => {
  const edge = await openEdge({ env: GATED });
  expect((await edge.connect({ challenge: "garbage" })).status).toBe(200);
  expect((await edge.control({})).verified).toBe(0);
});

test.for([
  { why: "siteverify does not know", challenge: "forged" },
  { why: "was shown on another host", challenge: "hostname" },
  { why: "was given for another action", challenge: "action" },
  { why: "is answered with success as text", challenge: "text" },
  { why: "meets a broken siteverify", challenge: "broken" },
  { why: "gets no answer in 3 s", challenge: "timeout" },
  { why: "is empty", challenge: "" },
])("[E14] a proof that $why does not hold", async ({ challenge }) => {
  const edge = await openEdge({ env: GATED });
  for (let i = 0; i < 2; i++) await edge.admitted();
  expect(await refusalIn(await edge.connect({ challenge }))).toMatchObject({ status: 401, code: "challenge_required" });
});

test("[E14] a proof is good once", async () => {
  const edge = await openEdge({ env: GATED });
  for (let i = 0; i < 2; i++) await edge.admitted();
  expect((await edge.connect({ challenge: "good-twice" })).status).toBe(200);
  expect((await edge.connect({ challenge: "good-twice" })).status).toBe(401);
});

test("[E14] one proof serves one connect, though both meters are over", async () => {
  const edge = await openEdge({ env: { ...GATED, WHISPER_CONNECTS_PER_MIN: "1", WHISPER_DEVICES_PER_MIN: "1" } });
  await edge.admitted();
  expect((await edge.connect({ challenge: "good-both" })).status).toBe(200);
  expect((await edge.control({})).verified).toBe(1);
});

test("[E13] the bucket knows ten thousand networks and forgets the oldest, never the meter of the newest", async () => {
  const meter = bucketMeter(1);
  expect(await meter.take("first", 0)).toBe("taken");
  expect(await meter.take("first", 0)).toEqual({ retryAfterS: 60 });
  for (let i = 0; i < 10_000; i++) await meter.take(`n${i}`, 0);
  expect(await meter.take("n9999", 0)).toEqual({ retryAfterS: 60 });
  expect(await meter.take("first", 0)).toBe("taken");
});

test("[E13] a clock that goes back gives nothing, and never more than a full bucket", async () => {
  const meter = bucketMeter(2);
  for (let i = 0; i < 2; i++) expect(await meter.take("n", 100_000)).toBe("taken");
  expect(await meter.take("n", 0)).not.toBe("taken");
  for (let i = 0; i < 2; i++) expect(await meter.take("n", 9_000_000)).toBe("taken");
  expect(await meter.take("n", 9_000_000)).not.toBe("taken");
});

test("[E13] the platform's meter is asked by network; when it is away people come in", async () => {
  const keys: string[] = [];
  const log = { warn: () => undefined };
  const limit = async ({ key }: { key: string }) => ({ success: keys.push(key) < 2 });
  const meter = bindingMeter({ limit }, log);
  expect(await meter.take("192.0.2.1", 0)).toBe("taken");
  expect(await meter.take("192.0.2.1", 0)).toEqual({ retryAfterS: 60 });
  expect(keys).toEqual(["192.0.2.1", "192.0.2.1"]);
  const away = bindingMeter({ limit: async () => Promise.reject(new TypeError("away")) }, log);
  expect(await away.take("192.0.2.1", 0)).toBe("taken");
});
