import { isChatId, isDeviceHash, isRegionName, isSessionId, parseAddress } from "@whisper/shared/base/ids";
import { MEMOS, type Memo, type MemoOf } from "@whisper/shared/bus/memos";

/** What a desk hears. */
export type DeskMemo = MemoOf<
  | "seek"
  | "cancel"
  | "aside"
  | "offer_answer"
  | "accept"
  | "decline"
  | "paired_taken"
  | "regain"
  | "count"
  | "list_end"
  | "never"
>;

/** Lua writes numbers with 14 digits, and Redis refuses a time to live beyond reason. */
const NUMBER_MAX = 99_999_999_999_999;
const AVOID_MS_MAX = 366 * 86_400_000;

/** What each field must be, wherever it stands: names end up in keys, so that none may be anything else. */
const CHECKS: Readonly<Record<string, (value: unknown) => boolean>> = {
  session: isSessionId,
  chat: isChatId,
  device: isDeviceHash,
  a: isDeviceHash,
  b: isDeviceHash,
  home: isRegionName,
  address: (value) => typeof value === "string" && parseAddress(value) !== undefined,
  lane: (value) => value === "live" || value === "test",
  forMs: (value) => typeof value === "number" && value > 0 && value <= AVOID_MS_MAX,
};
const isFine = (value: unknown): boolean => typeof value !== "number" || (value >= 0 && value <= NUMBER_MAX);

/** A memo for desks whose every field is what it should be, or `undefined`: a shard that errs reaches no key. */
export function deskMemoOf(memo: Memo): DeskMemo | undefined {
  if (MEMOS[memo.kind].to !== "desk") return undefined;
  for (const [name, value] of Object.entries(memo)) {
    const isRight = CHECKS[name] ?? isFine;
    if (!isRight(value)) return undefined;
  }
  return memo as DeskMemo;
}
