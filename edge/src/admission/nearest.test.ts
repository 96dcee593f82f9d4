import type { Random } from "@whisper/shared/base/random";
import { distanceKm } from "@whisper/shared/directory/distance";
import { parsePoolReport } from "@whisper/shared/directory/pool-report";
import { expect, test } from "vitest";
import { placeOf, regionsByDistance } from "./nearest.ts";

const FRANKFURT = { lat: 50.11, lon: 8.68 };
const SYDNEY = { lat: -33.87, lon: 151.21 };
const SUVA = { lat: -18.14, lon: 178.44 };
const APIA = { lat: -13.83, lon: -171.77 };

test.for([
  { name: "a place to itself", from: FRANKFURT, to: FRANKFURT, km: 0 },
  { name: "half round the world", from: { lat: 0, lon: 0 }, to: { lat: 0, lon: 180 }, km: 20_015 },
  { name: "pole to pole", from: { lat: 90, lon: 12 }, to: { lat: -90, lon: -40 }, km: 20_015 },
  { name: "across the date line", from: SUVA, to: APIA, km: 1151 },
  { name: "Frankfurt to Sydney", from: FRANKFURT, to: SYDNEY, km: 16_486 },
])("[E3] the great circle of $name is $km km", ({ from, to, km }) => {
  expect(Math.abs(distanceKm(from, to) - km)).toBeLessThanOrEqual(km * 0.006 + 1);
  expect(distanceKm(from, to)).toBeCloseTo(distanceKm(to, from), 6);
});

test.for([
  ["91", "0"],
  ["-90.1", "0"],
  ["0", "180.5"],
  ["", ""],
  ["north", "1"],
  ["1e2", "1"],
  ["NaN", "0"],
  [undefined, "3"],
  [null, null],
  [Number.POSITIVE_INFINITY, 0],
  [{}, []],
  ["0x10", "1"],
  ["1;DROP", "1"],
] as const)("[E3] %j, %j is no place", ([lat, lon]) => {
  expect(placeOf(lat, lon)).toBeUndefined();
});

test("[E3] a place may be text or numbers, with spaces and signs", () => {
  expect(placeOf("50.1", " -8.7 ")).toEqual({ lat: 50.1, lon: -8.7 });
  expect(placeOf(90, -180)).toEqual({ lat: 90, lon: -180 });
});

const report = (region: string, lat: number, lon: number) => {
  const url = "ws://127.0.0.1:9001/v1/socket";
  const parsed = parsePoolReport({
    region,
    pool: "p1",
    url,
    lat,
    lon,
    state: "up",
    live: 0,
    sockets: 0,
    socketsMax: 1,
    atMs: 1,
  });
  if (parsed === undefined) throw new TypeError("a report of the test is wrong");
  return parsed;
};
const REPORTS = [
  report("us-east", 39, -77.5),
  report("eu-west", 50, 8),
  report("ap-south", 19, 72.9),
  report("eu-west", 51, 8),
];
const never: Random = {
  bytes: () => new Uint8Array(0),
  unit: () => {
    throw new TypeError("no chance is needed here");
  },
};

test("[E3] regions come nearest first, each once, without any chance", () => {
  expect(regionsByDistance(REPORTS, FRANKFURT, never)).toEqual(["eu-west", "us-east", "ap-south"]);
  expect(regionsByDistance(REPORTS, SYDNEY, never)[0]).toBe("ap-south");
});

test("[E3] a caller whose place nobody knows is sent by chance, and no region is favoured", () => {
  let seed = 1;
  const next = (): number => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed;
  };
  const random: Random = { ...never, unit: () => next() / 2_147_483_647 };
  const firsts = new Map<string, number>();
  for (let i = 0; i < 3_000; i++) {
    const first = regionsByDistance(REPORTS, undefined, random)[0] ?? "none";
    firsts.set(first, (firsts.get(first) ?? 0) + 1);
  }
  expect(firsts.size).toBe(3);
  for (const count of firsts.values()) expect(count).toBeGreaterThan(850);
});
