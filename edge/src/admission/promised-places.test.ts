import { type PoolReport, parsePoolReport } from "@whisper/shared/directory/pool-report";
import { expect, test } from "vitest";
import { PromisedPlaces } from "./promised-places.ts";

const POOL = "eu-west/p1";
function reports(sockets: number): readonly PoolReport[] {
  const url = "ws://127.0.0.1:9001/v1/socket";
  const parsed = parsePoolReport({
    region: "eu-west",
    pool: "p1",
    url,
    lat: 1,
    lon: 1,
    state: "up",
    live: 0,
    sockets,
    socketsMax: 100,
    atMs: 1,
  });
  return parsed === undefined ? [] : [parsed];
}

test("[E7] a promise stands as long as its ticket and leeway, and no longer than a second more", () => {
  const places = new PromisedPlaces();
  places.promise(POOL, 3, 1_500);
  expect(places.of(POOL, 1_500 + 34_999)).toBe(3);
  expect(places.of(POOL, 1_500 + 36_000)).toBe(0);
  expect(places.of("us-east/p1", 1_500)).toBe(0);
});

test("[E7] what a pool grew by is no longer promised, oldest first", () => {
  const places = new PromisedPlaces();
  places.settle(reports(10));
  places.promise(POOL, 2, 0);
  places.promise(POOL, 2, 5_000);
  places.settle(reports(13));
  expect(places.of(POOL, 5_000)).toBe(1);
  expect(places.of(POOL, 36_000)).toBe(1);
  expect(places.of(POOL, 41_001)).toBe(0);
});

test("[E7] a pool that shrinks, or grows by more than was promised, leaves no debt", () => {
  const places = new PromisedPlaces();
  places.settle(reports(10));
  places.promise(POOL, 1, 0);
  places.settle(reports(4));
  expect(places.of(POOL, 0)).toBe(1);
  places.settle(reports(50));
  expect(places.of(POOL, 0)).toBe(0);
  places.promise(POOL, 1, 0);
  expect(places.of(POOL, 0)).toBe(1);
});

test("[E7] a first report spends nothing, and a pool that left the directory is forgotten", () => {
  const places = new PromisedPlaces();
  places.promise(POOL, 2, 0);
  places.settle(reports(70));
  expect(places.of(POOL, 0)).toBe(2);
  places.settle([]);
  expect(places.of(POOL, 0)).toBe(0);
});
