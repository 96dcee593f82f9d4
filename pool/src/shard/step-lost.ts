import { type Address, type ChatId, parseAddress } from "@whisper/shared/base/ids";
import type { MemoOf } from "@whisper/shared/bus/memos";
import { HOME_ASKED_EVERY_MS, HOME_ASKED_MS_MAX, NEXT_QUESTION_MS } from "@whisper/shared/limits";
import { type Ctx, type Effect, nothing, type Step, send } from "./event.ts";
import type { Chatting, Session } from "./session.ts";
import { endChat } from "./step-chat.ts";

/**
 * The partner is away: shown at once. From now on this shard, whose person is present, keeps the grace: a minute when
 * it was declared, longer when they were only not heard (DESIGN §7, Absence).
 */
export function markAway(now: Chatting, ctx: Ctx, before: readonly Effect[], lostBySilence = false): Step {
  if (now.partnerAwayMs !== 0) {
    if (!now.lostBySilence || lostBySilence) return { next: now, effects: before };
    // Not heard, and now declared: the minute starts here.
  }
  const graceMs = graceOf(now, lostBySilence, ctx);
  return {
    next: {
      ...now,
      partnerAwayMs: ctx.nowMs,
      askMs: ctx.nowMs + graceMs,
      stillMs: ctx.stillMs,
      lostBySilence,
      askedLast: false,
      checkMs: 0,
    },
    effects: [...before, send({ type: "partner_away", grace: Math.ceil(graceMs / 1_000) })],
  };
}

function graceOf({ partner }: Chatting, lostBySilence: boolean, { me, rules: { spans } }: Ctx): number {
  if (!lostBySilence) return spans.graceMs;
  const there = parseAddress(partner.address)?.region;
  return there === parseAddress(me.address)?.region ? spans.silenceMs : spans.partitionMs;
}

/** The partner is there, or on a new socket: `partner_back` means resend. */
export const markBack = (now: Chatting, before: readonly Effect[]): Step => ({
  next:
    now.partnerAwayMs === 0
      ? now
      : { ...now, partnerAwayMs: 0, askMs: 0, lostBySilence: false, notHere: false, askedLast: false, checkMs: 0 },
  effects: [...before, send({ type: "partner_back" })],
});

/** The same chat with the partner's newest address. */
export function learn(now: Chatting, epoch: number, address: Address): Chatting {
  if (epoch === now.partner.epoch && address === now.partner.address) return now;
  return { ...now, partner: { ...now.partner, epoch, address } };
}

/** Tells the partner's shard where this person is; its acknowledgement tells whether the partner is present. */
export const backMemo = (now: Chatting, { me }: Ctx): Effect => ({
  do: "insist",
  to: now.partner.address,
  memo: { kind: "back", chat: now.chat, to: now.partner.session, epoch: me.epoch, address: me.address },
});

/** Asks the partner's home where they are. */
export const whereAsk = ({ partner: { session, home }, chat }: Chatting): Effect => ({
  do: "ask",
  memo: { kind: "where", session, home, chat },
});

/**
 * The bus is back. What this shard published meanwhile is lost, so its person sends it again; and the partner is looked
 * for, whose shard then hears of this one and has its own person send again.
 */
export function onBusBack(now: Session): Step {
  if (now.place !== "chatting") return nothing(now);
  const again = now.partnerAwayMs === 0 ? [send({ type: "partner_back" })] : [];
  return { next: now, effects: [whereAsk(now), ...again] };
}

/** The partner's address is dead. An exit is a word; silence alone gets more time. */
export function onPartnerLost(now: Session, exited: boolean, ctx: Ctx): Step {
  if (now.place !== "chatting" || (now.partnerAwayMs !== 0 && !(exited && now.lostBySilence))) return nothing(now);
  return markAway(now, ctx, [whereAsk(now)], !exited);
}

/** The incarnation that was not heard speaks again: it is asked whether the partner is there. */
export function onPartnerHeard(now: Session, ctx: Ctx): Step {
  if (now.place !== "chatting" || !now.lostBySilence) return nothing(now);
  return { next: now, effects: [backMemo(now, ctx)] };
}

/** The partner's home says where they are. Only a record that names this chat as ended ends it. */
export function onWhereabouts(now: Session, chat: ChatId, said: MemoOf<"whereabouts">, ctx: Ctx): Step {
  if (now.place !== "chatting" || now.chat !== chat) return nothing(now);
  if (said.chat === "over") return endChat(now, ctx, [send({ type: "partner_left" })], false);
  const { partnerAddress: address, partnerEpoch: epoch } = said;
  if (address !== undefined && epoch !== undefined && epoch > now.partner.epoch) {
    if (said.chat === "in") return found(now, epoch, address, ctx);
    // Their record has not heard of this chat, as when a shard dies in the middle of a pairing: their own shard knows.
    const known = { ...learn(now, epoch, address), notHere: false };
    return { next: known, effects: [backMemo(known, ctx)] };
  }
  // Where we thought, or the home knows nothing: only the word of their own shard counts then.
  const isUnknown = said.chat === "unknown";
  if (now.notHere) return askedAgain(markAway(now, ctx, []), isUnknown, ctx);
  if (now.partnerAwayMs === 0) return { next: now, effects: [backMemo(now, ctx)] };
  return askedAgain(nothing(now), isUnknown, ctx);
}

/** Who is absent and whose record does not know this chat may come back into it at any moment: asked each second. */
function askedAgain({ next, effects }: Step, isUnknown: boolean, ctx: Ctx): Step {
  if (!isUnknown || next.place !== "chatting") return { next, effects };
  return { next: { ...next, checkMs: ctx.nowMs + NEXT_QUESTION_MS }, effects };
}

/** The partner's home has ended their half, or says that they are back. */
export function onHalfEnded(now: Session, chat: ChatId, said: MemoOf<"half_ended">, ctx: Ctx): Step {
  if (now.place !== "chatting" || now.chat !== chat || now.partnerAwayMs === 0) return nothing(now);
  const { partnerAddress: address, partnerEpoch: epoch } = said;
  if (said.answer === "ended") return endChat(now, ctx, [send({ type: "partner_left" })], true);
  if (said.answer === "refused" && address !== undefined && epoch !== undefined) return found(now, epoch, address, ctx);
  const isOver = ctx.nowMs - now.partnerAwayMs > graceOf(now, now.lostBySilence, ctx) + HOME_ASKED_MS_MAX;
  if (isOver) return endChat(now, ctx, [send({ type: "partner_left" })], true);
  return { next: { ...now, askMs: ctx.nowMs + HOME_ASKED_EVERY_MS, stillMs: ctx.stillMs }, effects: [] };
}

/** The partner was found elsewhere: use that address, and let them learn ours. */
function found(now: Chatting, epoch: number, address: Address, ctx: Ctx): Step {
  const known = learn(now, epoch, address);
  return markBack(known, [backMemo(known, ctx)]);
}

/**
 * The time of an absent partner is up, or a text was not confirmed. A shard that may not judge waits: its clocks stand
 * still. Before the home is asked to end a half, the last address is asked once more.
 */
export function onPartnerDue(now: Chatting, ctx: Ctx): Step {
  const isCheckDue = now.checkMs !== 0 && ctx.nowMs >= now.checkMs;
  if (now.partnerAwayMs === 0) {
    if (!isCheckDue) return nothing(now);
    return { next: { ...now, checkMs: ctx.nowMs + ctx.rules.spans.unconfirmedMs }, effects: [whereAsk(now)] };
  }
  if (ctx.nowMs < now.askMs)
    return isCheckDue ? { next: { ...now, checkMs: 0 }, effects: [whereAsk(now)] } : nothing(now);
  const stoodMs = ctx.stillMs - now.stillMs;
  if (stoodMs > 0) {
    const [askMs, partnerAwayMs] = [now.askMs + stoodMs, now.partnerAwayMs + stoodMs];
    return nothing({ ...now, askMs, partnerAwayMs, stillMs: ctx.stillMs });
  }
  if (!ctx.judges) return nothing({ ...now, askMs: ctx.nowMs + NEXT_QUESTION_MS });
  if (!now.askedLast) {
    return { next: { ...now, askedLast: true, askMs: ctx.nowMs + NEXT_QUESTION_MS }, effects: [backMemo(now, ctx)] };
  }
  const { session, home, epoch } = now.partner;
  const ask: Effect = { do: "ask", memo: { kind: "end_half", session, home, chat: now.chat, epoch } };
  return { next: { ...now, askMs: ctx.nowMs + HOME_ASKED_EVERY_MS }, effects: [ask] };
}
