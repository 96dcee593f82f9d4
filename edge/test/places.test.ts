import { expect, test } from "vitest";
import { cachedListing } from "../src/adapters/cached-listing.ts";
import { type FakePool, NEW_YORK, openEdge, refusalIn } from "./support/edge.ts";

const poolsOf = (endpoints: readonly { region: string; pool: string }[]) =>
  endpoints.map(({ region, pool }) => `${region}/${pool}`);

test("[E4] a pinned region is used wherever the caller is, and no other in its stead", async () => {
  const edge = await openEdge({
    pools: [
      { region: "eu-west", pool: "p1" },
      { region: "us-east", pool: "p1" },
      { region: "ap-south", pool: "p1", state: "draining" },
    ],
  });
  const pinned = await edge.admitted({}, { query: "?region=us-east" });
  expect(poolsOf(pinned.endpoints)).toEqual(["us-east/p1"]);
  const none = await edge.connect({}, { query: "?region=ap-south" });
  expect(await refusalIn(none)).toMatchObject({ status: 503, code: "no_capacity", retry_after: 5 });
});

test.for(["atlantis", "EU-WEST", "eu-west/p1", "", "__proto__", "a".repeat(300), "eu-west%00"])(
  "[E4] region '%s' is unknown_region",
  async (region) => {
    const edge = await openEdge();
    const answer = await edge.connect({}, { query: `?region=${encodeURIComponent(region)}` });
    expect(await refusalIn(answer)).toMatchObject({ status: 404, code: "unknown_region" });
  },
);

test("[E3] the geo header is believed only where a setting says so", async () => {
  const edge = await openEdge({ env: { WHISPER_GEO_OVERRIDE: "0" } });
  const answer = await edge.ask("/v1/regions", { geo: NEW_YORK });
  const { regions } = (await answer.json()) as { regions: { distance_km?: number }[] };
  expect(regions.every(({ distance_km }) => distance_km === undefined)).toBe(true);
});

test.for(["", "50", "50,8,1", "north,west", "500,8"])("[E3] geo '%s' is no place, and no error", async (geo) => {
  const edge = await openEdge();
  expect((await edge.connect({}, { geo })).status).toBe(200);
});

const BAD: readonly FakePool[] = [
  { region: "eu-west", pool: "draining", state: "draining" },
  { region: "eu-west", pool: "cordoned", state: "cordoned" },
  { region: "eu-west", pool: "silent", silentMs: 15_001 },
  { region: "eu-west", pool: "full", sockets: 1_000 },
];

test("[E6] draining, cordoned, silent and full pools are passed over", async () => {
  const edge = await openEdge({ pools: [...BAD, { region: "eu-west", pool: "good" }] });
  for (let i = 0; i < 8; i++) expect(poolsOf((await edge.admitted()).endpoints)).toEqual(["eu-west/good"]);
});

test("[E9] a region without room spills to the next nearest", async () => {
  const edge = await openEdge({
    pools: [...BAD, { region: "ap-south", pool: "p1" }, { region: "us-east", pool: "p1" }],
  });
  expect(poolsOf((await edge.admitted()).endpoints)).toEqual(["us-east/p1"]);
});

test("[E9] nothing left anywhere is no_capacity with a pause, in body and header", async () => {
  const edge = await openEdge({ pools: BAD });
  const answer = await edge.connect();
  expect(answer.headers.get("retry-after")).toBe("5");
  expect(await refusalIn(answer)).toMatchObject({ status: 503, code: "no_capacity", retry_after: 5 });
});

test("[E7] places promised by unexpired tickets are not promised again", async () => {
  const edge = await openEdge({
    pools: [
      { region: "eu-west", pool: "p1", sockets: 997 },
      { region: "us-east", pool: "p1" },
    ],
  });
  const regions: (string | undefined)[] = [];
  for (let i = 0; i < 4; i++) regions.push((await edge.admitted()).endpoints[0]?.region);
  expect(regions).toEqual(["eu-west", "eu-west", "eu-west", "us-east"]);
  edge.clock.ms += 36_000;
  expect((await edge.admitted()).endpoints[0]?.region).toBe("eu-west");
});

test("[E8] avoided pools are passed over while any other is left, and taken when none is", async () => {
  const edge = await openEdge();
  for (let i = 0; i < 8; i++) {
    expect(poolsOf((await edge.admitted({ avoid: ["eu-west/p1"] })).endpoints)).toEqual(["eu-west/p2"]);
  }
  expect(poolsOf((await edge.admitted({ avoid: ["p1", "p2"] })).endpoints).sort()).toEqual([
    "eu-west/p1",
    "eu-west/p2",
  ]);
});

test("[E12] a warm request asks the directory nothing, and a thousand of them no more", async () => {
  const edge = await openEdge({ env: { WHISPER_CONNECTS_PER_MIN: "9999", WHISPER_DEVICES_PER_MIN: "9999" } });
  const first = await edge.admitted();
  const before = (await edge.control({})).calls;
  for (let i = 0; i < 300; i++) {
    edge.clock.ms += 6;
    await edge.admitted({ session: first.session, device: first.device });
  }
  expect((await edge.control({})).calls).toBe(before);
  expect(before).toBe(1);
});

test("[E10] an aged copy is refreshed once behind the answers, however many ask at that moment", async () => {
  const edge = await openEdge({ env: { WHISPER_CONNECTS_PER_MIN: "9999", WHISPER_DEVICES_PER_MIN: "9999" } });
  await edge.admitted();
  await edge.publish([{ region: "ap-south", pool: "p1" }]);
  edge.clock.ms += 2_001;
  const crowd = await Promise.all(Array.from({ length: 20 }, () => edge.admitted()));
  expect(crowd[0]?.endpoints[0]?.region).toBe("eu-west");
  expect((await edge.admitted()).endpoints[0]?.region).toBe("ap-south");
  expect((await edge.control({})).calls).toBe(2);
});

test.for(["down", "garbage", "slow"] as const)(
  "[E11] a directory that is %s leaves the isolate's copy in use",
  async (mode) => {
    const edge = await openEdge();
    await edge.admitted();
    await edge.control({ mode });
    edge.clock.ms += 60_000;
    expect((await edge.connect()).status).toBe(200);
    const health = (await (await edge.ask("/healthz")).json()) as { status: string; directory_age_ms: number };
    expect(health).toMatchObject({ status: "ok", directory_age_ms: 60_000 });
  },
);

test("[E11] silence is measured by the copy's own time, so an old copy silences nobody", async () => {
  const edge = await openEdge();
  await edge.admitted();
  await edge.control({ mode: "down" });
  edge.clock.ms += 3_600_000;
  expect((await edge.admitted()).endpoints).toHaveLength(2);
});

test("[E11] a cold isolate takes the data centre's copy, and without one answers no_capacity", async () => {
  const edge = await openEdge();
  await edge.control({ mode: "down" });
  await caches.default.delete("https://directory.whisper.invalid/listing");
  expect(await refusalIn(await edge.connect())).toMatchObject({ status: 503, code: "no_capacity", retry_after: 5 });
  const warm = await openEdge({ pools: [{ region: "ap-south", pool: "p9" }] });
  await warm.admitted();
  const cold = await openEdge();
  await cold.control({ mode: "down" });
  expect(poolsOf((await cold.admitted()).endpoints)).toEqual(["ap-south/p9"]);
  expect((await cachedListing.load())?.reports).toHaveLength(1);
});

test.for([
  { why: "no field at all", fields: {} },
  { why: "no publisher's time", fields: { "eu-west/p1": "{}" } },
  { why: "a time that is none", fields: { at: "soon" } },
])("[E11] a directory with $why is no directory", async ({ fields }) => {
  const edge = await openEdge();
  await caches.default.delete("https://directory.whisper.invalid/listing");
  await edge.control({ fields });
  expect((await edge.connect()).status).toBe(503);
});

test("[E6] a spoilt report hides only itself", async () => {
  const edge = await openEdge();
  const lie = JSON.stringify({ region: "eu-west", pool: "p1" });
  await edge.publish([{ region: "us-east", pool: "p1" }], {
    "eu-west/p1": "{",
    "eu-west/p2": lie,
    "eu-west/p3": "null",
    "eu-west/p4": JSON.stringify({ ...JSON.parse(lie), url: "javascript:alert(1)" }),
    __proto__: "x",
  });
  expect(poolsOf((await edge.admitted()).endpoints)).toEqual(["us-east/p1"]);
});
