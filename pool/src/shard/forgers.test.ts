import { expect, test } from "vitest";
import { Forgers, networkOf } from "./forgers.ts";
import { meterOf } from "./meter.ts";

const METER = meterOf(10, 50_000);
const v4 = (n: number): Uint8Array => Uint8Array.of(10, n >>> 16, n >>> 8, n);
const v6 = (...bytes: readonly number[]): Uint8Array => Uint8Array.from({ length: 16 }, (_, i) => bytes[i] ?? 0);

/** How many of `tries` at once were looked at, each found bad. */
function lookedAt(forgers: Forgers, address: Uint8Array, tries: number, nowMs: number): number {
  let looked = 0;
  for (let i = 0; i < tries; i++) {
    if (forgers.isSpent(address, nowMs)) continue;
    looked++;
    forgers.failed(address, nowMs);
  }
  return looked;
}

test("[S44] ten forged tickets are looked at, then one each 5 s, however many come", () => {
  const forgers = new Forgers(METER, 7);
  expect(lookedAt(forgers, v4(1), 100_000, 1_000_000)).toBe(10);
  expect(lookedAt(forgers, v4(1), 100_000, 1_004_999)).toBe(0);
  expect(lookedAt(forgers, v4(1), 100_000, 1_005_000)).toBe(1);
  expect(forgers.isSpent(v4(1), 1_010_000)).toBe(false);
  expect(lookedAt(forgers, v4(1), 100, 1_060_000)).toBe(10);
});

test("[S44] a network that forged nothing is looked at, but for the few that share a bucket with one that did", () => {
  const forgers = new Forgers(METER, 0xde_ad_be_ef);
  for (let n = 0; n < 100; n++) lookedAt(forgers, v4(n), 20, 1_000_000);
  let sentAway = 0;
  for (let n = 1_000; n < 21_000; n++) if (forgers.isSpent(v4(n), 1_000_000)) sentAway++;
  expect(sentAway).toBeGreaterThan(0); // 100 of 8,192 buckets are empty: about 1.2 %
  expect(sentAway).toBeLessThan(500);
});

test("[S44] another salt makes others share a bucket", () => {
  const [one, other] = [new Forgers(METER, 1), new Forgers(METER, 2)];
  for (const forgers of [one, other]) lookedAt(forgers, v4(0), 20, 1_000_000);
  const shares = (forgers: Forgers): readonly number[] =>
    Array.from({ length: 50_000 }, (_, i) => i + 1).filter((n) => forgers.isSpent(v4(n), 1_000_000));
  expect(shares(one).length).toBeGreaterThan(0);
  expect(shares(one).filter((n) => shares(other).includes(n))).toEqual([]);
});

test("[S44] a million networks of forgers cost no more memory, and at most a row each is looked at again", () => {
  const forgers = new Forgers(METER, 3);
  for (let round = 0; round < 10; round++) for (let n = 0; n < 100_000; n++) lookedAt(forgers, v4(n), 1, 1_000_000);
  let again = 0;
  for (let n = 0; n < 1_000_000; n++) again += lookedAt(forgers, v4(n), 1, 1_005_000);
  expect(again).toBeLessThanOrEqual(8_192);
});

test("[S44] who owns a network of IPv6 cannot come as somebody else; IPv4 in IPv6 is told apart", () => {
  const forgers = new Forgers(METER, 4);
  const home = [0x20, 0x01, 0x0d, 0xb8, 1, 2, 3];
  lookedAt(forgers, v6(...home, 0, 0, 0, 0, 1), 20, 1_000_000);
  expect(forgers.isSpent(v6(...home, 9, 8, 7, 6, 5), 1_000_000)).toBe(true);
  expect(forgers.isSpent(v6(0x20, 0x01, 0x0d, 0xb8, 1, 2, 4), 1_000_000)).toBe(false);
  const mapped = v6(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1);
  expect([...networkOf(mapped)]).toEqual([192, 0, 2, 1]);
  expect(networkOf(v6(...home, 9))).toHaveLength(7);
  expect(networkOf(new Uint8Array(0))).toHaveLength(0); // a socket that is gone already has no address
});
