import type { PoolName, RegionName } from "@whisper/shared/base/ids";
import { parsePoolReport } from "@whisper/shared/directory/pool-report";
import { expect, test } from "vitest";
import { poolReport } from "./pool-load.ts";

const PLACE = { region: "eu-west" as RegionName, pool: "p1" as PoolName, url: "wss://a.b/v1/socket", lat: 1, lon: 2 };
const load = (sockets: number, max: number) => ({
  sockets,
  live: sockets - 1,
  max,
  bus: true,
  keys: true,
  handover: true,
  unwell: false,
});

test("[O4] a pool's load is the sum over its shards", () => {
  const report = poolReport(PLACE, "up", [load(10, 100), load(5, 100)], 7);
  expect(report).toMatchObject({ sockets: 15, live: 13, socketsMax: 200, state: "up", atMs: 7 });
  expect(parsePoolReport(JSON.parse(JSON.stringify(report)))).toEqual(report);
});

test.each([
  ["all shards are full", [load(100, 100), load(50, 50)]],
  ["no shard serves", []],
])("[O4] a pool has no free place when %s", (_what, loads) => {
  const { sockets, socketsMax } = poolReport(PLACE, "up", loads, 7);
  expect(socketsMax - sockets).toBe(0);
});
