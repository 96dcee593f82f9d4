import type { Address } from "@whisper/shared/base/ids";
import { expect, test } from "vitest";
import { Peers } from "./peers.ts";

const OWN = "eu-west.p1.0.a" as Address;
const SIBLING = "eu-west.p1.1.b" as Address;
const FAR = "us-east.p2.0.c" as Address;

/** A shard that hears well: its pool each second, the bus up for long. */
function hearing(fromMs: number, toMs: number): Peers {
  const peers = new Peers(OWN, fromMs);
  peers.busIsUp(true, fromMs);
  for (let nowMs = fromMs; nowMs <= toMs; nowMs += 500) {
    peers.turn(nowMs);
    peers.heard(OWN, true, nowMs);
  }
  return peers;
}

test("[G21] an address is dead when it was not heard for 3 s, and at once when its exit was told", () => {
  const peers = hearing(0, 60_000);
  expect(peers.verdict(FAR, 60_000)).toBe("alive");
  expect(peers.verdict(FAR, 63_000)).toBe("alive");
  expect(peers.verdict(FAR, 63_001)).toBe("silent");
  peers.heard(FAR, true, 64_000);
  expect(peers.verdict(FAR, 64_500)).toBe("alive");
  peers.exited(FAR);
  expect(peers.verdict(FAR, 64_500)).toBe("exited");
});

test("[G22] a shard that its supervisor sees and that does not answer is not heard", () => {
  const peers = hearing(0, 60_000);
  peers.heard(SIBLING, true, 60_000);
  for (let nowMs = 61_000; nowMs <= 65_000; nowMs += 1_000) peers.heard(SIBLING, false, nowMs);
  expect(peers.verdict(SIBLING, 65_000)).toBe("silent");
});

test("[G23] a shard judges only when its bus is up for 5 s, its loop had no gap over 2 s, and it hears its own pool", () => {
  expect(hearing(0, 4_000).judges(4_000)).toBe(false);
  const peers = hearing(0, 10_000);
  expect(peers.judges(10_000)).toBe(true);
  expect(peers.judges(13_001)).toBe(false); // its own pool fell silent
  peers.turn(12_500); // stopped for 2.5 s
  peers.heard(OWN, true, 12_500);
  expect(peers.judges(12_600)).toBe(false);
  const away = hearing(0, 10_000);
  away.busIsUp(false, 10_000);
  expect(away.judges(10_000)).toBe(false);
  away.busIsUp(true, 10_000);
  expect(away.judges(10_100)).toBe(false);
});

test("[G24] what was heard long ago is forgotten, what is heard stays", () => {
  const peers = hearing(0, 10_000);
  peers.heard(FAR, true, 10_000);
  peers.sweep(700_000);
  expect(peers.verdict(FAR, 700_000)).toBe("alive"); // as if never heard: its three seconds start here
});

test("[G69] a sibling that speaks for itself is the pool, and not this shard's own line", () => {
  const atMs = 1_000_000;
  const peers = new Peers(OWN, atMs);
  peers.heard(OWN, true, atMs);
  peers.heard(SIBLING, true, atMs + 2_500);
  expect(peers.ownLineMs).toBe(atMs);
  peers.busIsUp(true, atMs);
  for (let nowMs = atMs; nowMs <= atMs + 5_000; nowMs += 500) peers.turn(nowMs);
  expect(peers.judges(atMs + 5_000)).toBe(true);
});
