import { assert, unreachable } from "@whisper/shared/base/assert";
import type { ChatId } from "@whisper/shared/base/ids";
import type { FrameOf } from "@whisper/shared/protocol/client-frames";
import { errorFrame } from "@whisper/shared/protocol/server-frames";
import { type Ctx, count, type Effect, nothing, type Step, send } from "./event.ts";
import { charged, waitMs } from "./meter.ts";
import { type Chatting, idleAfter, overOf, type Session } from "./session.ts";
import { standingOf } from "./standing.ts";
import { startSeek } from "./step-seek.ts";

const refused = (now: Session, code: "invalid_chat" | "out_of_order", id?: number): Step => ({
  next: now,
  effects: [send(errorFrame(code, id))],
});

const retryAfterS = (ms: number): number => Math.max(1, Math.ceil(ms / 1_000));

/**
 * A text of this person's (DESIGN §7.2). The next number is charged and relayed; a number relayed before is a resend:
 * checked again, its bytes charged, the text meter not; a larger one has a gap before it. Nothing is ever renumbered.
 */
export function onText(now: Session, frame: FrameOf<"message">, bytes: number, ctx: Ctx): Step {
  assert(now.place === "chatting", "the table lets only a chatter speak");
  if (frame.chat_id !== now.chat) return refused(now, "invalid_chat", frame.id);
  const { nowMs, rules } = ctx;
  const high = now.high < 0 ? frame.id - 1 : now.high;
  if (frame.id > high + 1) return refused(now, "out_of_order", high + 1);

  const isNew = frame.id > high;
  const isOnCredit = isNew && now.credit > 0;
  const slowMs = Math.max(
    waitMs(rules.textBytes, now.bytesMs, nowMs, bytes),
    isNew && !isOnCredit ? waitMs(rules.texts, now.textsMs, nowMs) : 0,
  );
  const received = frame.received === undefined ? undefined : seenUpTo(now, frame.received);
  if (slowMs > 0) {
    const told: Effect[] = [
      send({ type: "rate_limited", retry_after: retryAfterS(slowMs), id: frame.id }),
      count("text_refused"),
    ];
    if (received !== undefined) told.push(receivedMemo(now, received, ctx));
    // Whoever knew no highest knows it now, or the text behind this one would pass for the first.
    return { next: { ...now, high }, effects: told };
  }

  const isBlocked = frame.text !== undefined && rules.isBlocked(frame.text);
  const relay: Effect = {
    do: "tell",
    to: now.partner.address,
    memo: {
      kind: "text",
      chat: now.chat,
      to: now.partner.session,
      epoch: ctx.me.epoch,
      address: ctx.me.address,
      id: frame.id,
      text: isBlocked ? undefined : frame.text,
      received,
    },
  };
  const isChecked = hasCheck(now, ctx);
  const next: Chatting = {
    ...now,
    high: isNew ? frame.id : high,
    bytesMs: charged(rules.textBytes, now.bytesMs, nowMs, bytes),
    textsMs: isNew && !isOnCredit ? charged(rules.texts, now.textsMs, nowMs) : now.textsMs,
    credit: isOnCredit ? now.credit - 1 : now.credit,
    checkMs: isChecked ? now.checkMs : nowMs + rules.spans.unconfirmedMs,
    checkId: isChecked ? now.checkId : frame.id,
  };
  if (isBlocked)
    return { next, effects: [relay, send(errorFrame("message_blocked", frame.id)), count("text_blocked")] };
  return { next, effects: isNew ? [relay] : [relay, count("resent")] };
}

/**
 * What a client may claim to have: never more than was relayed to it, where this shard knows that (-1: it does not).
 */
const seenUpTo = (now: Chatting, claimed: number): number => (now.seen < 0 ? claimed : Math.min(claimed, now.seen));

/**
 * Whether no new text needs to make us look for the partner: an older one does already, they are away, or they are on
 * this same shard, where nothing is lost on the way.
 */
const hasCheck = (now: Chatting, { me }: Ctx): boolean =>
  now.checkMs !== 0 || now.partnerAwayMs !== 0 || now.partner.address === me.address;

/**
 * The partner's client has all up to `id`. Who keeps talking always has a text on its way: then the newest of those is
 * waited for next.
 */
export function confirmed(now: Chatting, id: number, { nowMs, rules }: Ctx): Chatting {
  if (now.checkMs === 0 || id < now.checkId) return now;
  if (id >= now.high) return { ...now, checkMs: 0 };
  return { ...now, checkMs: nowMs + rules.spans.unconfirmedMs, checkId: now.high };
}

/** The memo that says how far this person's client has come. */
function receivedMemo(now: Chatting, id: number, { me }: Ctx): Effect {
  return {
    do: "tell",
    to: now.partner.address,
    memo: { kind: "received", chat: now.chat, to: now.partner.session, epoch: me.epoch, address: me.address, id },
  };
}

/** Typing, received, end and next. */
export function onChatFrame(now: Session, frame: FrameOf<"typing" | "received" | "end_chat" | "next">, ctx: Ctx): Step {
  assert(now.place === "chatting", "the table lets only a chatter through");
  const { me, nowMs, rules } = ctx;
  switch (frame.type) {
    case "received":
      if (frame.chat_id !== now.chat) return nothing(now);
      return { next: now, effects: [receivedMemo(now, seenUpTo(now, frame.id), ctx)] };
    case "typing": {
      if (frame.chat_id !== now.chat) return nothing(now);
      if (waitMs(rules.typing, now.typingMs, nowMs) > 0) return { next: now, effects: [count("typing_dropped")] };
      const memo = {
        kind: "typing",
        chat: now.chat,
        to: now.partner.session,
        epoch: me.epoch,
        address: me.address,
        on: frame.is_typing,
      } as const;
      const next = { ...now, typingMs: charged(rules.typing, now.typingMs, nowMs) };
      return { next, effects: [{ do: "tell", to: now.partner.address, memo }] };
    }
    case "end_chat":
      return frame.chat_id === now.chat ? endChat(now, ctx, [], true) : refused(now, "invalid_chat");
    case "next": {
      const ended = endChat(now, ctx, [], true);
      const wish = frame.interests.length > 0 || frame.languages.length > 0 ? frame : now.wish;
      const sought = startSeek(ended.next, wish, ctx);
      const told = ended.effects.filter((effect) => effect.do !== "write"); // one record, one write: the search's
      return { next: sought.next, effects: [...told, ...sought.effects] };
    }
    default:
      return unreachable(frame);
  }
}

/** The chat is over for this person; with `tells`, the partner's shard is told until it has heard. */
export function endChat(now: Chatting, ctx: Ctx, before: readonly Effect[], tells: boolean): Step {
  const next = idleAfter(overOf(now, ctx.nowMs));
  const effects: Effect[] = [...before, { do: "write", standing: standingOf(next) }];
  if (tells) effects.push(leftMemo(now.chat, now.partner, ctx));
  return { next, effects };
}

/** Tells the partner's shard that the chat is over. */
function leftMemo(chat: ChatId, partner: Chatting["partner"], { me }: Ctx): Effect {
  return {
    do: "insist",
    to: partner.address,
    memo: { kind: "left", chat, to: partner.session, epoch: me.epoch, address: me.address },
  };
}
