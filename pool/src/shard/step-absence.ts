import { assert, unreachable } from "@whisper/shared/base/assert";
import type { MemoOf } from "@whisper/shared/bus/memos";
import { inboxOf } from "@whisper/shared/bus/subjects";
import type { ChatMemo, Ctx, Effect, Event, Step } from "./event.ts";
import { count, nothing, send } from "./event.ts";
import type { Chatting, Proposed, Session } from "./session.ts";
import { confirmed, endChat } from "./step-chat.ts";
import { learn, markAway, markBack, whereAsk } from "./step-lost.ts";
import { beginChat } from "./step-proposal.ts";

/**
 * What a memo from the partner's shard does. Lower epochs are a zombie's and dropped; a higher one tells where the
 * partner is now.
 */
export function onChatMemo(now: Session, memo: ChatMemo, ctx: Ctx): Step {
  if (now.place === "chatting" && now.chat === memo.chat) {
    if (memo.epoch < now.partner.epoch) return { next: now, effects: [count("memo_stale")] };
    const here = now.notHere ? { ...now, notHere: false } : now;
    const known = learn(here, memo.epoch, memo.address);
    // Whoever speaks is there, whatever we heard of them before: a word of theirs may have overtaken it.
    const isThere = known.partnerAwayMs !== 0 && (memo.kind === "text" || memo.kind === "received");
    const present = isThere ? markBack(known, []).next : known;
    assert(present.place === "chatting", "who is back is in their chat");
    const isNewAddress = known !== here && memo.kind !== "back" && memo.kind !== "left";
    return inChat(present, memo, ctx, isThere || isNewAddress);
  }
  if (mayBePaired(now) && now.offer.chat === memo.chat && memo.kind !== "took") {
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
        memo: {
          kind: "not_in_chat",
          memo: numbered,
          chat: memo.chat,
          to: memo.to,
          here: now.awayMs === 0,
          address: ctx.me.address,
        },
      },
    ],
  };
}

/** Who came from another shard in the middle of a proposal may have accepted there. */
const mayBePaired = (now: Session): now is Proposed =>
  now.place === "accepted" || (now.place === "proposed" && now.isMoved);

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
      const known = memo.received === undefined ? now : confirmed(now, memo.received, ctx);
      return { next: memo.id > now.seen ? { ...known, seen: memo.id } : known, effects };
    }
    case "received":
      effects.push(deliveredFrame(now, memo.id));
      return { next: confirmed(now, memo.id, ctx), effects };
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
      // A shard that has just taken the partner in knows of no text either, and says 0: then the first number tells.
      const high = now.high < 0 && memo.seen > 0 ? memo.seen : now.high;
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

/** A shard says that the partner is not with it, or not in this chat. */
export function onNotInChat(now: Session, said: Extract<Event, { event: "not_in_chat" }>, ctx: Ctx): Step {
  if (now.place !== "chatting" || now.chat !== said.chat) return nothing(now);
  // A late word of a shard that the partner has left says nothing of where they are now. A new incarnation's counts.
  if (inboxOf(said.address) !== inboxOf(now.partner.address)) return nothing(now);
  if (said.here) return endChat(now, ctx, [send({ type: "partner_left" })], false);
  return { next: { ...now, notHere: true }, effects: [whereAsk(now)] };
}
