import { InvariantError, unreachable } from "@whisper/shared/base/assert";
import type { Clock } from "@whisper/shared/base/clock";
import type { Address, RegionName } from "@whisper/shared/base/ids";
import type { Memo } from "@whisper/shared/bus/memos";
import { DESK_GROUP, deskSubject } from "@whisper/shared/bus/subjects";
import type { Letter, Log, WaitingList } from "../ports.ts";
import { createQueue } from "../runtime/bounded-queue.ts";
import { type DeskMemo, deskMemoOf } from "./desk-memo.ts";
import { startLooks, type Timers } from "./due-looks.ts";

/** Memos worked on at once; the others wait their turn, and beyond that are dropped: their shards repeat them. */
const AT_ONCE_MAX = 256;
const QUEUED_MAX = 8_192;
/** Items of the due-list done in one look. */
const DUE_MOST = 64;
export type MatcherParts = {
  readonly mail: {
    sendTo(address: Address, memo: Memo): void;
    listen(subject: string, on: (memo: Memo) => void, options?: { readonly group?: string }): { stop(): void };
  };
  readonly region: RegionName;
  readonly list: WaitingList;
  readonly clock: Clock;
  readonly log: Log;
  readonly timers: Timers;
};

export type MatcherCounts = {
  applied: number;
  letters: number;
  /** The store was away or refused: not acknowledged, so that the shard repeats it. */
  failed: number;
  /** Not taken for want of room. */
  dropped: number;
  /** Not for a desk, or with a field that is not what it should be. */
  unsound: number;
  /** Items of the due-list done. */
  due: number;
};
export type Matcher = { readonly counts: MatcherCounts; stop(): Promise<void> };

/**
 * One of a desk's matchers; any number may run. It applies each memo as one atomic change of the waiting list,
 * acknowledges it after that and never before, sends the letters, and does what comes due. It keeps nothing of its
 * own.
 */
export function startMatcher({ mail, region, list, clock, log, timers }: MatcherParts): Matcher {
  const counts: MatcherCounts = { applied: 0, letters: 0, failed: 0, dropped: 0, unsound: 0, due: 0 };
  const queue = createQueue(AT_ONCE_MAX, QUEUED_MAX, work);
  let isAway = false;

  const post = (letters: readonly Letter[]): void => {
    counts.letters += letters.length;
    for (const { to, memo } of letters) mail.sendTo(to, memo);
  };
  const isReached = (): void => {
    if (isAway) log.info("waiting_list_back");
    isAway = false;
  };
  const failed = (error: unknown): void => {
    counts.failed += 1;
    if (error instanceof InvariantError) log.error("promise_broken", { promise: error.message });
    // One line an absence; what a store says of itself may hold a key, so that only its kind is told.
    else if (!isAway) log.warn("waiting_list_away", { refused: error instanceof Error && error.name === "ReplyError" });
    isAway = true;
  };

  async function work(memo: DeskMemo): Promise<void> {
    try {
      post(await apply(list, memo, clock.nowMs()));
    } catch (error) {
      failed(error);
      return;
    }
    isReached();
    counts.applied += 1;
    if ("memo" in memo) mail.sendTo(memo.address, { kind: "desk_took", memo: memo.memo });
    looks.soon();
  }
  const looks = startLooks(clock, timers, async (nowMs) => {
    try {
      const turn = await list.due(nowMs, DUE_MOST);
      isReached();
      post(turn.letters);
      counts.due += turn.done;
      return { isMore: turn.done === DUE_MOST, nextMs: turn.nextMs };
    } catch (error) {
      failed(error);
      return { isMore: false, nextMs: undefined };
    }
  });

  const ear = mail.listen(
    deskSubject(region),
    (memo) => {
      const sound = deskMemoOf(memo);
      if (sound === undefined) counts.unsound += 1;
      else if (!queue.take(sound)) counts.dropped += 1;
    },
    { group: DESK_GROUP },
  );
  return {
    counts,
    async stop() {
      ear.stop();
      await Promise.all([queue.idle(), looks.stop()]);
    },
  };
}

function apply(list: WaitingList, memo: DeskMemo, nowMs: number): Promise<readonly Letter[]> {
  switch (memo.kind) {
    case "seek":
      return list.seek(memo, nowMs);
    case "cancel":
      return list.cancel(memo, nowMs);
    case "aside":
      return list.setAside(memo, nowMs);
    case "offer_answer":
      return list.offerAnswer(memo, nowMs);
    case "accept":
      return list.accept(memo, nowMs);
    case "decline":
      return list.decline(memo, nowMs);
    case "regain":
      return list.regain(memo, nowMs);
    case "count":
      return list.count(memo, nowMs);
    case "list_end":
      return list.listEnd(memo, nowMs);
    case "paired_taken":
      return list.pairedTaken(memo, nowMs).then(() => []);
    case "never":
      return list.never(memo, nowMs).then(() => []);
    default:
      return unreachable(memo);
  }
}
