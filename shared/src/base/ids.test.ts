import { expect, test } from "vitest";
import { addressOf, newIncarnation, type PoolName, parseAddress, type RegionName } from "./ids.ts";
import { systemRandom } from "./random.ts";

test("[S72] no two lives of a shard share an address, whatever a clock says", () => {
  const place = { region: "eu-west" as RegionName, pool: "p1" as PoolName, shard: 255 };
  const lives = Array.from({ length: 20_000 }, () => newIncarnation(systemRandom));
  expect(new Set(lives).size).toBe(lives.length);
  for (const incarnation of lives.slice(0, 1_000))
    expect(parseAddress(addressOf({ ...place, incarnation }))).toEqual({ ...place, incarnation });
  expect(new Set(lives.join("")).size).toBe(36);
});
