import { assert } from "@whisper/shared/base/assert";
import { type ChatId, parseAddress, type RegionName } from "@whisper/shared/base/ids";
import type { FrameOf } from "@whisper/shared/protocol/client-frames";
import { errorFrame, STAGES } from "@whisper/shared/protocol/server-frames";
import { type Ctx, type Effect, type Step, send, type Unnumbered } from "./event.ts";
import {
  idleAfter,
  type Offer,
  type Over,
  type Proposed,
  type Seeking,
  type Session,
  type Spans,
  type Wish,
  waitedOf,
} from "./session.ts";
import { standingOf } from "./standing.ts";

/** How many tiers are open after `waitedMs`. */
export const tiersOpen = (waitedMs: number, spans: Spans): number =>
  spans.tiersMs.filter((opensMs) => waitedMs >= opensMs).length;

/** What the person is told of the search: how wide it is, how long it has taken. */
export function seekStatus(seeking: Seeking, ctx: Ctx): Effect {
  const stage = STAGES[Math.max(0, seeking.tiersTold - 1)] ?? "anyone";
  return send({ type: "seek_status", stage, waiting_ms: Math.round(waitedOf(seeking, ctx.nowMs)) });
}

/** Whose desks list a seeker: this region's, and from the second tier on those of its neighbours (DESIGN §8). */
export const desksOf = (tiersTold: number, ctx: Ctx): readonly (RegionName | undefined)[] =>
  tiersTold > 1 ? [undefined, ...ctx.rules.neighbours] : [undefined];

/** The same memo for every desk that lists this seeker. */
export const toDesks = (
  tiersTold: number,
  memo: Extract<Effect, { do: "desk" }>["memo"],
  ctx: Ctx,
): readonly Effect[] => desksOf(tiersTold, ctx).map((desk) => ({ do: "desk", memo, desk }));

/** Takes a seeker whose offer is shown off the lists of all desks but the one that made it. */
export function unlist(now: Seeking, offer: Offer, ctx: Ctx): readonly Effect[] {
  const { session, epoch, address, lane } = ctx.me;
  const memo = { kind: "cancel", session, epoch, seekNo: now.seekNo, address, lane } as const;
  const own = parseAddress(address)?.region;
  return toDesks(now.tiersTold, memo, ctx).filter(
    (effect) => effect.do === "desk" && (effect.desk ?? own) !== offer.desk,
  );
}

/** The memo that lists a seeker at the desk; the same two times each time, a higher number. */
export function seekMemo(seeking: Seeking, ctx: Pick<Ctx, "me" | "nowMs">): Unnumbered<"seek"> {
  const { session, epoch, device, home, lane, address } = ctx.me;
  return {
    kind: "seek",
    session,
    epoch,
    seekNo: seeking.seekNo,
    address,
    lane,
    home,
    device,
    interests: seeking.wish.interests,
    languages: seeking.wish.languages,
    joinedMs: seeking.joinedMs,
    waitedMs: Math.round(waitedOf(seeking, ctx.nowMs)),
    listNo: undefined,
  };
}

/** Starts a new search. */
export function startSeek(now: Session, wish: Wish, ctx: Ctx): Step {
  assert(now.place === "idle" || now.place === "chatting", "the table lets only who is free seek");
  const over = now.over;
  const clean = { interests: ctx.rules.cleanInterests(wish.interests), languages: wish.languages };
  const seeking = seekingFrom(clean, ctx.nowMs, 0, over, ctx);
  return {
    next: seeking,
    effects: [
      send({ type: "matching_started", timeout: Math.ceil(ctx.rules.spans.seekMs / 1_000) }),
      seekStatus(seeking, ctx),
      { do: "desk", memo: seekMemo(seeking, ctx) },
      { do: "write", standing: standingOf(seeking) },
    ],
  };
}

/** A search value whose clock runs from now. */
function seekingFrom(wish: Wish, joinedMs: number, waitedMs: number, over: Over | undefined, ctx: Ctx): Seeking {
  return {
    place: "seeking",
    wish,
    seekNo: ctx.no,
    joinedMs,
    waitedMs,
    sinceMs: ctx.nowMs,
    tiersTold: Math.max(1, tiersOpen(waitedMs, ctx.rules.spans)),
    offer: undefined,
    awayMs: 0,
    over,
  };
}

/**
 * Seeks again after a proposal came to nothing: same place in the queue, same wait, a new number. Who is away waits
 * until they are back.
 */
export function seekAgain(now: Seeking | Proposed, ctx: Ctx, before: readonly Effect[]): Step {
  const waitedMs = now.place === "seeking" ? waitedOf(now, ctx.nowMs) : now.waitedMs;
  const next: Seeking = { ...seekingFrom(now.wish, now.joinedMs, waitedMs, now.over, ctx), awayMs: now.awayMs };
  const write: Effect = { do: "write", standing: standingOf(next) };
  if (next.awayMs !== 0) return { next, effects: [...before, write] };
  const seeks = toDesks(next.tiersTold, seekMemo(next, ctx), ctx);
  return { next, effects: [...before, seekStatus(next, ctx), ...seeks, write] };
}

/** Ends a search: idle, and the desk forgets (a tombstone keeps late memos from bringing it back). */
export function stopSeek(now: Seeking, ctx: Ctx, before: readonly Effect[]): Step {
  const { session, epoch, address, lane } = ctx.me;
  const next = idleAfter(now.over);
  return {
    next,
    effects: [
      ...before,
      ...toDesks(now.tiersTold, { kind: "cancel", session, epoch, seekNo: now.seekNo, address, lane }, ctx),
      { do: "write", standing: standingOf(next) },
    ],
  };
}

/** Ends a proposal from this side: idle, and the desk tells the other. */
function declineProposal(now: Proposed, ctx: Ctx, before: readonly Effect[]): Step {
  const next = idleAfter(now.over);
  return {
    next,
    effects: [...before, declineMemo(now.offer.chat, ctx, now.offer.desk), { do: "write", standing: standingOf(next) }],
  };
}

/** The memo that refuses a proposal. */
export function declineMemo(chat: ChatId, ctx: Ctx, desk?: RegionName): Effect {
  const { session, epoch, address, lane } = ctx.me;
  return { do: "desk", memo: { kind: "decline", chat, session, epoch, address, lane }, desk };
}

/** Cancel, accept and decline. */
export function onSeekFrame(
  now: Session,
  frame: FrameOf<"cancel_match" | "accept_match" | "decline_match">,
  ctx: Ctx,
): Step {
  if (frame.type === "cancel_match") {
    if (now.place === "seeking") return stopSeek(now, ctx, []);
    assert(now.place === "proposed" || now.place === "accepted", "the table lets only a seeker cancel");
    return declineProposal(now, ctx, []);
  }
  assert(now.place === "proposed" || now.place === "accepted", "the table lets only who was proposed to answer");
  if (frame.chat_id !== now.offer.chat) return { next: now, effects: [send(errorFrame("invalid_chat"))] };
  if (frame.type === "decline_match") return declineProposal(now, ctx, []);
  const { session, epoch, address, lane } = ctx.me;
  return {
    next: { ...now, place: "accepted" },
    effects: [
      {
        do: "desk",
        memo: { kind: "accept", chat: now.offer.chat, session, epoch, address, lane },
        desk: now.offer.desk,
      },
    ],
  };
}
