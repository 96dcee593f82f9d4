import { unreachable } from "@whisper/shared/base/assert";
import type { Address, ChatId } from "@whisper/shared/base/ids";
import type { MemoOf } from "@whisper/shared/bus/memos";
import type { ChatMemo, Ctx, Effect, Step } from "./event.ts";
import { count, nothing, send } from "./event.ts";
import type { Chatting, Session } from "./session.ts";
import { endChat } from "./step-chat.ts";
import { beginChat } from "./step-proposal.ts";

/** How often an absent person's home is asked again when it cannot be reached, and for how long after the grace. */
const ASK_AGAIN_MS = 5_000;
const ASK_AT_MOST_MS = 300_000;

/**
 * What a memo from the partner's shard does. Lower epochs are a zombie's and dropped; a higher one tells where the
 * partner is now.
 */
export function onChatMemo(now: Session, memo: ChatMemo, ctx: Ctx): Step {
  if (now.place === "chatting" && now.chat === memo.chat) {
    if (memo.epoch < now.partner.epoch) return { next: now, effects: [count("memo_stale")] };
    const known = learn(now, memo.epoch, memo.address);
    return inChat(known, memo, ctx, known !== now && memo.kind !== "back" && memo.kind !== "left");
  }
  if (now.place === "accepted" && now.offer.chat === memo.chat && memo.kind !== "took") {
    // The desk's word reached the partner first. Only who was paired speaks in a chat, so we are paired, too.
    const begun = beginChat(now, now.offer, ctx);
    const then = onChatMemo(begun.next, memo, ctx);
    return { next: then.next, effects: [...begun.effects, ...then.effects] };
  }
  if (memo.kind === "took") return nothing(now);
  if (memo.kind === "left")
    return { next: now, effects: [{ do: "tell", to: memo.address, memo: tookMemo(memo, 0, now, ctx) }] };
  const numbered = memo.kind === "away" || memo.kind === "back" ? memo.memo : undefined;
  return {
    next: now,
    effects: [
      {
        do: "refuse",
        to: memo.address,
        memo: { kind: "not_in_chat", memo: numbered, chat: memo.chat, to: memo.to, here: true },
      },
    ],
  };
}

/** The same chat with the partner's newest address. */
function learn(now: Chatting, epoch: number, address: Address): Chatting {
  if (epoch === now.partner.epoch && address === now.partner.address) return now;
  return { ...now, partner: { ...now.partner, epoch, address } };
}

function tookMemo(memo: MemoOf<"left" | "away" | "back">, seen: number, now: Session, { me }: Ctx): MemoOf<"took"> {
  return {
    kind: "took",
    memo: memo.memo,
    chat: memo.chat,
    epoch: me.epoch,
    address: me.address,
    awaySinceMs: now.awayMs === 0 ? undefined : now.awayMs,
    seen,
  };
}

function inChat(now: Chatting, memo: ChatMemo, ctx: Ctx, isNewAddress: boolean): Step {
  const effects: Effect[] = [];
  const ack = (numbered: MemoOf<"left" | "away" | "back">): void => {
    effects.push({ do: "tell", to: memo.address, memo: tookMemo(numbered, Math.max(0, now.seen), now, ctx) });
  };
  if (isNewAddress) effects.push(send({ type: "partner_back" }));
  switch (memo.kind) {
    case "text": {
      if (memo.received !== undefined && now.awayMs !== 0) effects.push(deliveredFrame(now, memo.received));
      if (now.awayMs !== 0) return { next: now, effects }; // nobody to show it to: the partner's client sends it again
      const delivered = memo.received === undefined ? undefined : Math.min(memo.received, Math.max(0, now.high));
      effects.push({ do: "show", id: memo.id, text: memo.text, delivered });
      return { next: memo.id > now.seen ? { ...now, seen: memo.id } : now, effects };
    }
    case "received":
      effects.push(deliveredFrame(now, memo.id));
      return { next: now, effects };
    case "typing":
      effects.push(send({ type: "typing", is_typing: memo.on }));
      return { next: now, effects };
    case "left":
      ack(memo);
      return endChat(now, ctx, [...effects, send({ type: "partner_left" })], false);
    case "away":
      ack(memo);
      return markAway(now, ctx, effects);
    case "back":
      ack(memo);
      return markBack(now, effects);
    case "took": {
      const high = now.high < 0 ? memo.seen : now.high;
      const known = high === now.high ? now : { ...now, high };
      if (memo.awaySinceMs !== undefined) return markAway(known, ctx, effects);
      return now.partnerAwayMs === 0 ? { next: known, effects } : markBack(known, effects);
    }
    default:
      return unreachable(memo);
  }
}

const deliveredFrame = (now: Chatting, id: number): Effect =>
  send({ type: "delivered", chat_id: now.chat, id: Math.min(id, Math.max(0, now.high)) });

/** The partner is away: shown at once; from now on this shard, whose person is present, keeps the grace. */
export function markAway(now: Chatting, ctx: Ctx, before: readonly Effect[]): Step {
  if (now.partnerAwayMs !== 0) return { next: now, effects: before };
  const { graceMs } = ctx.rules.spans;
  return {
    next: { ...now, partnerAwayMs: ctx.nowMs, askMs: ctx.nowMs + graceMs },
    effects: [...before, send({ type: "partner_away", grace: Math.ceil(graceMs / 1_000) })],
  };
}

/** The partner is there, or on a new socket: `partner_back` means resend. */
export const markBack = (now: Chatting, before: readonly Effect[]): Step => ({
  next: now.partnerAwayMs === 0 ? now : { ...now, partnerAwayMs: 0, askMs: 0 },
  effects: [...before, send({ type: "partner_back" })],
});

/** A shard says that the partner is not with it, or not in this chat. */
export function onNotInChat(now: Session, chat: ChatId, here: boolean, ctx: Ctx): Step {
  if (now.place !== "chatting" || now.chat !== chat) return nothing(now);
  if (here) return endChat(now, ctx, [send({ type: "partner_left" })], false);
  const { session, home } = now.partner;
  return { next: now, effects: [{ do: "ask", memo: { kind: "where", session, home, chat } }] };
}

/** The partner's home says where they are. Only a record that names this chat as ended ends it. */
export function onWhereabouts(now: Session, chat: ChatId, said: MemoOf<"whereabouts">, ctx: Ctx): Step {
  if (now.place !== "chatting" || now.chat !== chat) return nothing(now);
  if (said.chat === "over") return endChat(now, ctx, [send({ type: "partner_left" })], false);
  const { partnerAddress: address, partnerEpoch: epoch } = said;
  if (said.chat === "in" && address !== undefined && epoch !== undefined && epoch > now.partner.epoch) {
    return found(now, epoch, address, ctx);
  }
  return markAway(now, ctx, []);
}

/** The partner's home has ended their half, or says that they are back. */
export function onHalfEnded(now: Session, chat: ChatId, said: MemoOf<"half_ended">, ctx: Ctx): Step {
  if (now.place !== "chatting" || now.chat !== chat || now.partnerAwayMs === 0) return nothing(now);
  const { partnerAddress: address, partnerEpoch: epoch } = said;
  if (said.answer === "ended") return endChat(now, ctx, [send({ type: "partner_left" })], true);
  if (said.answer === "refused" && address !== undefined && epoch !== undefined) return found(now, epoch, address, ctx);
  const isOver = ctx.nowMs - now.partnerAwayMs > ctx.rules.spans.graceMs + ASK_AT_MOST_MS;
  if (isOver) return endChat(now, ctx, [send({ type: "partner_left" })], true);
  return { next: { ...now, askMs: ctx.nowMs + ASK_AGAIN_MS }, effects: [] };
}

/** The partner was found elsewhere: use that address, and let them learn ours. */
function found(now: Chatting, epoch: number, address: Address, ctx: Ctx): Step {
  const known = learn(now, epoch, address);
  return markBack(known, [backMemo(known, ctx)]);
}

/** Tells the partner's shard where this person is. */
export const backMemo = (now: Chatting, { me }: Ctx): Effect => ({
  do: "insist",
  to: now.partner.address,
  memo: { kind: "back", chat: now.chat, to: now.partner.session, epoch: me.epoch, address: me.address },
});
