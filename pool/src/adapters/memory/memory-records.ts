import type { Clock } from "@whisper/shared/base/clock";
import type { DeviceHash, SessionId } from "@whisper/shared/base/ids";
import type { Random } from "@whisper/shared/base/random";
import { admit, type Changed, endHalf, type SessionRecord, touch, where, write } from "../../clerk/record-rules.ts";
import type { RecordsSettings } from "../../clerk/records-settings.ts";
import { assertFits } from "../../clerk/standing-bounds.ts";
import type { Records } from "../../ports.ts";
import { ALL_PARTITIONS, partitionOf } from "../../runtime/partitions.ts";

type Kept = { readonly record: SessionRecord; readonly untilMs: number };
type Ban = { readonly untilMs: number; readonly reason: string };
type Birth = { readonly token: number; readonly bornMs: number };

export type MemoryRecords = Records & {
  /** How many are held, those whose time is up included, for tests. */
  readonly size: number;
};

/**
 * Records in this process: the promises of the store in Redis, but for those about servers that die. `clock` tells
 * what has run out.
 */
export function openMemoryRecords(settings: RecordsSettings, clock: Clock, random: Random): MemoryRecords {
  const records = new Map<SessionId, Kept>();
  const bans = new Map<DeviceHash, Ban>();
  const births = new Map<number, Birth>();
  let deskBirth: Birth | undefined;

  /** Records lie in the order of their last use, so those whose time is up come first. */
  const sweep = (nowMs: number): void => {
    for (const [session, { untilMs }] of records) {
      if (untilMs > nowMs) return;
      records.delete(session);
    }
  };
  const recordOf = (session: SessionId): SessionRecord | undefined => {
    sweep(clock.nowMs());
    return records.get(session)?.record;
  };
  const keep = (session: SessionId, record: SessionRecord): void => {
    records.delete(session);
    records.set(session, { record, untilMs: clock.nowMs() + settings.ttlMs });
  };
  const change = <A>(session: SessionId, { answer, record }: Changed<A>): A => {
    if (record !== undefined) keep(session, record);
    return answer;
  };
  const birthOf = (partition: number, nowMs: number): Birth => {
    const known = births.get(partition);
    if (known !== undefined) return known;
    const birth = { token: random.unit(), bornMs: nowMs };
    births.set(partition, birth);
    return birth;
  };

  return {
    get size() {
      return records.size;
    },
    async admit(ask, nowMs) {
      const ban = bans.get(ask.device);
      if (ban !== undefined && ban.untilMs > nowMs)
        return { answer: "banned", leftMs: ban.untilMs - nowMs, reason: ban.reason };
      const { bornMs } = birthOf(partitionOf(ask.session), nowMs);
      return change(ask.session, admit(recordOf(ask.session), ask, Math.abs(nowMs - bornMs) < settings.settleMs));
    },
    async write(ask) {
      assertFits(ask.standing);
      return change(ask.session, write(recordOf(ask.session), ask));
    },
    endHalf: async (session, chat, epoch) => change(session, endHalf(recordOf(session), chat, epoch)),
    where: async (session, chat) => where(recordOf(session), chat),
    async holderOf(session) {
      const record = recordOf(session);
      return record === undefined ? undefined : { epoch: record.epoch, device: record.device };
    },
    async touch(sessions) {
      const lower: SessionId[] = [];
      const missing: SessionId[] = [];
      for (const { session, epoch } of sessions) {
        const answer = change(session, touch(recordOf(session), epoch));
        if (answer === "lower") lower.push(session);
        if (answer === "missing") missing.push(session);
      }
      return { lower, missing };
    },
    async forget(session) {
      records.delete(session);
    },
    async ban(device, untilMs, reason, nowMs) {
      for (const [banned, ban] of bans) if (ban.untilMs <= nowMs) bans.delete(banned);
      if (untilMs > nowMs) bans.set(device, { untilMs, reason });
      else bans.delete(device);
    },
    generations: async (nowMs) =>
      ALL_PARTITIONS.map((partition) => {
        const { token, bornMs } = birthOf(partition, nowMs);
        return `${token}.${bornMs}`;
      }),
    async deskGeneration(nowMs) {
      deskBirth ??= { token: random.unit(), bornMs: nowMs };
      return `${deskBirth.token}.${deskBirth.bornMs}`;
    },
    close: async () => undefined,
  };
}
