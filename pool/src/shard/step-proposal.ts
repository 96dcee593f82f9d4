import { unreachable } from "@whisper/shared/base/assert";
import type { MemoOf } from "@whisper/shared/bus/memos";
import { type Ctx, count, type DeskMemo, type Effect, nothing, type Step, send } from "./event.ts";
import {
  type Chatting,
  idleAfter,
  newChat,
  type Offer,
  type Partner,
  type Proposed,
  type Seeking,
  type Session,
  waitedOf,
} from "./session.ts";
import { standingOf } from "./standing.ts";
import { backMemo } from "./step-lost.ts";
import { declineMemo, seekAgain, unlist } from "./step-seek.ts";

/**
 * What a desk's memo does. The person's shard has the last word: it takes one offer at a time, and only a current one
 * (DESIGN §8).
 */
export function onDeskMemo(now: Session, memo: DeskMemo, ctx: Ctx): Step {
  if (memo.epoch !== ctx.me.epoch) {
    if (memo.kind !== "offer" && memo.kind !== "paired") return { next: now, effects: [count("memo_stale")] };
    if (memo.kind === "offer") return { next: now, effects: [answer(memo, false, ctx), count("offer_refused")] };
  }
  switch (memo.kind) {
    case "seek_refused":
      return onSeekRefused(now, memo);
    case "offer":
      return onOffer(now, memo, ctx);
    case "found":
      return onFound(now, memo, ctx);
    case "cancelled":
      if (now.place !== "seeking" || now.offer?.chat !== memo.chat) return nothing(now);
      return seekAgain(now, ctx, []);
    case "declined":
      return onDeclined(now, memo, ctx);
    case "expired":
      return onExpired(now, memo);
    case "paired":
      return onPaired(now, memo, ctx);
    case "regained":
      return onRegained(now, memo, ctx);
    default:
      return unreachable(memo);
  }
}

const partnerOf = (memo: MemoOf<"offer" | "paired">): Partner => ({
  session: memo.partner,
  home: memo.partnerHome,
  device: memo.partnerDevice,
  address: memo.partnerAddress,
  epoch: memo.partnerEpoch,
});

function answer(memo: MemoOf<"offer">, taken: boolean, ctx: Ctx): Effect {
  const { session, address, lane, epoch } = ctx.me;
  return {
    do: "desk",
    memo: { kind: "offer_answer", chat: memo.chat, session, epoch, seekNo: memo.seekNo, address, lane, taken },
    desk: memo.desk,
  };
}

function onSeekRefused(now: Session, memo: MemoOf<"seek_refused">): Step {
  if (now.place !== "seeking" || now.seekNo !== memo.seekNo) return nothing(now);
  const next = idleAfter(now.over);
  const retryS = Math.max(1, Math.ceil(memo.retryAfterMs / 1_000));
  return {
    next,
    effects: [send({ type: "rate_limited", retry_after: retryS }), { do: "write", standing: standingOf(next) }],
  };
}

function onOffer(now: Session, memo: MemoOf<"offer">, ctx: Ctx): Step {
  const isCurrent = now.place === "seeking" && now.awayMs === 0 && now.seekNo === memo.seekNo;
  if (!isCurrent) {
    // The offer that was taken and shown: the desk asks again because our answer was lost.
    const isShown = (now.place === "proposed" || now.place === "accepted") && now.offer.chat === memo.chat;
    return {
      next: now,
      effects: isShown ? [answer(memo, true, ctx)] : [answer(memo, false, ctx), count("offer_refused")],
    };
  }
  const held = now.offer;
  const isSecond = held !== undefined && held.chat !== memo.chat;
  if (isSecond && !isPreferred(memo, held)) {
    return { next: now, effects: [answer(memo, false, ctx), count("offer_refused")] };
  }
  const offer = {
    chat: memo.chat,
    desk: memo.desk,
    shared: memo.sharedInterests,
    partner: partnerOf(memo),
    takenMs: isSecond ? ctx.nowMs : (held?.takenMs ?? ctx.nowMs),
  };
  const dropped = isSecond ? [answer({ ...memo, chat: held.chat, desk: held.desk }, false, ctx)] : [];
  return { next: { ...now, offer }, effects: [...dropped, answer(memo, true, ctx)] };
}

/**
 * Two desks that list the same two people pair them at the same moment, and each side hears another desk first. Both
 * sides prefer the desk whose name comes first, so they end in one proposal instead of refusing both for ever.
 */
const isPreferred = (memo: MemoOf<"offer">, held: Offer): boolean =>
  memo.partner === held.partner.session && memo.desk < held.desk;

const seconds = (ms: number): number => Math.max(0, Math.ceil(ms / 1_000));

/** The frame that shows a proposal, with the seconds that are left. */
export const matchFound = (offer: Offer, leftMs: number): Effect =>
  send({ type: "match_found", chat_id: offer.chat, shared_interests: offer.shared, accept_deadline: seconds(leftMs) });

function onFound(now: Session, memo: MemoOf<"found">, ctx: Ctx): Step {
  if ((now.place === "proposed" || now.place === "accepted") && now.offer.chat === memo.chat) return nothing(now);
  // Late: its offer was dropped for silence. The other must not be kept waiting for nobody.
  if (now.place !== "seeking" || now.offer?.chat !== memo.chat) return { next: now, effects: toLateDesks(memo, ctx) };
  const { takenMs: _, ...offer } = now.offer;
  return propose(now, offer, memo.leftMs, "proposed", ctx);
}

/** A late `found` does not say whose it is: every desk that may have listed this person hears that it is refused. */
const toLateDesks = (memo: MemoOf<"found">, ctx: Ctx): readonly Effect[] =>
  [undefined, ...ctx.rules.neighbours].map((desk) => declineMemo(memo.chat, ctx, desk));

function propose(now: Seeking, offer: Offer, leftMs: number, place: Proposed["place"], ctx: Ctx): Step {
  const next: Proposed = {
    place,
    offer,
    untilMs: ctx.nowMs + leftMs,
    asked: 0,
    isMoved: false,
    wish: now.wish,
    seekNo: now.seekNo,
    joinedMs: now.joinedMs,
    waitedMs: waitedOf(now, ctx.nowMs),
    awayMs: now.awayMs,
    over: now.over,
  };
  const unlisted = unlist(now, offer, ctx);
  return { next, effects: [matchFound(offer, leftMs), ...unlisted, { do: "write", standing: standingOf(next) }] };
}

function onDeclined(now: Session, memo: MemoOf<"declined">, ctx: Ctx): Step {
  if ((now.place !== "proposed" && now.place !== "accepted") || now.offer.chat !== memo.chat) return nothing(now);
  return seekAgain(now, ctx, [send({ type: "match_declined" })]);
}

function onExpired(now: Session, memo: MemoOf<"expired">): Step {
  if ((now.place !== "proposed" && now.place !== "accepted") || now.offer.chat !== memo.chat) return nothing(now);
  return letRunOut(now);
}

/** Who let a proposal run out is idle. */
export function letRunOut(now: Proposed): Step {
  const next = idleAfter(now.over);
  return { next, effects: [send({ type: "match_timeout" }), { do: "write", standing: standingOf(next) }] };
}

function onPaired(now: Session, memo: MemoOf<"paired">, ctx: Ctx): Step {
  const { session, epoch, address, lane } = ctx.me;
  const taken: Effect = {
    do: "desk_once",
    memo: { kind: "paired_taken", chat: memo.chat, session, epoch, address, lane },
    desk: memo.desk,
  };
  if (now.place === "chatting" && now.chat === memo.chat) return { next: now, effects: [taken] };
  if ((now.place !== "proposed" && now.place !== "accepted") || now.offer.chat !== memo.chat) {
    // Given up meanwhile: the other is in a chat with nobody, and must hear that it is over.
    const left: Effect = {
      do: "insist",
      to: memo.partnerAddress,
      memo: { kind: "left", chat: memo.chat, to: memo.partner, epoch, address },
    };
    return { next: now, effects: [taken, left] };
  }
  const begun = beginChat(
    now,
    { chat: memo.chat, desk: memo.desk, shared: memo.sharedInterests, partner: partnerOf(memo) },
    ctx,
  );
  return { next: begun.next, effects: [taken, ...begun.effects] };
}

/** The chat begins for this person. */
export function beginChat(
  now: Proposed,
  offer: Offer,
  ctx: Ctx,
): { readonly next: Chatting; readonly effects: readonly Effect[] } {
  const { wish, awayMs, over } = now;
  const { chat, partner, shared } = offer;
  // Whoever comes from another shard may have talked there: how far the texts had come the partner's shard tells.
  const known = now.isMoved ? { high: -1, seen: -1 } : { high: 0, seen: 0 };
  const next = newChat({ chat, partner, shared, wish, awayMs, over }, known);
  const effects: Effect[] = [
    send({ type: "match_accepted", chat_id: offer.chat }),
    { do: "write", standing: standingOf(next) },
    count("match"),
  ];
  if (next.awayMs !== 0) effects.push(awayMemo(next, ctx));
  else if (now.isMoved) effects.push(backMemo(next, ctx));
  return { next, effects };
}

/** Tells the partner's shard that this person's socket is gone. */
export const awayMemo = (now: Chatting, { me }: Ctx): Effect => ({
  do: "insist",
  to: now.partner.address,
  memo: {
    kind: "away",
    chat: now.chat,
    to: now.partner.session,
    epoch: me.epoch,
    address: me.address,
    sinceMs: now.awayMs,
  },
});

/** What the desk holds of somebody who came back in the middle of a proposal; a chat of theirs comes as `paired`. */
function onRegained(now: Session, memo: MemoOf<"regained">, ctx: Ctx): Step {
  if (now.place !== "proposed" && now.place !== "accepted") return nothing(now);
  if (memo.holds === "offer") {
    if (now.offer.chat !== memo.chat) return nothing(now);
    return nothing({ ...now, untilMs: ctx.nowMs + (memo.leftMs ?? 0), asked: 0, isMoved: false });
  }
  return seekAgain(now, ctx, [send({ type: "match_declined" })]);
}
