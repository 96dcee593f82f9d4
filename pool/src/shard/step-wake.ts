import { unreachable } from "@whisper/shared/base/assert";
import { type Ctx, type Effect, nothing, type Step, send } from "./event.ts";
import { type Chatting, IDLE, type Proposed, type Seeking, type Session, waitedOf } from "./session.ts";
import { onPartnerDue } from "./step-lost.ts";
import { letRunOut } from "./step-proposal.ts";
import { declineMemo, desksOf, seekAgain, seekMemo, seekStatus, stopSeek, tiersOpen } from "./step-seek.ts";

/** The moment that `wakeAtMs` named. Early or late is the same: what has not come due is left. */
export function onWake(now: Session, ctx: Ctx): Step {
  switch (now.place) {
    case "idle":
      return now.over !== undefined && ctx.nowMs >= now.over.untilMs ? nothing(IDLE) : nothing(now);
    case "seeking":
      return seekingWakes(now, ctx);
    case "proposed":
    case "accepted":
      return proposedWakes(now, ctx);
    case "chatting":
      return chattingWakes(now, ctx);
    default:
      return unreachable(now);
  }
}

function seekingWakes(now: Seeking, ctx: Ctx): Step {
  const { spans } = ctx.rules;
  if (now.offer !== undefined) {
    // The desk took our word and said no more: the time counts as waited, and a late `found` will be refused.
    return ctx.nowMs >= now.offer.takenMs + spans.offerSilentMs
      ? seekAgain({ ...now, offer: undefined }, ctx, [])
      : nothing(now);
  }
  if (now.awayMs !== 0) return ctx.nowMs >= now.awayMs + spans.graceMs ? stopSeek(now, ctx, []) : nothing(now);
  const waitedMs = waitedOf(now, ctx.nowMs);
  if (waitedMs >= spans.seekMs) return stopSeek(now, ctx, [send({ type: "match_timeout" })]);
  const open = tiersOpen(waitedMs, spans);
  if (open <= now.tiersTold) return nothing(now);
  const next = { ...now, tiersTold: open };
  const listed = desksOf(now.tiersTold, ctx);
  const newly = desksOf(open, ctx).filter((desk) => !listed.includes(desk));
  const seeks: Effect[] = newly.map((desk) => ({ do: "desk", memo: seekMemo(next, ctx), desk }));
  return { next, effects: [seekStatus(next, ctx), ...seeks] };
}

function proposedWakes(now: Proposed, ctx: Ctx): Step {
  const { spans } = ctx.rules;
  if (ctx.nowMs < now.untilMs + spans.wordMs * (now.asked + 1)) return nothing(now);
  // Who was taken up from a record may have accepted before: only the desk knows.
  if (now.place === "proposed" && !now.isMoved) {
    const ended = letRunOut(now);
    return { next: ended.next, effects: [...ended.effects, declineMemo(now.offer.chat, ctx, now.offer.desk)] };
  }
  if (spans.wordMs * (now.asked + 1) >= spans.givenUpMs) {
    return seekAgain(now, ctx, [send({ type: "match_declined" }), declineMemo(now.offer.chat, ctx, now.offer.desk)]);
  }
  const { session, epoch, address, lane } = ctx.me;
  const regain: Effect = {
    do: "desk",
    memo: { kind: "regain", session, epoch, seekNo: now.seekNo, address, lane },
    desk: now.offer.desk,
  };
  return { next: { ...now, asked: now.asked + 1 }, effects: [regain] };
}

function chattingWakes(now: Chatting, ctx: Ctx): Step {
  const { spans } = ctx.rules;
  if (now.awayMs !== 0) {
    // The partner's shard has long ended our half, or nobody is left who would: the record's own end is enough.
    return ctx.nowMs >= now.awayMs + spans.graceMs * 2 ? nothing(IDLE) : nothing(now);
  }
  return onPartnerDue(now, ctx);
}
