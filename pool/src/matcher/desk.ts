import { assert } from "@whisper/shared/base/assert";
import type { Address, ChatId, DeviceHash, RegionName, SessionId } from "@whisper/shared/base/ids";
import { unorderedPair } from "@whisper/shared/base/ids";
import type { Lane } from "@whisper/shared/credentials/claims";
import type { Letter } from "../ports.ts";
import type { DeskSettings } from "./desk-settings.ts";
import { SortedIndex } from "./sorted-index.ts";
import type { IndexKind, Tier } from "./tiers.ts";
import type { Wanted } from "./wanted.ts";

type Mark = {
  readonly lane: Lane;
  readonly session: SessionId;
  /** Desks compare epoch, then seek number. */
  epoch: number;
  readonly seekNo: number;
};

/** Somebody who seeks, is set aside, or is in a proposal. */
export type Seeker = Mark &
  Wanted & {
    address: Address;
    readonly home: RegionName;
    readonly device: DeviceHash;
    /** Their place, which never changes. */
    readonly joinedMs: number;
    /** How long they had waited at `arrivedMs`. */
    waitedMs: number;
    arrivedMs: number;
    confirmedMs: number;
    /** `proposed` until the proposal is dropped, also when it has become a pair. */
    state: "waiting" | "aside" | "proposed";
    open: Tier;
    /** Set aside for their shard's silence, so that the shard's own word brings them back. */
    silent: boolean;
    chat: ChatId | undefined;
    untilMs: number;
  };

/** What stays of a seek that is over, so that a late or doubled memo does not bring it back. */
export type Trace = Mark & {
  /**
   * `ended`: a proposal ended, and the shard's list may say that they still seek; `gone`: nothing but a higher number
   * counts.
   */
  readonly state: "ended" | "gone";
  readonly untilMs: number;
  /** The place they kept, by which a seek is known to go on; -1 for none. */
  readonly joinedMs: number;
  /** When the meter would have let them; 0 unless it refused. */
  readonly refusedUntilMs: number;
};
export type Known = Seeker | Trace;

export type Side = {
  readonly session: SessionId;
  epoch: number;
  readonly seekNo: number;
  address: Address;
  readonly home: RegionName;
  readonly device: DeviceHash;
  taken: boolean;
  accepted: boolean;
  told: boolean;
};
export type Proposal = {
  readonly chat: ChatId;
  readonly lane: Lane;
  stage: "offered" | "found" | "paired";
  /** When this stage began. */
  sinceMs: number;
  readonly shared: readonly string[];
  readonly sides: readonly [Side, Side];
};

/** What the desk knows of one shard: when it was heard, and how far its list has come. */
export type ShardList = {
  heardMs: number;
  listNo: number;
  startedMs: number;
  /** How many the shard says its list has; -1 until it said so. */
  endCount: number;
  /** Seekers not confirmed since then are being dropped; 0 for none. */
  dropBeforeMs: number;
};

/** A desk in memory. The Lua of the Redis adapter has the same tables under the same letters. */
export class Desk {
  readonly settings: DeskSettings;
  readonly known = new Map<string, Known>();
  readonly proposals = new Map<string, Proposal>();
  readonly lists = new Map<string, ShardList>();
  readonly listed = new Map<string, Set<SessionId>>();
  readonly avoid = new Map<string, number>();
  readonly meters = new Map<string, number>();
  readonly due = new SortedIndex();
  /** What ends by itself and is never due: traces, avoided pairs, meters. */
  readonly ending = new SortedIndex();
  readonly #indexes = new Map<string, SortedIndex>();

  constructor(settings: DeskSettings) {
    this.settings = settings;
  }

  /** A named index, for reading; an absent one is empty. */
  index(kind: IndexKind | "a", lane: Lane, name = ""): SortedIndex {
    return this.#indexes.get(`${kind}:${lane}:${name}`) ?? new SortedIndex();
  }

  putIn(kind: IndexKind | "a", lane: Lane, name: string, session: SessionId, score: number): void {
    const key = `${kind}:${lane}:${name}`;
    const index = this.#indexes.get(key) ?? new SortedIndex();
    this.#indexes.set(key, index);
    index.put(session, score);
  }

  dropFrom(kind: IndexKind | "a", lane: Lane, name: string, session: SessionId): void {
    const key = `${kind}:${lane}:${name}`;
    const index = this.#indexes.get(key);
    index?.drop(session);
    if (index?.size === 0) this.#indexes.delete(key);
  }
}

/** One change of a desk: its moment, a chat id that it may use once, and the letters it calls for. */
export type Turn = { readonly desk: Desk; readonly nowMs: number; readonly chat: ChatId; readonly letters: Letter[] };

/** What is known of a session, or `undefined`; a trace whose time is up is not known. */
export function knownOf({ desk, nowMs }: Turn, lane: Lane, session: SessionId): Known | undefined {
  const known = desk.known.get(`${lane}:${session}`);
  return known !== undefined && isTrace(known) && known.untilMs <= nowMs ? undefined : known;
}

/** Whether this is only the memory of a search that is over. */
export const isTrace = (known: Known): known is Trace => known.state === "ended" || known.state === "gone";

/** Remembers this of its session, instead of all that was known. */
export const keep = ({ desk }: Turn, known: Known): void => {
  desk.known.set(`${known.lane}:${known.session}`, known);
};

/** Leaves a trace at this number for the tombstone's time. */
export function leaveTrace(turn: Turn, mark: Mark, state: Trace["state"], joinedMs = -1, refusedUntilMs = 0): void {
  const { lane, session, epoch, seekNo } = mark;
  const untilMs = turn.nowMs + turn.desk.settings.tombstoneMs;
  keep(turn, { lane, session, epoch, seekNo, state, untilMs, joinedMs, refusedUntilMs });
  turn.desk.ending.put(`s:${lane}:${session}`, untilMs);
}

/** Seeker numbers in their order: epoch, then seek number. */
export const compareMarks = (a: Pick<Mark, "epoch" | "seekNo">, b: Pick<Mark, "epoch" | "seekNo">): number =>
  a.epoch - b.epoch || a.seekNo - b.seekNo;

/** These two devices do not meet before `untilMs`; a longer ban that runs already stays. */
export function avoidUntil({ desk }: Turn, lane: Lane, a: DeviceHash, b: DeviceHash, untilMs: number): void {
  const key = `${lane}:${unorderedPair(a, b)}`;
  if ((desk.avoid.get(key) ?? 0) >= untilMs) return;
  desk.avoid.set(key, untilMs);
  desk.ending.put(`n:${key}`, untilMs);
}

/** Whether these two devices are kept apart now, whoever comes first. */
export const isAvoided = ({ desk, nowMs }: Turn, lane: Lane, a: DeviceHash, b: DeviceHash): boolean =>
  (desk.avoid.get(`${lane}:${unorderedPair(a, b)}`) ?? 0) > nowMs;

/** Spends one seek of a device's meter (GCRA: one number is the whole bucket); answers 0, or how long it must wait. */
export function meterSeek({ desk, nowMs }: Turn, device: DeviceHash): number {
  const { seeksPerWindow, seeksWindowMs } = desk.settings;
  const everyMs = Math.max(1, Math.floor(seeksWindowMs / seeksPerWindow));
  const nextMs = Math.max(desk.meters.get(device) ?? 0, nowMs) + everyMs;
  if (nextMs - nowMs > everyMs * seeksPerWindow) return nextMs - nowMs - everyMs * seeksPerWindow;
  desk.meters.set(device, nextMs);
  desk.ending.put(`m:${device}`, nextMs);
  return 0;
}

/** Takes away what has ended by itself. Redis does this by time to live. */
export function sweep(desk: Desk, nowMs: number): void {
  for (const item of desk.ending.upTo(nowMs, Number.POSITIVE_INFINITY)) {
    desk.ending.drop(item);
    const name = item.slice(2);
    if (item.startsWith("n:")) desk.avoid.delete(name);
    else if (item.startsWith("m:")) desk.meters.delete(name);
    else {
      const known = desk.known.get(name);
      if (known !== undefined && isTrace(known) && known.untilMs <= nowMs) desk.known.delete(name);
    }
  }
}

/** The side of a session in a proposal, and the other; `undefined` when it is in none of them. */
export function sidesOf(proposal: Proposal, session: SessionId): readonly [Side, Side] | undefined {
  const [a, b] = proposal.sides;
  if (a.session === session) return [a, b];
  return b.session === session ? [b, a] : undefined;
}

/** The proposal that a proposed or paired seeker is in. */
export function proposalOf({ desk }: Turn, seeker: Seeker): Proposal {
  const proposal = desk.proposals.get(`${seeker.lane}:${seeker.chat}`);
  assert(proposal !== undefined, "a proposed seeker has a proposal");
  return proposal;
}
