import type { Address, ChatId, DeviceHash, PoolName, RegionName, SessionId } from "../base/ids.ts";
import type { Lane } from "../credentials/claims.ts";

/** How a field lies on the wire: numbers as varints, strings as length and UTF-8; `?` may be absent. */
export type FieldKind = "num" | "str" | "flag" | "strs" | "num?" | "str?";
/**
 * What a string must look like: an id of 22 letters, a device hash, an address, a region's name, or one of these
 * words.
 */
export type Form = "id" | "device" | "address" | "name" | readonly string[];
/** A string without a form may be any. The codec hands on no memo of which a field breaks its form. */
export type Field<T> = { readonly kind: FieldKind; readonly form?: Form; readonly holds?: T };
const num: Field<number> = { kind: "num" };
const flag: Field<boolean> = { kind: "flag" };
const text: Field<string> = { kind: "str" };
const strs: Field<readonly string[]> = { kind: "strs" };
const maybeNum: Field<number | undefined> = { kind: "num?" };
const maybeText: Field<string | undefined> = { kind: "str?" };
type FormOf<T> = Exclude<Form, readonly string[]> | readonly T[];
const of = <const T extends string>(form: FormOf<T>): Field<T> => ({ kind: "str", form });
const maybe = <const T extends string>(form: FormOf<T>): Field<T | undefined> => ({ kind: "str?", form });

export type Party = "shard" | "desk" | "clerk" | "pool" | "operator";
/** What a pool can be told. */
export type PoolOrder = "drain" | "undrain" | "cordon" | "uncordon";
type Row<F> = {
  /** Its number on the wire, never used again for another. */
  readonly wire: number;
  readonly version: number;
  readonly from: Party;
  readonly to: Party;
  /** Repeated (0.2, 1, 3 s, then every 5 s, 90 s at most) until the receiver has answered it. */
  readonly acked: boolean;
  readonly says: string;
  readonly fields: F;
};
const memo = <F extends Record<string, Field<unknown>>>(row: Row<F>): Row<F> => row;

/** What memos of a chat carry: the chat, whom it is for, and where its sender is now. */
const ofChat = { chat: of<ChatId>("id"), to: of<SessionId>("id"), epoch: num, address: of<Address>("address") };
/** What memos about a seeker carry; desks compare epoch, then seek number. */
const ofSeeker = {
  session: of<SessionId>("id"),
  epoch: num,
  seekNo: num,
  address: of<Address>("address"),
  lane: of<Lane>(["live", "test"]),
};
/** What memos about a proposal carry towards the desk. */
const ofProposal = {
  chat: of<ChatId>("id"),
  session: of<SessionId>("id"),
  epoch: num,
  address: of<Address>("address"),
  lane: of<Lane>(["live", "test"]),
};
/** What memos from a desk to a person's shard carry. */
const toSeeker = { chat: of<ChatId>("id"), session: of<SessionId>("id"), epoch: num, seekNo: num };
/** Who the partner is: never shown to the person. */
const partner = {
  partner: of<SessionId>("id"),
  partnerHome: of<RegionName>("name"),
  partnerDevice: of<DeviceHash>("device"),
  partnerAddress: of<Address>("address"),
  partnerEpoch: num,
};

/**
 * Every memo: fields, who sends it to whom, whether it must be acknowledged. A receiver reads the fields it knows and
 * skips what a newer version appended; a kind it does not know is counted and dropped.
 */
export const MEMOS = {
  // Between the shards of a chat's two people.
  text: memo({
    wire: 1,
    version: 1,
    from: "shard",
    to: "shard",
    acked: false,
    says: "A text, or a void number; `received` rides along.",
    fields: { ...ofChat, id: num, text: maybeText, received: maybeNum },
  }),
  received: memo({
    wire: 2,
    version: 1,
    from: "shard",
    to: "shard",
    acked: false,
    says: "The partner's client has your texts up to `id`.",
    fields: { ...ofChat, id: num },
  }),
  typing: memo({
    wire: 3,
    version: 1,
    from: "shard",
    to: "shard",
    acked: false,
    says: "The partner writes, or stopped.",
    fields: { ...ofChat, on: flag },
  }),
  left: memo({
    wire: 4,
    version: 1,
    from: "shard",
    to: "shard",
    acked: true,
    says: "The partner ended the chat.",
    fields: { memo: num, ...ofChat },
  }),
  away: memo({
    wire: 5,
    version: 1,
    from: "shard",
    to: "shard",
    acked: true,
    says: "The partner's socket is gone.",
    fields: { memo: num, ...ofChat, sinceMs: num },
  }),
  back: memo({
    wire: 6,
    version: 1,
    from: "shard",
    to: "shard",
    acked: true,
    says: "The partner is on a socket, at `address`.",
    fields: { memo: num, ...ofChat },
  }),
  took: memo({
    wire: 7,
    version: 1,
    from: "shard",
    to: "shard",
    acked: false,
    says: "Acknowledges an acked memo: where that person is and what was relayed to them.",
    fields: {
      memo: num,
      chat: of<ChatId>("id"),
      epoch: num,
      address: of<Address>("address"),
      awaySinceMs: maybeNum,
      seen: num,
    },
  }),
  not_in_chat: memo({
    wire: 8,
    version: 1,
    from: "shard",
    to: "shard",
    acked: false,
    says: "Answer to a memo of a chat: the person it was `to` is `here` and not in that chat, or not here at all.",
    fields: {
      memo: maybeNum,
      chat: of<ChatId>("id"),
      to: of<SessionId>("id"),
      here: flag,
      address: of<Address>("address"),
    },
  }),
  superseded: memo({
    wire: 9,
    version: 1,
    from: "shard",
    to: "shard",
    acked: true,
    says: "A newer socket of this session was admitted elsewhere: close the old one.",
    fields: { memo: num, session: of<SessionId>("id"), epoch: num, address: of<Address>("address") },
  }),
  yielded: memo({
    wire: 10,
    version: 1,
    from: "shard",
    to: "shard",
    acked: false,
    says: "Acknowledges `superseded`; of a chat it hands over what had been relayed from and to that person.",
    fields: { memo: num, session: of<SessionId>("id"), chat: maybe<ChatId>("id"), high: maybeNum, seen: maybeNum },
  }),

  // From a person's shard to the desk.
  seek: memo({
    wire: 20,
    version: 1,
    from: "shard",
    to: "desk",
    acked: true,
    says: "This person seeks (or, with `listNo`, still does).",
    fields: {
      memo: num,
      ...ofSeeker,
      home: of<RegionName>("name"),
      device: of<DeviceHash>("device"),
      interests: strs,
      languages: strs,
      joinedMs: num,
      waitedMs: num,
      listNo: maybeNum,
    },
  }),
  cancel: memo({
    wire: 21,
    version: 1,
    from: "shard",
    to: "desk",
    acked: true,
    says: "This person seeks no more; leaves a tombstone.",
    fields: { memo: num, ...ofSeeker },
  }),
  aside: memo({
    wire: 22,
    version: 1,
    from: "shard",
    to: "desk",
    acked: true,
    says: "This seeker's socket is gone: keep, do not match.",
    fields: { memo: num, ...ofSeeker },
  }),
  offer_answer: memo({
    wire: 23,
    version: 1,
    from: "shard",
    to: "desk",
    acked: true,
    says: "The shard took the offer, or refused it.",
    fields: { memo: num, ...ofProposal, seekNo: num, taken: flag },
  }),
  accept: memo({
    wire: 24,
    version: 1,
    from: "shard",
    to: "desk",
    acked: true,
    says: "The person accepted.",
    fields: { memo: num, ...ofProposal },
  }),
  decline: memo({
    wire: 25,
    version: 1,
    from: "shard",
    to: "desk",
    acked: true,
    says: "The person declined, or cancelled while proposed.",
    fields: { memo: num, ...ofProposal },
  }),
  paired_taken: memo({
    wire: 26,
    version: 1,
    from: "shard",
    to: "desk",
    acked: false,
    says: "Acknowledges `paired`.",
    fields: { ...ofProposal },
  }),
  regain: memo({
    wire: 27,
    version: 1,
    from: "shard",
    to: "desk",
    acked: true,
    says: "A person came back with a new epoch: what do you hold of them?",
    fields: { memo: num, ...ofSeeker },
  }),
  count: memo({
    wire: 28,
    version: 1,
    from: "shard",
    to: "desk",
    acked: false,
    says: "How many seekers this shard has; every 2 s.",
    fields: { address: of<Address>("address"), lane: of<Lane>(["live", "test"]), count: num, listNo: num },
  }),
  list_end: memo({
    wire: 29,
    version: 1,
    from: "shard",
    to: "desk",
    acked: false,
    says: "All seeks of list `listNo` were sent: drop what it lacks.",
    fields: { address: of<Address>("address"), lane: of<Lane>(["live", "test"]), count: num, listNo: num },
  }),
  never: memo({
    wire: 30,
    version: 1,
    from: "shard",
    to: "desk",
    acked: true,
    says: "These two devices do not meet for `forMs`.",
    fields: {
      memo: num,
      address: of<Address>("address"),
      lane: of<Lane>(["live", "test"]),
      a: of<DeviceHash>("device"),
      b: of<DeviceHash>("device"),
      forMs: num,
    },
  }),

  // From the desk to a person's shard.
  desk_took: memo({
    wire: 40,
    version: 1,
    from: "desk",
    to: "shard",
    acked: false,
    says: "Acknowledges an acked memo.",
    fields: { memo: num },
  }),
  seek_refused: memo({
    wire: 41,
    version: 1,
    from: "desk",
    to: "shard",
    acked: false,
    says: "More than 10 seeks in a minute from this device.",
    fields: { session: of<SessionId>("id"), epoch: num, seekNo: num, retryAfterMs: num },
  }),
  offer: memo({
    wire: 42,
    version: 1,
    from: "desk",
    to: "shard",
    acked: false,
    says: "Somebody fits; will you take it?",
    fields: { ...toSeeker, desk: of<RegionName>("name"), sharedInterests: strs, ...partner },
  }),
  found: memo({
    wire: 43,
    version: 1,
    from: "desk",
    to: "shard",
    acked: false,
    says: "Both shards took the offer: show it.",
    fields: { ...toSeeker, leftMs: num },
  }),
  cancelled: memo({
    wire: 44,
    version: 1,
    from: "desk",
    to: "shard",
    acked: false,
    says: "The offer is off before anyone saw it.",
    fields: { ...toSeeker },
  }),
  declined: memo({
    wire: 45,
    version: 1,
    from: "desk",
    to: "shard",
    acked: false,
    says: "The other declined, or let it run out after you accepted.",
    fields: { ...toSeeker },
  }),
  expired: memo({
    wire: 46,
    version: 1,
    from: "desk",
    to: "shard",
    acked: false,
    says: "You let it run out.",
    fields: { ...toSeeker },
  }),
  paired: memo({
    wire: 47,
    version: 1,
    from: "desk",
    to: "shard",
    acked: true,
    says: "Both accepted; repeated until both shards have acknowledged.",
    fields: { ...toSeeker, desk: of<RegionName>("name"), sharedInterests: strs, ...partner },
  }),
  regained: memo({
    wire: 48,
    version: 1,
    from: "desk",
    to: "shard",
    acked: false,
    says: "What the desk holds: `seeking`, `offer` (with `leftMs` and `accepted`) or `nothing`; a paired person gets `paired`.",
    fields: {
      session: of<SessionId>("id"),
      epoch: num,
      holds: of(["seeking", "offer", "nothing"]),
      seekNo: num,
      joinedMs: maybeNum,
      waitedMs: maybeNum,
      chat: maybe<ChatId>("id"),
      sharedInterests: strs,
      leftMs: maybeNum,
      accepted: flag,
    },
  }),
  list_wanted: memo({
    wire: 49,
    version: 1,
    from: "desk",
    to: "shard",
    acked: false,
    says: "The desk's count differs: send the whole list.",
    fields: { listNo: num },
  }),

  // Between a shard and its region's clerk: requests carry `req` and the address to answer.
  admit: memo({
    wire: 60,
    version: 1,
    from: "shard",
    to: "clerk",
    acked: false,
    says: "May this ticket's holder come in, and where did they stand?",
    fields: {
      req: num,
      address: of<Address>("address"),
      session: of<SessionId>("id"),
      home: of<RegionName>("name"),
      epoch: num,
      attempt: num,
      fresh: flag,
      device: of<DeviceHash>("device"),
      network: text,
    },
  }),
  admitted: memo({
    wire: 61,
    version: 1,
    from: "clerk",
    to: "shard",
    acked: false,
    says: "Answer to `admit`.",
    fields: {
      req: num,
      answer: of(["new", "back", "stale", "banned", "wait", "home_away"]),
      place: maybe(["idle", "seeking", "proposed", "chatting"]),
      details: maybeText,
      half: maybeText,
      over: maybeText,
      before: maybe<Address>("address"),
      banS: maybeNum,
      banReason: maybeText,
      /** Addresses before `before` that may hold a socket, parted by spaces. */
      earlier: maybeText,
    },
  }),
  write: memo({
    wire: 62,
    version: 1,
    from: "shard",
    to: "clerk",
    acked: false,
    says: "This is where the person stands; repeated until taken. `at` is where they are if not here: a lost record is put back from their partner's.",
    fields: {
      req: num,
      address: of<Address>("address"),
      session: of<SessionId>("id"),
      home: of<RegionName>("name"),
      epoch: num,
      rev: num,
      device: of<DeviceHash>("device"),
      place: of(["idle", "seeking", "proposed", "chatting"]),
      details: maybeText,
      half: maybeText,
      over: maybeText,
      at: maybe<Address>("address"),
    },
  }),
  written: memo({
    wire: 63,
    version: 1,
    from: "clerk",
    to: "shard",
    acked: false,
    says: "Answer to `write`: `lower` means that a newer socket has the session.",
    fields: { req: num, answer: of(["taken", "lower"]) },
  }),
  end_half: memo({
    wire: 64,
    version: 1,
    from: "shard",
    to: "clerk",
    acked: false,
    says: "End the absent person's half of this chat, if their epoch is still this one.",
    fields: {
      req: num,
      address: of<Address>("address"),
      session: of<SessionId>("id"),
      home: of<RegionName>("name"),
      chat: of<ChatId>("id"),
      epoch: num,
    },
  }),
  half_ended: memo({
    wire: 65,
    version: 1,
    from: "clerk",
    to: "shard",
    acked: false,
    says: "Answer to `end_half`: `refused` carries where they are now.",
    fields: {
      req: num,
      answer: of(["ended", "refused", "home_away"]),
      partnerAddress: maybe<Address>("address"),
      partnerEpoch: maybeNum,
    },
  }),
  where: memo({
    wire: 66,
    version: 1,
    from: "shard",
    to: "clerk",
    acked: false,
    says: "Where is this person, and is this chat of theirs over?",
    fields: {
      req: num,
      address: of<Address>("address"),
      session: of<SessionId>("id"),
      home: of<RegionName>("name"),
      chat: of<ChatId>("id"),
    },
  }),
  whereabouts: memo({
    wire: 67,
    version: 1,
    from: "clerk",
    to: "shard",
    acked: false,
    says: "Answer to `where`; a missing record is `unknown`.",
    fields: {
      req: num,
      chat: of(["in", "over", "unknown", "home_away"]),
      partnerAddress: maybe<Address>("address"),
      partnerEpoch: maybeNum,
    },
  }),
  touch: memo({
    wire: 68,
    version: 1,
    from: "shard",
    to: "clerk",
    acked: false,
    says: "These sessions are still here: keep their records. `epochs[i]` belongs to `sessions[i]`.",
    fields: { req: num, address: of<Address>("address"), home: of<RegionName>("name"), sessions: strs, epochs: strs },
  }),
  touched: memo({
    wire: 69,
    version: 1,
    from: "clerk",
    to: "shard",
    acked: false,
    says: "Answer to `touch`: those whose record has a higher epoch, and those that have none.",
    fields: { req: num, lower: strs, missing: strs },
  }),
  forget: memo({
    wire: 70,
    version: 1,
    from: "shard",
    to: "clerk",
    acked: false,
    says: "Erase this session's record.",
    fields: {
      req: num,
      address: of<Address>("address"),
      session: of<SessionId>("id"),
      home: of<RegionName>("name"),
      device: of<DeviceHash>("device"),
    },
  }),
  forgotten: memo({
    wire: 71,
    version: 1,
    from: "clerk",
    to: "shard",
    acked: false,
    says: "Answer to `forget`.",
    fields: { req: num },
  }),
  handover: memo({
    wire: 72,
    version: 1,
    from: "shard",
    to: "clerk",
    acked: false,
    says: "A ticket for this session to pools of this region, signed by its home's clerk.",
    fields: {
      req: num,
      address: of<Address>("address"),
      session: of<SessionId>("id"),
      home: of<RegionName>("name"),
      pools: strs,
      lane: of<Lane>(["live", "test"]),
      network: text,
    },
  }),
  handed_over: memo({
    wire: 73,
    version: 1,
    from: "clerk",
    to: "shard",
    acked: false,
    says: "Answer to `handover`; no ticket when there is no record.",
    fields: { req: num, ticket: maybeText },
  }),
  load: memo({
    wire: 74,
    version: 1,
    from: "shard",
    to: "clerk",
    acked: false,
    says: "A pool's report for the directory (JSON of a PoolReport); every 2 s.",
    fields: { report: text },
  }),

  // From a region's clerk to every shard.
  reborn: memo({
    wire: 75,
    version: 1,
    from: "clerk",
    to: "shard",
    acked: false,
    says: "These partitions of this home came back empty: put back whoever seeks, is proposed, chats or is away; and so did its desk: send it the whole list.",
    fields: { home: of<RegionName>("name"), partitions: strs, desk: maybe<"emptied">(["emptied"]) },
  }),

  // From a pool's supervisor to whoever listens to the pool. A shard that misses its own line says one itself.
  heartbeat: memo({
    wire: 80,
    version: 1,
    from: "pool",
    to: "shard",
    acked: false,
    says: "Shards of a pool, each second, in lists of one length; `answered` is 1 for those that did within the second; `url` is where clients reach the pool.",
    fields: {
      region: of<RegionName>("name"),
      pool: of<PoolName>("name"),
      shards: strs,
      incarnations: strs,
      sockets: strs,
      live: strs,
      max: strs,
      states: strs,
      answered: strs,
      url: maybeText,
    },
  }),
  exited: memo({
    wire: 81,
    version: 1,
    from: "pool",
    to: "shard",
    acked: false,
    says: "This incarnation of a shard is dead.",
    fields: { address: of<Address>("address") },
  }),

  // From an operator to a pool, at its control subject.
  order: memo({
    wire: 90,
    version: 1,
    from: "operator",
    to: "pool",
    acked: false,
    says: "Drain, or leave the directory, or take either back; twice is as once. Another pool's is dropped.",
    fields: {
      region: of<RegionName>("name"),
      pool: of<PoolName>("name"),
      order: of<PoolOrder>(["drain", "undrain", "cordon", "uncordon"]),
    },
  }),
} as const;

export type MemoKind = keyof typeof MEMOS;
type Held<F> = { readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never };
/** One memo, decoded. */
export type Memo = { [K in MemoKind]: { readonly kind: K } & Held<(typeof MEMOS)[K]["fields"]> }[MemoKind];
export type MemoOf<K extends MemoKind> = Extract<Memo, { kind: K }>;
