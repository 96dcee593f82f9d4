import type { PoolOrder } from "@whisper/shared/bus/memos";
import { DRAIN_STATES, type DrainProgress } from "../runtime/drain-progress.ts";
import type { MetricsOfOne } from "../runtime/merged-metrics.ts";

/** What a supervisor and its shards tell each other. Both are the same program, but each looks at what it is told. */

export const ORDERS = ["drain", "undrain", "cordon", "uncordon", "stop"] as const satisfies (PoolOrder | "stop")[];
export type Order = (typeof ORDERS)[number];

/** What a shard says of itself when it is asked. */
export type ShardLoad = {
  /** All sockets, those of lane `live`, and how many there may be. */
  readonly sockets: number;
  readonly live: number;
  readonly max: number;
  /** Whether it reaches the bus, and has keys to verify tickets with, the edge's and those of its region's clerks. */
  readonly bus: boolean;
  readonly keys: boolean;
  readonly handover: boolean;
  /** Whether so many of its promises broke that it wishes to be drained and started afresh. */
  readonly unwell: boolean;
  /** How far its drain is, while it drains. */
  readonly drain?: DrainProgress;
};

export type ToShard = { readonly order: Order } | { readonly ask: "load" | "metrics"; readonly no: number };
export type FromShard =
  | { readonly say: "up"; readonly incarnation: string; readonly load: ShardLoad }
  | { readonly say: "load"; readonly no: number; readonly load: ShardLoad }
  | { readonly say: "metrics"; readonly no: number; readonly metrics: MetricsOfOne };

type Fields = Readonly<Record<string, unknown>>;
const fieldsOf = (raw: unknown): Fields => (typeof raw === "object" && raw !== null ? (raw as Fields) : {});
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
const INCARNATION = /^[a-z0-9]{1,8}$/;

/** What a shard was told, or `undefined` for anything it does not know. */
export function toShardOf(raw: unknown): ToShard | undefined {
  const { order, ask, no } = fieldsOf(raw);
  const known = ORDERS.find((one) => one === order);
  if (known !== undefined) return { order: known };
  return (ask === "load" || ask === "metrics") && isCount(no) ? { ask, no } : undefined;
}

/** What a shard said, or `undefined` for anything a supervisor does not know. */
export function fromShardOf(raw: unknown): FromShard | undefined {
  const { say, no, incarnation, load, metrics } = fieldsOf(raw);
  if (say === "metrics" && isCount(no) && Array.isArray(metrics)) return { say, no, metrics: metrics as MetricsOfOne };
  const known = loadOf(load);
  if (known === undefined) return undefined;
  if (say === "load" && isCount(no)) return { say, no, load: known };
  if (say !== "up" || typeof incarnation !== "string" || !INCARNATION.test(incarnation)) return undefined;
  return { say, incarnation, load: known };
}

function loadOf(raw: unknown): ShardLoad | undefined {
  const { sockets, live, max, bus, keys, handover, unwell, drain } = fieldsOf(raw);
  if (!isCount(sockets) || !isCount(live) || !isCount(max)) return undefined;
  const is = { bus: bus === true, keys: keys === true, handover: handover === true, unwell: unwell === true };
  const load = { sockets, live, max, ...is };
  const known = drainOf(drain);
  return known === undefined ? load : { ...load, drain: known };
}

function drainOf(raw: unknown): DrainProgress | undefined {
  const { state, total, left, moved, closed } = fieldsOf(raw);
  const known = DRAIN_STATES.find((one) => one === state);
  if (known === undefined || !isCount(total) || !isCount(left) || !isCount(moved) || !isCount(closed)) return undefined;
  return { state: known, total, left, moved, closed };
}
