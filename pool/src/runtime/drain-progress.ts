/** How a drain stands; `no_room`: nowhere in the region can people go, so its deadline waits. */
export const DRAIN_STATES = ["open", "draining", "no_room", "done"] as const;
export type DrainState = (typeof DRAIN_STATES)[number];

/** How far a drain is, in people: all that were there, those left, those that moved, those that were closed on. */
export type DrainProgress = {
  readonly state: DrainState;
  readonly total: number;
  readonly left: number;
  readonly moved: number;
  readonly closed: number;
};

/** Nobody drains. */
export const NOT_DRAINING: DrainProgress = { state: "open", total: 0, left: 0, moved: 0, closed: 0 };

/** The drain of a pool, from those of its shards: over when all are over, without room as soon as one has none. */
export function sumOfDrains(parts: readonly DrainProgress[]): DrainProgress {
  const sum = (of: (part: DrainProgress) => number): number => parts.reduce((total, part) => total + of(part), 0);
  const has = (state: DrainState): boolean => parts.some((part) => part.state === state);
  const left = sum((part) => part.left);
  return {
    state: has("no_room") ? "no_room" : left > 0 || has("draining") ? "draining" : "done",
    total: sum((part) => part.total),
    left,
    moved: sum((part) => part.moved),
    closed: sum((part) => part.closed),
  };
}
