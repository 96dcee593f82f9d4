import type { View } from "@whisper/shared/client/view";
import { endOf } from "./showing.ts";
import { words } from "./words.ts";

/**
 * What a screen reader should say about the step from `before` to `next`; `undefined` when nothing.
 * Never repeats what the listener wrote.
 */
export function announcementOf(before: View, next: View): string | undefined {
  const said = [
    sceneSaid(before, next),
    noticeSaid(before, next),
    presenceSaid(before, next),
    slowSaid(before, next),
    textsSaid(before, next),
  ];
  const parts = said.filter((part) => part !== undefined);
  return parts.length === 0 ? undefined : parts.join(" ");
}

function sceneSaid(before: View, next: View): string | undefined {
  const { now } = next;
  if (now.scene === "seeking") {
    if (now.note === "declined" && !(before.now.scene === "seeking" && before.now.note === "declined"))
      return words.searching.declined;
    if (before.now.scene !== "seeking" || before.now.stage !== now.stage) return words.searching.stageSaid[now.stage];
    return undefined;
  }
  if (now.scene === "proposed") {
    if (before.now.scene !== "proposed") return `${words.proposal.heading}. ${now.shared.join(", ")}`;
    return now.accepted && !before.now.accepted ? words.proposal.waiting : undefined;
  }
  if (now.scene === "chatting") return before.now.scene === "chatting" ? undefined : words.said.chat;
  if (before.now.scene === "idle") return undefined;
  const end = endOf(next);
  if (end !== undefined) return words.ended.heading[end];
  return now.note === undefined ? undefined : words.landing.note[now.note];
}

function noticeSaid(before: View, next: View): string | undefined {
  if (next.notice === undefined || next.notice.no === before.notice?.no) return undefined;
  return words.notice[next.notice.code];
}

function presenceSaid(before: View, next: View): string | undefined {
  if (before.connection !== next.connection) {
    if (next.connection === "reconnecting") return words.chat.reconnecting;
    if (before.connection === "reconnecting" && next.connection === "open") return words.said.online;
  }
  if (before.now.scene !== "chatting" || next.now.scene !== "chatting") return undefined;
  const wasAway = before.now.partnerAwayUntilMs !== undefined;
  const isAway = next.now.partnerAwayUntilMs !== undefined;
  if (wasAway === isAway) return undefined;
  return isAway ? words.chat.awayLong : words.chat.back;
}

/** Said once, not each second: the countdown is for the eyes. */
function slowSaid(before: View, next: View): string | undefined {
  return before.slowUntilMs === undefined && next.slowUntilMs !== undefined ? words.chat.slowSaid : undefined;
}

function textsSaid(before: View, next: View): string | undefined {
  if (next.transcript === before.transcript || before.now.scene !== "chatting") return undefined;
  const fresh = freshFrom(before, next);
  const last = fresh.at(-1);
  if (last === undefined) return undefined;
  return fresh.length === 1 ? words.said.partner(last) : words.said.several(fresh.length, last);
}

/** The partner's texts that `next` has and `before` had not, oldest first. */
function freshFrom(before: View, next: View): readonly string[] {
  const known = before.transcript.reduce((high, line) => (line.from === "partner" ? Math.max(high, line.id) : high), 0);
  return next.transcript.filter((line) => line.from === "partner" && line.id > known).map((line) => line.text);
}
