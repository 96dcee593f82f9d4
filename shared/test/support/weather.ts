/** What a storm is made of, and the chance behind it. */
export type Weather = {
  /** Of what goes between shards. */
  readonly lost: number;
  readonly doubled: number;
  readonly delayMsMax: number;
  /** Of connects and of opening sockets. */
  readonly refused: number;
  /** Of new texts. */
  readonly limited: number;
};
export const CALM: Weather = { lost: 0, doubled: 0, delayMsMax: 30, refused: 0, limited: 0 };

export type Act =
  | { readonly act: "say"; readonly text: string }
  /** `unseen`: nobody is told, frames just vanish. */
  | { readonly act: "cut"; readonly how: "now" | "pause" | "abnormal" | "unseen" }
  | { readonly act: "reload"; readonly afterEffects: number }
  | { readonly act: "moving"; readonly withWay: boolean }
  /** The shard is gone with what it knew; the next one learns `high` from the partner's, or not at all. */
  | { readonly act: "crash"; readonly knows: boolean };
export type Planned = { readonly atMs: number; readonly who: 0 | 1; readonly what: Act };

/** A small generator of numbers from 0 to 1, the same for the same seed (mulberry32's recurrence). */
export function unitsFrom(seed: number): () => number {
  let at = seed >>> 0;
  return () => {
    at = (at + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(at ^ (at >>> 15), at | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}
