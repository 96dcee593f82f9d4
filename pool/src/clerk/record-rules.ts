import type { Address, ChatId, DeviceHash } from "@whisper/shared/base/ids";
import type { AdmitAnswer, AdmitAsk, Standing, Whereabouts, WriteAsk } from "../ports.ts";

// What happens to one record. Pure; the store in memory runs these, and the scripts of the store in Redis say the
// same in Lua (record-*.lua): one contract and one model test hold both to it.

/**
 * One session's record. `before` is the address it was admitted from, kept until the new socket has written or
 * touched; with those before it, newest first, when the answer to an admission was lost and another came.
 */
export type SessionRecord = {
  readonly epoch: number;
  readonly rev: number;
  readonly attempt: number;
  readonly device: DeviceHash;
  readonly address: Address;
  readonly before: readonly Address[];
  readonly standing: Standing;
};

/** An answer, and the record as it is afterwards; `undefined` keeps what is there. */
export type Changed<A> = { readonly answer: A; readonly record?: SessionRecord };

/** Shards that may yet hold a socket of one session, beside the newest. */
const BEFORE_MAX = 3;
const CHAT_CHARS = 22;
const SESSION_CHARS = 22;
const DEVICE_CHARS = 11;
const chatIn = (words: string | undefined): string | undefined => words?.slice(0, CHAT_CHARS);

/**
 * A socket asks to be the current one of its session (DESIGN §6, Epoch). `isYoung`: the partition may yet be
 * refilled.
 */
export function admit(record: SessionRecord | undefined, ask: AdmitAsk, isYoung: boolean): Changed<AdmitAnswer> {
  const { epoch, attempt, device, address } = ask;
  const entered = { epoch, rev: 0, attempt, device, address };
  if (record === undefined) {
    if (isYoung && !ask.fresh) return { answer: { answer: "wait" } };
    return { answer: { answer: "new" }, record: { ...entered, before: [], standing: { place: "idle" } } };
  }
  if (record.device !== device) return { answer: { answer: "stranger" } };
  if (record.epoch === epoch && record.attempt === attempt) return { answer: asAtFirst(record) };
  if (epoch <= record.epoch) return { answer: { answer: "stale" } };
  const earlier = record.before.filter((one) => one !== record.address);
  const before = [record.address, ...earlier].slice(0, BEFORE_MAX);
  const after = { ...entered, before, standing: record.standing };
  return { answer: asAtFirst(after), record: after };
}

const asAtFirst = ({ before, standing }: SessionRecord): AdmitAnswer =>
  before.length === 0 ? { answer: "new" } : { answer: "back", standing, before };

/** A shard says where its person stands. */
export function write(record: SessionRecord | undefined, ask: WriteAsk): Changed<"taken" | "lower"> {
  if (record !== undefined && ask.epoch < record.epoch) return { answer: "lower" };
  if (record !== undefined && ask.epoch === record.epoch && ask.rev <= record.rev) return { answer: "taken" };
  const { epoch, rev, device, address, standing } = ask;
  const attempt = record?.epoch === epoch ? record.attempt : NO_ATTEMPT;
  return { answer: "taken", record: { epoch, rev, attempt, device, address, before: [], standing } };
}

/** The attempt of a record that was put back: it answers no repeated admission. */
export const NO_ATTEMPT = -1;

export type EndHalfAnswer =
  | { readonly answer: "ended" }
  | { readonly answer: "refused"; readonly address: Address; readonly epoch: number };

/** The partner's shard asks to end an absent person's half. */
export function endHalf(record: SessionRecord | undefined, chat: ChatId, epoch: number): Changed<EndHalfAnswer> {
  const ended = { answer: "ended" } as const;
  if (record === undefined || chatIn(record.standing.over) === chat) return { answer: ended };
  if (record.epoch > epoch) return { answer: { answer: "refused", address: record.address, epoch: record.epoch } };
  const { half } = record.standing;
  if (half === undefined || chatIn(half) !== chat) return { answer: ended };
  const device = half.slice(CHAT_CHARS + SESSION_CHARS, CHAT_CHARS + SESSION_CHARS + DEVICE_CHARS);
  return { answer: ended, record: { ...record, standing: { place: "idle", over: `${chat}${device}` } } };
}

/** Where a person is, and whether a chat of theirs is over: `over` only if the record names it as ended. */
export function where(record: SessionRecord | undefined, chat: ChatId): Whereabouts {
  if (record === undefined) return { chat: "unknown" };
  const { address, epoch, standing } = record;
  if (chatIn(standing.half) === chat) return { chat: "in", address, epoch };
  return { chat: chatIn(standing.over) === chat ? "over" : "unknown", address, epoch };
}

/** A shard says that its person is still there. */
export function touch(record: SessionRecord | undefined, epoch: number): Changed<"kept" | "lower" | "missing"> {
  if (record === undefined) return { answer: "missing" };
  if (record.epoch > epoch) return { answer: "lower" };
  return { answer: "kept", record: { ...record, before: [] } };
}
