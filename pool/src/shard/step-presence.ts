import { unreachable } from "@whisper/shared/base/assert";
import type { MemoOf } from "@whisper/shared/bus/memos";
import { RESENT_CREDIT, RESENT_CREDIT_EVERY_MS } from "@whisper/shared/limits";
import { type Ctx, type Effect, nothing, type Step, send } from "./event.ts";
import { halfFull } from "./meter.ts";
import { type Chatting, type Seeking, type Session, waitedOf } from "./session.ts";
import { standingOf } from "./standing.ts";
import { backMemo } from "./step-lost.ts";
import { awayMemo, matchFound } from "./step-proposal.ts";
import { seekMemo, seekStatus, tiersOpen, toDesks } from "./step-seek.ts";

/** The socket is gone. Who sought, was proposed or chatted keeps their place for the grace. */
export function onGone(now: Session, ctx: Ctx): Step {
  const { session, epoch, address, lane } = ctx.me;
  switch (now.place) {
    case "idle":
      return nothing(now);
    case "seeking": {
      const asides = toDesks(now.tiersTold, { kind: "aside", session, epoch, seekNo: now.seekNo, address, lane }, ctx);
      return { next: { ...now, waitedMs: waitedOf(now, ctx.nowMs), awayMs: ctx.nowMs }, effects: asides };
    }
    case "proposed":
    case "accepted":
      return nothing({ ...now, awayMs: ctx.nowMs });
    case "chatting": {
      const away = { ...now, awayMs: ctx.nowMs };
      return { next: away, effects: [awayMemo(away, ctx)] };
    }
    default:
      return unreachable(now);
  }
}

/**
 * A socket is there again: `resumed` says where the person stands, then come the frames that rebuild it (DESIGN
 * §5.1).
 */
export function onReturn(now: Session, ctx: Ctx): Step {
  switch (now.place) {
    case "idle":
      return { next: now, effects: [send({ type: "resumed", place: "idle" })] };
    case "seeking":
      return seekingBack(now, ctx);
    case "proposed":
    case "accepted": {
      const { session, epoch, address, lane } = ctx.me;
      const place = now.place;
      return {
        next: { ...now, awayMs: 0 },
        effects: [
          send({ type: "resumed", place, chat_id: now.offer.chat }),
          matchFound(now.offer, now.untilMs - ctx.nowMs),
          {
            do: "desk",
            memo: { kind: "regain", session, epoch, seekNo: now.seekNo, address, lane },
            desk: now.offer.desk,
          },
        ],
      };
    }
    case "chatting":
      return chattingBack(now, ctx);
    default:
      return unreachable(now);
  }
}

function seekingBack(now: Seeking, ctx: Ctx): Step {
  const { spans } = ctx.rules;
  const waitedMs = waitedOf(now, ctx.nowMs);
  // A new epoch and a new number: what the desk holds under the old ones is replaced, an offer to them is void.
  const tiersTold = Math.max(1, tiersOpen(waitedMs, spans));
  const next: Seeking = {
    ...now,
    awayMs: 0,
    seekNo: ctx.no,
    waitedMs,
    sinceMs: ctx.nowMs,
    offer: undefined,
    tiersTold,
  };
  return {
    next,
    effects: [
      send({ type: "resumed", place: "seeking" }),
      send({ type: "matching_started", timeout: Math.max(1, Math.ceil((spans.seekMs - waitedMs) / 1_000)) }),
      seekStatus(next, ctx),
      ...toDesks(tiersTold, seekMemo(next, ctx), ctx),
      { do: "write", standing: standingOf(next) },
    ],
  };
}

function chattingBack(now: Chatting, ctx: Ctx): Step {
  const { nowMs, rules } = ctx;
  const hasCredit = nowMs - now.creditMs >= RESENT_CREDIT_EVERY_MS;
  const next: Chatting = {
    ...now,
    awayMs: 0,
    askMs: now.partnerAwayMs === 0 ? 0 : nowMs + rules.spans.graceMs,
    stillMs: ctx.stillMs,
    textsMs: halfFull(rules.texts, nowMs),
    credit: hasCredit ? RESENT_CREDIT : now.credit,
    creditMs: hasCredit ? nowMs : now.creditMs,
  };
  const received = next.high < 0 ? {} : { received: next.high };
  const effects: Effect[] = [send({ type: "resumed", place: "chatting", chat_id: now.chat, ...received })];
  if (now.partnerAwayMs !== 0)
    effects.push(send({ type: "partner_away", grace: Math.ceil(rules.spans.graceMs / 1_000) }));
  effects.push(backMemo(next, ctx), { do: "write", standing: standingOf(next) });
  return { next, effects };
}

/** What the shards before knew of the chat: none knows more than was so, and the one that knows most is right. */
export function onYielded(now: Session, { chat, high, seen }: MemoOf<"yielded">): Step {
  if (now.place !== "chatting" || now.chat !== chat) return nothing(now);
  return nothing({
    ...now,
    high: Math.max(now.high, high ?? now.high),
    seen: Math.max(now.seen, seen ?? now.seen),
  });
}
