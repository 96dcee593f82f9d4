import { shuffled } from "./seeded.ts";

/** What is done to the world on purpose. docs/FAULTS.md says what people notice of each. */
export const FAULT_KINDS = [
  "shard_killed",
  "pool_killed",
  "matcher_killed",
  "clerk_killed",
  "shard_stopped",
  "redis_emptied",
  "bus_cut",
  "gateway_cut",
  "pool_drained",
  "edge_restarted",
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** Without end: every kind once in an order of its own, then again in another. */
export function* faultOrder(kinds: readonly FaultKind[], chance: () => number): Generator<FaultKind, never> {
  for (;;) yield* shuffled(kinds, chance);
}
