import { isPoolName, isSessionId } from "@whisper/shared/base/ids";
import type { Memo, MemoOf } from "@whisper/shared/bus/memos";
import { TICKET_AUDIENCE_MAX } from "@whisper/shared/limits";
import { standingOfWrite } from "./answers.ts";
import { fitsRecord } from "./standing-bounds.ts";

/** What a shard asks a clerk. */
export type ClerkAsk = MemoOf<"admit" | "write" | "end_half" | "where" | "touch" | "forget" | "handover">;

/** More sessions in one touch than any shard sends. */
const TOUCHED_MAX = 2_000;
const EPOCH_MAX = 2 ** 48 - 1;
const REV_MAX = 2 ** 32 - 1;
const EPOCH = /^\d{1,15}$/;

/**
 * A memo as a request, or `undefined`: what the codec cannot see (lengths, lists that belong together) is looked at
 * here.
 */
export function clerkAskOf(memo: Memo): ClerkAsk | undefined {
  switch (memo.kind) {
    case "admit":
      return isEpoch(memo.epoch) ? memo : undefined;
    case "write":
      return isEpoch(memo.epoch) && memo.rev <= REV_MAX && fitsRecord(standingOfWrite(memo)) ? memo : undefined;
    case "end_half":
      return isEpoch(memo.epoch) ? memo : undefined;
    case "where":
    case "forget":
      return memo;
    case "touch":
      return isTouch(memo) ? memo : undefined;
    case "handover":
      return isHandover(memo) ? memo : undefined;
    default:
      return undefined;
  }
}

const isEpoch = (epoch: number): boolean => epoch > 0 && epoch <= EPOCH_MAX;

const isTouch = ({ sessions, epochs }: MemoOf<"touch">): boolean =>
  sessions.length <= TOUCHED_MAX &&
  sessions.length === epochs.length &&
  sessions.every(isSessionId) &&
  epochs.every((epoch) => EPOCH.test(epoch));

const isHandover = ({ pools, network }: MemoOf<"handover">): boolean =>
  pools.length > 0 && pools.length <= TICKET_AUDIENCE_MAX && pools.every(isPoolName) && network.length <= 32;
