import { type Address, addressOf } from "../base/ids.ts";
import type { MemoOf } from "./memos.ts";

/**
 * How a shard stands: open to newcomers, moving its people away, closed to newcomers only, or ended and not yet
 * replaced.
 */
const SHARD_STATES = ["up", "draining", "cordoned", "stopped"] as const;
export type ShardState = (typeof SHARD_STATES)[number];

/** What a heartbeat says of one shard. */
export type ShardLine = {
  readonly shard: number;
  readonly incarnation: string;
  /** All sockets, those of lane `live`, and how many there may be. */
  readonly sockets: number;
  readonly live: number;
  readonly max: number;
  readonly state: ShardState;
  /** Whether it answered its supervisor within the last second. */
  readonly answered: boolean;
};

/** A line with the address that it speaks of. */
export type ShardHeard = ShardLine & { readonly address: Address };

/** More shards than a pool has. */
const SHARDS_MAX = 256;
const INCARNATION = /^[a-z0-9]{1,8}$/;
const COUNT = /^\d{1,7}$/;

/** The heartbeat of a pool, or of as many of its shards as are given. */
export function heartbeatOf(
  { region, pool, url }: Pick<MemoOf<"heartbeat">, "region" | "pool"> & { readonly url?: string | undefined },
  lines: readonly ShardLine[],
): MemoOf<"heartbeat"> {
  return {
    kind: "heartbeat",
    region,
    pool,
    shards: lines.map(({ shard }) => String(shard)),
    incarnations: lines.map(({ incarnation }) => incarnation),
    sockets: lines.map(({ sockets }) => String(sockets)),
    live: lines.map(({ live }) => String(live)),
    max: lines.map(({ max }) => String(max)),
    states: lines.map(({ state }) => state),
    answered: lines.map(({ answered }) => (answered ? "1" : "0")),
    url,
  };
}

/**
 * The lines of a heartbeat. Total: lists of unequal length say nothing, a line that cannot be read is left out. A state
 * of a newer version reads as `cordoned`: that shard is there, and nobody should be sent to it.
 */
export function linesOf(heartbeat: MemoOf<"heartbeat">): readonly ShardHeard[] {
  const { shards, incarnations, sockets, live, max, states, answered } = heartbeat;
  const lists = [incarnations, sockets, live, max, states, answered];
  if (shards.length > SHARDS_MAX || lists.some((list) => list.length !== shards.length)) return [];
  return shards.flatMap((_, at) => lineAt(heartbeat, at) ?? []);
}

function lineAt(heartbeat: MemoOf<"heartbeat">, at: number): ShardHeard | undefined {
  const { region, pool } = heartbeat;
  const [shard, sockets, live, max] = [heartbeat.shards, heartbeat.sockets, heartbeat.live, heartbeat.max].map((list) =>
    countOf(list[at]),
  );
  const incarnation = heartbeat.incarnations[at];
  const said = heartbeat.answered[at];
  if (shard === undefined || sockets === undefined || live === undefined || max === undefined) return undefined;
  if (shard >= SHARDS_MAX || incarnation === undefined || !INCARNATION.test(incarnation)) return undefined;
  if (said !== "0" && said !== "1") return undefined;
  return {
    address: addressOf({ region, pool, shard, incarnation }),
    shard,
    incarnation,
    sockets,
    live,
    max,
    state: SHARD_STATES.find((state) => state === heartbeat.states[at]) ?? "cordoned",
    answered: said === "1",
  };
}

const countOf = (text: string | undefined): number | undefined =>
  text !== undefined && COUNT.test(text) ? Number(text) : undefined;
