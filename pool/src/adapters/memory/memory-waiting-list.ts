import { newChatId } from "@whisper/shared/base/ids";
import type { Random } from "@whisper/shared/base/random";
import { avoidUntil, Desk, sweep, type Turn } from "../../matcher/desk.ts";
import type { DeskSettings } from "../../matcher/desk-settings.ts";
import { onDue } from "../../matcher/due.ts";
import { onCount, onListEnd } from "../../matcher/lists.ts";
import { onAccept, onDecline, onOfferAnswer, onPairedTaken } from "../../matcher/proposals.ts";
import { onAside, onCancel, onRegain, onSeek } from "../../matcher/seekers.ts";
import type { Letter, WaitingList } from "../../ports.ts";

/** A waiting list in this process: the same promises as the one in Redis, but for those about processes that die. */
export function openMemoryWaitingList(
  settings: DeskSettings,
  random: Random,
): WaitingList & { /** What it holds, for tests. */ readonly desk: Desk } {
  const desk = new Desk(settings);
  const turnAt = (nowMs: number): Turn => ({ desk, nowMs, chat: newChatId(random), letters: [] });
  const verb =
    <M>(apply: (turn: Turn, memo: M) => void) =>
    async (memo: M, nowMs: number): Promise<readonly Letter[]> => {
      const turn = turnAt(nowMs);
      apply(turn, memo);
      return turn.letters;
    };
  const pairedTaken = verb(onPairedTaken);
  return {
    desk,
    seek: verb(onSeek),
    cancel: verb(onCancel),
    setAside: verb(onAside),
    offerAnswer: verb(onOfferAnswer),
    accept: verb(onAccept),
    decline: verb(onDecline),
    regain: verb(onRegain),
    count: verb(onCount),
    listEnd: verb(onListEnd),
    pairedTaken: async (memo, nowMs) => void (await pairedTaken(memo, nowMs)),
    never: async ({ lane, a, b, forMs }, nowMs) => avoidUntil(turnAt(nowMs), lane, a, b, nowMs + forMs),
    due: async (nowMs, most) => {
      const letters: Letter[] = [];
      let done = 0;
      sweep(desk, nowMs);
      for (const item of desk.due.upTo(nowMs, most)) {
        const turn = turnAt(nowMs);
        if (onDue(turn, item)) done += 1;
        letters.push(...turn.letters);
      }
      return { letters, done, nextMs: desk.due.first(1)[0]?.score };
    },
    size: async (lane) => desk.index("w", lane).size,
    close: async () => undefined,
  };
}
