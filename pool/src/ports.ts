import type { Address, ChatId, DeviceHash, RegionName, SessionId } from "@whisper/shared/base/ids";
import type { MemoOf } from "@whisper/shared/bus/memos";
import type { Lane } from "@whisper/shared/credentials/claims";
import type { PublicJwk } from "@whisper/shared/credentials/key-ring";
import type { PoolReport } from "@whisper/shared/directory/pool-report";

/** What the roles need from the world, in their own words. Adapters obey these; nothing here names a vendor. */

/** Bytes between roles: at most once, in order per publisher and subject, no memory of what nobody heard. */
export type Bus = {
  /**
   * Never throws, never waits. What is published while the bus is away is lost. The payload is the bus's from then
   * on.
   */
  publish(subject: string, payload: Uint8Array): void;
  /**
   * Every listener hears each payload once; of listeners with the same `group` on a subject, one does. `*` as the last
   * word of a subject stands for any one word.
   */
  listen(subject: string, on: (payload: Uint8Array) => void, options?: { readonly group?: string }): { stop(): void };
  isUp(): boolean;
  /** Calls back each time the bus is reached again. */
  onUp(callback: () => void): { stop(): void };
  /** Resolves when everything published before has reached the bus. */
  flush(): Promise<void>;
  close(): Promise<void>;
};

export type Place = "idle" | "seeking" | "proposed" | "chatting";

/**
 * Where one session stands, as its home region keeps it. Details, half and over are the shard's own words, at most 1
 * KiB together.
 */
export type Standing = {
  readonly place: Place;
  readonly details?: string;
  /** Starts with the chat id (22), the partner's session (22) and device hash (11). */
  readonly half?: string;
  /** The chat that ended last (22) and the partner's device hash (11), for late reports. */
  readonly over?: string;
};

export type AdmitAsk = {
  readonly session: SessionId;
  readonly epoch: number;
  /** Random, new for each try of a socket: the same epoch and attempt is answered as the first time. */
  readonly attempt: number;
  /** The edge minted the session just now: a missing record is no loss. */
  readonly fresh: boolean;
  readonly device: DeviceHash;
  readonly address: Address;
};
export type AdmitAnswer =
  | { readonly answer: "new" }
  | { readonly answer: "back"; readonly standing: Standing; readonly before: readonly Address[] }
  /** The epoch is not above the stored one: ticket used, or superseded. */
  | { readonly answer: "stale" }
  /** The device of the ticket is not the record's. */
  | { readonly answer: "stranger" }
  | { readonly answer: "banned"; readonly leftMs: number; readonly reason: string }
  /** The partition was born less than 5 s ago and this record may yet be put back. */
  | { readonly answer: "wait" };

export type WriteAsk = {
  readonly session: SessionId;
  readonly epoch: number;
  readonly rev: number;
  readonly device: DeviceHash;
  readonly address: Address;
  readonly standing: Standing;
};

export type Whereabouts = {
  readonly chat: "in" | "over" | "unknown";
  readonly address?: Address;
  readonly epoch?: number;
};

/**
 * The records of a home region. Every call is one atomic script; (epoch, rev) only ever rises. Rejects when the store
 * is away.
 */
export type Records = {
  admit(ask: AdmitAsk, nowMs: number): Promise<AdmitAnswer>;
  /**
   * Applied when (epoch, rev) is above the stored one, or there is no record. A rev that is not above it within the
   * same epoch is a late or doubled write: taken, without effect. A lower epoch is `lower`: a newer socket has the
   * session.
   */
  write(ask: WriteAsk, nowMs: number): Promise<"taken" | "lower">;
  /**
   * Ends the half of `chat` unless the record's epoch is above `epoch`; no record, or none of this chat, counts as
   * ended.
   */
  endHalf(
    session: SessionId,
    chat: ChatId,
    epoch: number,
    nowMs: number,
  ): Promise<
    { readonly answer: "ended" } | { readonly answer: "refused"; readonly address: Address; readonly epoch: number }
  >;
  where(session: SessionId, chat: ChatId): Promise<Whereabouts>;
  /** The epoch and device of the record, or `undefined` without one: what a hand-over ticket is made from. */
  holderOf(session: SessionId): Promise<{ readonly epoch: number; readonly device: DeviceHash } | undefined>;
  /** Renews the TTL of those whose epoch is not above the one given. */
  touch(
    sessions: readonly { readonly session: SessionId; readonly epoch: number }[],
  ): Promise<{ readonly lower: readonly SessionId[]; readonly missing: readonly SessionId[] }>;
  /** Erases the record. */
  forget(session: SessionId): Promise<void>;
  /** Bans a device until `untilMs`; the record store is what admission asks. */
  ban(device: DeviceHash, untilMs: number, reason: string, nowMs: number): Promise<void>;
  /** Random and time of birth of each partition, set if absent: a new one tells that the store came back empty. */
  generations(nowMs: number): Promise<readonly string[]>;
  /** The same of the region's desk, whose waiting list lies beside the records. */
  deskGeneration(nowMs: number): Promise<string>;
  close(): Promise<void>;
};

/** What the edge chooses pools by, and the keys that clerks sign hand-over tickets with. Only clerks write it. */
export type Directory = {
  /** Replaces these pools' reports and the hand-over key of the key's region; what others wrote stays. */
  publish(reports: readonly PoolReport[], nowMs: number, handoverKey?: PublicJwk): Promise<void>;
  read(): Promise<DirectoryCopy | undefined>;
  close(): Promise<void>;
};

export type DirectoryCopy = {
  readonly reports: readonly PoolReport[];
  readonly atMs: number;
  readonly handoverKeys?: readonly PublicJwk[];
};

export type Report = {
  readonly reportId: string;
  readonly chat: ChatId;
  readonly lane: Lane;
  readonly region: RegionName;
  readonly reporterDevice: DeviceHash;
  readonly reportedDevice: DeviceHash;
  readonly reason: string;
  readonly comment: string;
  readonly evidence: readonly string[];
  readonly atMs: number;
};

/** A region's stream of reports: kept until a moderator has read it. */
export type Reports = {
  /** Resolves when the stream has it; the same `reportId` is kept once. Rejects when the stream cannot be reached. */
  append(report: Report): Promise<void>;
  /** The oldest `most` reports that nobody has confirmed, for tests and for the moderator. */
  pending(most: number): Promise<readonly Report[]>;
  close(): Promise<void>;
};

/** A memo of the desk's for the shard that holds that person. */
export type Letter = {
  readonly to: Address;
  readonly memo: MemoOf<
    "offer" | "found" | "cancelled" | "declined" | "expired" | "paired" | "regained" | "seek_refused" | "list_wanted"
  >;
};

/**
 * The waiting list and the proposals of one desk. Every call is one atomic change and returns the letters it calls
 * for.
 */
export type WaitingList = {
  seek(seek: MemoOf<"seek">, nowMs: number): Promise<readonly Letter[]>;
  cancel(cancel: MemoOf<"cancel">, nowMs: number): Promise<readonly Letter[]>;
  setAside(aside: MemoOf<"aside">, nowMs: number): Promise<readonly Letter[]>;
  offerAnswer(answer: MemoOf<"offer_answer">, nowMs: number): Promise<readonly Letter[]>;
  accept(accept: MemoOf<"accept">, nowMs: number): Promise<readonly Letter[]>;
  decline(decline: MemoOf<"decline">, nowMs: number): Promise<readonly Letter[]>;
  pairedTaken(taken: MemoOf<"paired_taken">, nowMs: number): Promise<void>;
  regain(regain: MemoOf<"regain">, nowMs: number): Promise<readonly Letter[]>;
  count(count: MemoOf<"count">, nowMs: number): Promise<readonly Letter[]>;
  listEnd(end: MemoOf<"list_end">, nowMs: number): Promise<readonly Letter[]>;
  never(never: MemoOf<"never">, nowMs: number): Promise<void>;
  /** Does what has come due (next tiers, offers again, deadlines, `paired` again), at most `most` entries. */
  due(
    nowMs: number,
    most: number,
  ): Promise<{ readonly letters: readonly Letter[]; readonly done: number; readonly nextMs: number | undefined }>;
  /** How many seek now (not set aside), per lane. */
  size(lane: Lane): Promise<number>;
  close(): Promise<void>;
};

/**
 * Lines for operators: a name from a table, and numbers or names from closed lists. Never a text, an id, an address
 * or a token.
 */
export type Log = {
  info(event: string, fields?: Readonly<Record<string, number | string | boolean>>): void;
  warn(event: string, fields?: Readonly<Record<string, number | string | boolean>>): void;
  error(event: string, fields?: Readonly<Record<string, number | string | boolean>>): void;
};
