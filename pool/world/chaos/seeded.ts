import { createHash } from "node:crypto";

/** Chance that can be had again: the same seed gives the same row of numbers from 0 (included) to 1 (excluded). */
export function seeded(seed: number): () => number {
  let drawn = 0;
  return () => createHash("sha256").update(`${seed}:${drawn++}`).digest().readUInt32LE(0) / 0x1_0000_0000;
}

/** The same things in an order of chance. */
export function shuffled<T>(things: readonly T[], chance: () => number): readonly T[] {
  const keyed = things.map((thing) => ({ thing, key: chance() }));
  return keyed.sort((a, b) => a.key - b.key).map(({ thing }) => thing);
}
