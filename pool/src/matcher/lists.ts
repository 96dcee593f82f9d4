import type { Address, SessionId } from "@whisper/shared/base/ids";
import type { MemoOf } from "@whisper/shared/bus/memos";
import type { Lane } from "@whisper/shared/credentials/claims";
import type { ShardList, Turn } from "./desk.ts";
import { candidate, forget, putAside } from "./waiting.ts";

/** A shard was heard: its seekers may be matched. Starts the watch over its silence. */
export function heard({ desk, nowMs }: Turn, lane: Lane, address: Address): ShardList {
  const key = `${lane}:${address}`;
  const list = desk.lists.get(key) ?? { heardMs: 0, listNo: -1, startedMs: 0, endCount: -1, dropBeforeMs: 0 };
  if (!desk.lists.has(key)) desk.due.put(`h:${key}`, nowMs + desk.settings.shardSilentMs);
  desk.lists.set(key, list);
  list.heardMs = Math.max(list.heardMs, nowMs);
  return list;
}

/** A shard says how many seekers it has; a desk that knows more or fewer asks for the whole list. */
export function onCount(turn: Turn, memo: MemoOf<"count">): void {
  const list = heard(turn, memo.lane, memo.address);
  if (memo.listNo <= list.listNo) return;
  if (turn.desk.index("a", memo.lane, memo.address).size === memo.count) return;
  begin(turn, list, memo.lane, memo.address, memo.listNo);
  turn.letters.push({ to: memo.address, memo: { kind: "list_wanted", listNo: memo.listNo } });
}

function begin({ desk, nowMs }: Turn, list: ShardList, lane: Lane, address: Address, listNo: number): void {
  list.listNo = listNo;
  list.startedMs = nowMs;
  list.endCount = -1;
  desk.listed.delete(`${lane}:${address}`);
}

/** One seek of a shard's list has come, and was applied. */
export function listed(turn: Turn, memo: MemoOf<"seek">, listNo: number): void {
  const { lane, address, session } = memo;
  const list = heard(turn, lane, address);
  if (listNo < list.listNo) return;
  if (listNo > list.listNo) begin(turn, list, lane, address, listNo);
  const key = `${lane}:${address}`;
  const sessions = turn.desk.listed.get(key) ?? new Set<SessionId>();
  turn.desk.listed.set(key, sessions.add(session));
  completeWhenWhole(turn, list, lane, address);
}

/**
 * A shard has sent its whole list. Parts of it may still be under way, or lost: only a whole list drops what it
 * lacks.
 */
export function onListEnd(turn: Turn, memo: MemoOf<"list_end">): void {
  const { lane, address, listNo, count } = memo;
  const list = heard(turn, lane, address);
  if (listNo < list.listNo) return;
  if (listNo > list.listNo) begin(turn, list, lane, address, listNo);
  list.endCount = count;
  completeWhenWhole(turn, list, lane, address);
}

function completeWhenWhole(turn: Turn, list: ShardList, lane: Lane, address: Address): void {
  const { desk, nowMs } = turn;
  const key = `${lane}:${address}`;
  if (list.endCount !== (desk.listed.get(key)?.size ?? 0)) return;
  list.endCount = -1;
  list.dropBeforeMs = list.startedMs - desk.settings.listSlackMs;
  desk.listed.delete(key);
  if (!dropSlice(turn, list, lane, address)) desk.due.put(`h:${key}`, nowMs);
}

/** Drops some of those that a whole list lacks; true when none is left. */
export function dropSlice(turn: Turn, list: ShardList, lane: Lane, address: Address): boolean {
  const { desk } = turn;
  const found = desk.index("a", lane, address).upTo(list.dropBeforeMs - 1, desk.settings.sliceMax);
  for (const session of found) {
    const seeker = candidate(turn, lane, session as SessionId);
    if (seeker !== undefined) forget(turn, seeker);
  }
  if (found.length === desk.settings.sliceMax) return false;
  list.dropBeforeMs = 0;
  return true;
}

/**
 * The moment of a shard: the rest of a list's work, or its silence. A desk that comes late was away itself, and
 * judges nobody.
 */
export function shardMoment(turn: Turn, lane: Lane, address: Address, dueMs: number): void {
  const { desk, nowMs } = turn;
  const { shardSilentMs, lateMs, sliceMax } = desk.settings;
  const key = `${lane}:${address}`;
  const list = desk.lists.get(key);
  if (list === undefined) {
    desk.due.drop(`h:${key}`);
    return;
  }
  if (list.dropBeforeMs !== 0 && !dropSlice(turn, list, lane, address)) {
    desk.due.put(`h:${key}`, nowMs);
    return;
  }
  if (nowMs - list.heardMs >= shardSilentMs && nowMs - dueMs > lateMs) list.heardMs = nowMs;
  if (nowMs - list.heardMs < shardSilentMs) {
    desk.due.put(`h:${key}`, list.heardMs + shardSilentMs);
    return;
  }
  for (const { member } of desk.index("a", lane, address).first(sliceMax)) {
    const seeker = candidate(turn, lane, member as SessionId);
    if (seeker !== undefined) putAside(turn, seeker, true);
  }
  if (desk.index("a", lane, address).size > 0) desk.due.put(`h:${key}`, nowMs);
  else {
    desk.lists.delete(key);
    desk.listed.delete(key);
    desk.due.drop(`h:${key}`);
  }
}
