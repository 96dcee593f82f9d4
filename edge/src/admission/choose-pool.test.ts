import type { RegionName } from "@whisper/shared/base/ids";
import type { Random } from "@whisper/shared/base/random";
import { type PoolReport, parsePoolReport } from "@whisper/shared/directory/pool-report";
import { expect, test } from "vitest";
import { choosePools, freePlaces } from "./choose-pool.ts";

const AT_MS = 1_000_000;
const EU = "eu-west" as RegionName;
const US = "us-east" as RegionName;

function pool(region: string, name: string, more: Partial<Record<keyof PoolReport, unknown>> = {}): PoolReport {
  const url = "ws://127.0.0.1:9001/v1/socket";
  const whole = {
    region,
    pool: name,
    url,
    lat: 1,
    lon: 1,
    state: "up",
    live: 0,
    sockets: 0,
    socketsMax: 100,
    atMs: AT_MS,
    ...more,
  };
  const parsed = parsePoolReport(whole);
  if (parsed === undefined) throw new TypeError("a report of the test is wrong");
  return parsed;
}
function seeded(seed: number): Random {
  let state = seed;
  const unit = (): number => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
  return { bytes: () => new Uint8Array(0), unit };
}
const free = (report: PoolReport): number => freePlaces(report, 0, AT_MS);
const choose = (
  pools: readonly PoolReport[],
  regions: readonly RegionName[],
  avoid: readonly string[] = [],
  seed = 7,
) =>
  choosePools(pools, free, { regions, avoid: new Set(avoid) }, seeded(seed)).map((one) => `${one.region}/${one.pool}`);

test.for([
  { why: "draining", more: { state: "draining" } },
  { why: "cordoned", more: { state: "cordoned" } },
  { why: "full", more: { sockets: 100 } },
  { why: "over full", more: { sockets: 101 } },
  { why: "silent for more than 15 s", more: { atMs: AT_MS - 15_001 } },
  { why: "heard from the future", more: { atMs: AT_MS + 15_001 } },
])("[E6] a pool that is $why has no place", ({ more }) => {
  expect(free(pool(EU, "p1", more))).toBe(0);
  expect(choose([pool(EU, "p1", more), pool(EU, "p2")], [EU])).toEqual(["eu-west/p2"]);
});

test("[E6] a pool heard 15 s ago still counts, by the directory's own time", () => {
  expect(free(pool(EU, "p1", { atMs: AT_MS - 15_000, sockets: 99 }))).toBe(1);
});

test("[E7] promised places are not free, and free places are never below zero", () => {
  expect(freePlaces(pool(EU, "p1", { sockets: 40 }), 59, AT_MS)).toBe(1);
  expect(freePlaces(pool(EU, "p1", { sockets: 40 }), 61, AT_MS)).toBe(0);
});

test("[E5] at most three pools, each once, all of one region", () => {
  const pools = [..."abcdefgh"].map((name) => pool(EU, name)).concat(pool(US, "a"));
  for (let seed = 1; seed < 200; seed++) {
    const chosen = choose(pools, [EU, US], [], seed);
    expect(chosen).toHaveLength(3);
    expect(new Set(chosen).size).toBe(3);
    expect(chosen.every((name) => name.startsWith("eu-west/"))).toBe(true);
  }
});

test("[E5] of two random pools the freer one: the least loaded is not herded to, the fullest is never first", () => {
  const names = [..."abcdefghij"];
  const pools = names.map((name, at) => pool(EU, name, { sockets: at * 10 }));
  const firsts = new Map<string, number>();
  const random = seeded(20_260_101);
  const rounds = 20_000;
  for (let i = 0; i < rounds; i++) {
    const first = choosePools(pools, free, { regions: [EU], avoid: new Set() }, random)[0]?.pool ?? "none";
    firsts.set(first, (firsts.get(first) ?? 0) + 1);
  }
  // Of n pools the k-th freest wins a pair with chance 2(n-k)/(n(n-1)): 20 % for the freest, 0 for the fullest.
  for (const [at, name] of names.entries()) {
    const expected = (2 * (names.length - 1 - at)) / (names.length * (names.length - 1));
    expect(Math.abs((firsts.get(name) ?? 0) / rounds - expected)).toBeLessThan(0.012);
  }
});

test("[E8] an avoided pool is passed over, by bare name or with its region", () => {
  const pools = [pool(EU, "p1"), pool(EU, "p2"), pool(US, "p1")];
  expect(choose(pools, [EU, US], ["eu-west/p1"])).toEqual(["eu-west/p2"]);
  expect(choose(pools, [EU, US], ["p2", "eu-west/p1"])).toEqual(["us-east/p1"]);
});

test("[E8] when nothing else is left anywhere, avoided pools are taken, nearest first", () => {
  const pools = [pool(EU, "p1"), pool(US, "p1")];
  expect(choose(pools, [EU, US], ["p1"])).toEqual(["eu-west/p1"]);
});

test("[E9] a region without room spills to the next in order; none left is an empty answer", () => {
  const full = { sockets: 100 };
  expect(choose([pool(EU, "p1", full), pool(EU, "p2", full), pool(US, "p1")], [EU, US])).toEqual(["us-east/p1"]);
  expect(choose([pool(EU, "p1", full), pool(US, "p1", full)], [EU, US])).toEqual([]);
  expect(choose([], [EU, US])).toEqual([]);
  expect(choose([pool(US, "p1")], [EU])).toEqual([]);
});

test("[E5] chance at its very ends picks pools that exist", () => {
  const pools = [pool(EU, "p1"), pool(EU, "p2"), pool(EU, "p3")];
  for (const unit of [0, 0.999_999_999]) {
    const random: Random = { bytes: () => new Uint8Array(0), unit: () => unit };
    expect(choosePools(pools, free, { regions: [EU], avoid: new Set() }, random)).toHaveLength(3);
  }
});
