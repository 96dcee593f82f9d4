import {
  RECEIVED_AT_ONCE,
  RECEIVED_WITHIN_MS,
  RESEND_AFTER_MS,
  RESEND_AFTER_MS_MAX,
  RESEND_ON_REPEAT_EVERY_MS,
  UNCONFIRMED_MAX,
} from "@whisper/shared/limits";
import { NEVER, type Person, partnerOf, say, type World } from "./person.ts";
import { dueAtMs, type Talk, wordsOf } from "./talk-state.ts";
import { faultOfWords, isAgain, judgeArrival, lostUpTo, noteAgain, type TextFault } from "./text-check.ts";

/** Both halves of DESIGN §7 as a client has to obey them, and the check of every text on its way. */

/** What is due by now: texts whose moment has come, the answer that is owed, what was not confirmed for too long. */
export function onTalkDue(person: Person, talk: Talk, nowMs: number, world: World): void {
  while (talk.due < talk.count && dueAtMs(talk, talk.due + 1) <= nowMs) {
    talk.due++;
    const dueMs = dueAtMs(talk, talk.due);
    if (dueMs >= person.sinceMs) world.hands.left(nowMs - dueMs); // before that there was no socket to say it on
  }
  if (nowMs >= talk.resendsAtMs && !talk.isPartnerAway) {
    talk.resendMs = Math.min(talk.resendMs * 2, RESEND_AFTER_MS_MAX);
    rewind(talk, talk.delivered);
  }
  pump(person, talk, nowMs, world);
  if (nowMs >= talk.answersAtMs) answer(person, talk);
}

/** When there is something to do in a talk next, without any word from outside. */
export function talkDueAtMs(person: Person, talk: Talk, nowMs: number): number {
  if (person.outlet === undefined) return NEVER;
  let atMs = talk.answersAtMs;
  if (talk.due < talk.count) atMs = Math.min(atMs, dueAtMs(talk, talk.due + 1));
  if (!talk.isPartnerAway) atMs = Math.min(atMs, talk.resendsAtMs);
  if (talk.heldUntilMs > nowMs && talk.sent < talk.due) atMs = Math.min(atMs, talk.heldUntilMs);
  return atMs;
}

/** Puts on the wire what may go: in order, at most 32 unconfirmed, nothing to a partner who is away. */
export function pump(person: Person, talk: Talk, nowMs: number, { hands }: World): void {
  const { outlet } = person;
  if (outlet === undefined || talk.isPartnerAway || talk.heldUntilMs > nowMs) return;
  const upTo = Math.min(talk.due, talk.delivered + (talk.faults > 0 ? 1 : UNCONFIRMED_MAX));
  const from = Math.max(talk.sent, talk.delivered) + 1;
  if (from > upTo) return;
  for (let id = from; id <= upTo; id++) {
    const riding = talk.owed > 0 ? `,"received":${talk.last}` : "";
    talk.owed = 0;
    outlet.say(`${talk.head}${id},"text":"${wordsOf(talk, id)}"${riding}}`);
    if (id <= talk.sentMax) noteAgain(talk.trail, id);
    else hands.count("textsSent");
  }
  talk.answersAtMs = NEVER;
  talk.sent = upTo;
  talk.sentMax = Math.max(talk.sentMax, upTo);
  if (talk.resendsAtMs === NEVER) talk.resendsAtMs = Math.ceil(nowMs + talk.resendMs);
}

function rewind(talk: Talk, to: number): void {
  talk.sent = to;
  talk.resendsAtMs = NEVER;
}

/** Everything from `delivered + 1` goes again, in order. */
export function resendAll(person: Person, talk: Talk, nowMs: number, world: World): void {
  rewind(talk, talk.delivered);
  pump(person, talk, nowMs, world);
}

/** Somebody's socket, or the meter, is in the way: that what is under way goes again is no fault. */
export function excuse(talk: Talk, nowMs: number): void {
  talk.excused = talk.sentMax;
  talk.excusedAtMs = nowMs;
}

/** A text of the partner's: checked, shown when it is the next one, and answered in any case. */
export function onText(
  person: Person,
  talk: Talk,
  frame: { readonly id: number; readonly text?: string; readonly delivered?: number },
  nowMs: number,
  world: World,
): void {
  const theirs = partnerOf(person)?.talk;
  if (person.couple.isOver) return; // said before the end was heard
  const { id, text } = frame;
  if (theirs === undefined || theirs.chat !== talk.chat) {
    const fault = faultOfWords(text ?? "", marksOf(person, id, world));
    return blame(world, fault === "laneCrossed" ? fault : "foreign");
  }
  if (text !== undefined && text !== wordsOf(theirs, id)) {
    const fault = faultOfWords(text, marksOf(person, id, world));
    blame(world, fault);
    if (fault === "foreign" || fault === "laneCrossed") return; // nobody numbered these
  }
  const { isNext, fault } = judgeArrival(theirs.trail, id, talk.last);
  if (fault !== undefined) blame(world, fault);
  if (isNext) {
    talk.last = id;
    if (text !== undefined) noteShown(theirs, id, nowMs, world);
  }
  talk.owed++;
  if (talk.answersAtMs === NEVER) talk.answersAtMs = Math.ceil(nowMs + RECEIVED_WITHIN_MS);
  if (frame.delivered !== undefined) onDelivered(person, talk, frame.delivered, false, nowMs, world);
  if (talk.owed >= RECEIVED_AT_ONCE) answer(person, talk);
}

function noteShown(theirs: Talk, id: number, nowMs: number, { hands }: World): void {
  hands.count("textsDelivered");
  hands.time("text", nowMs - dueAtMs(theirs, id));
  if (id > theirs.excused && isAgain(theirs.trail, id)) {
    hands.count("repaired");
    hands.example("a text came only after it was sent again, though nobody had lost their socket");
  }
}

const marksOf = (person: Person, no: number, { script }: World) => ({
  run: script.run,
  lane: script.lane,
  couple: person.couple.no,
  seat: 1 - person.seat,
  no,
});

const FAULT_WORDS: Readonly<Record<TextFault, string>> = {
  lost: "a text was never shown",
  doubled: "a text came more often than it was sent",
  reordered: "a text came behind one that was written later",
  foreign: "a text of somebody else arrived",
  laneCrossed: "a text of the other lane arrived",
};

function blame({ hands }: World, fault: TextFault, by = 1): void {
  hands.count(fault, by);
  hands.example(FAULT_WORDS[fault]);
}

/** Says how far we have come, if anything is owed. */
export function answer(person: Person, talk: Talk): void {
  if (talk.owed === 0 || person.outlet === undefined) return;
  say(person, { type: "received", chat_id: talk.chat, id: talk.last });
  talk.owed = 0;
  talk.answersAtMs = NEVER;
}

/**
 * The partner's client has our texts up to `id`, says the server; it is asked whether that is so. The same number
 * again, in a frame of its own, means that it misses what comes after.
 */
export function onDelivered(
  person: Person,
  talk: Talk,
  id: number,
  isOwnFrame: boolean,
  nowMs: number,
  world: World,
): void {
  if (id > talk.sentMax || id < talk.delivered) return;
  if (id === talk.delivered) {
    if (!isOwnFrame || talk.sent === id || nowMs < talk.repeatedAtMs + RESEND_ON_REPEAT_EVERY_MS) return;
    talk.repeatedAtMs = nowMs;
    return resendAll(person, talk, nowMs, world);
  }
  const theirs = partnerOf(person)?.talk;
  if (theirs?.chat === talk.chat) noteLost(talk, id, theirs.last, world);
  world.hands.count("textsConfirmed", id - talk.delivered);
  talk.delivered = id;
  talk.sent = Math.max(talk.sent, id);
  talk.faults = 0;
  talk.resendMs = RESEND_AFTER_MS;
  talk.resendsAtMs = talk.sent > id ? Math.ceil(nowMs + RESEND_AFTER_MS) : NEVER;
  pump(person, talk, nowMs, world);
}

/** Counts as lost what of these texts up to `id` was never shown. */
export function noteLost(talk: Talk, id: number, shown: number, world: World): void {
  const lost = lostUpTo(talk.trail, id, shown);
  if (lost > 0) blame(world, "lost", lost);
}

/** A text is missing before the one we sent: from there again, once for all that are answered alike. */
export function onOutOfOrder(person: Person, talk: Talk, id: number, nowMs: number, world: World): void {
  if (id <= talk.delivered || id > talk.sent) return;
  if (talk.gapId === id && nowMs < talk.gapAtMs + RESEND_ON_REPEAT_EVERY_MS) return;
  talk.gapId = id;
  talk.gapAtMs = nowMs;
  talk.sent = id - 1;
  pump(person, talk, nowMs, world);
}

/** The meter refused a text: it waits, with its number, and goes again. */
export function onLimitedText(talk: Talk, id: number, retryAfterMs: number, nowMs: number): void {
  if (id <= talk.delivered || id > talk.sentMax) return;
  excuse(talk, nowMs);
  talk.sent = Math.min(talk.sent, id - 1);
  talk.heldUntilMs = Math.ceil(nowMs + retryAfterMs);
}
