import { unreachable } from "@whisper/shared/base/assert";
import { isSessionId, type SessionId } from "@whisper/shared/base/ids";
import type { Memo, MemoOf } from "@whisper/shared/bus/memos";
import type { AdmitAnswer, Records, Standing } from "../ports.ts";
import type { ClerkAsk } from "./clerk-asks.ts";
import type { Handover } from "./handover.ts";

/** What a clerk answers with; `handsOver`: whether pools have had time to fetch the key of its hand-over tickets. */
export type Desk = {
  readonly records: Records;
  readonly handover: Handover;
  readonly handsOver: boolean;
  readonly nowMs: number;
};

/** Runs a request and words its answer. Rejects when the store is away. */
export async function answerTo(ask: ClerkAsk, desk: Desk): Promise<Memo> {
  const { records, handover, handsOver, nowMs } = desk;
  const { req } = ask;
  switch (ask.kind) {
    case "admit":
      return admittedOf(req, await records.admit(ask, nowMs));
    case "write": {
      const write = { ...ask, address: ask.at ?? ask.address, standing: standingOfWrite(ask) };
      return { kind: "written", req, answer: await records.write(write, nowMs) };
    }
    case "end_half":
      return halfEndedOf(req, await records.endHalf(ask.session, ask.chat, ask.epoch, nowMs));
    case "where": {
      const { chat, address, epoch } = await records.where(ask.session, ask.chat);
      return { kind: "whereabouts", req, chat, partnerAddress: address, partnerEpoch: epoch };
    }
    case "touch":
      return { kind: "touched", req, ...(await records.touch(touchedOf(ask))) };
    case "forget":
      await records.forget(ask.session);
      return { kind: "forgotten", req };
    case "handover": {
      const holder = handsOver ? await records.holderOf(ask.session) : undefined;
      return { kind: "handed_over", req, ticket: holder && (await handover.ticket(ask, holder)) };
    }
    default:
      return unreachable(ask);
  }
}

/** What to say while the store is away; `undefined` where silence is better, because the shard then repeats. */
export function awayAnswer({ kind, req }: ClerkAsk): Memo | undefined {
  switch (kind) {
    case "admit":
      return { ...admittedOf(req, { answer: "wait" }), answer: "home_away" };
    case "end_half":
      return { kind: "half_ended", req, answer: "home_away", partnerAddress: undefined, partnerEpoch: undefined };
    case "where":
      return { kind: "whereabouts", req, chat: "home_away", partnerAddress: undefined, partnerEpoch: undefined };
    default:
      return undefined;
  }
}

function admittedOf(req: number, answer: AdmitAnswer): MemoOf<"admitted"> {
  const back = answer.answer === "back" ? answer : undefined;
  const ban = answer.answer === "banned" ? answer : undefined;
  return {
    kind: "admitted",
    req,
    // Whoever holds a ticket for another's record is told no more than that it is of no use.
    answer: answer.answer === "stranger" ? "stale" : answer.answer,
    place: back?.standing.place,
    details: back?.standing.details,
    half: back?.standing.half,
    over: back?.standing.over,
    before: back?.before[0],
    banS: ban && Math.ceil(ban.leftMs / 1_000),
    banReason: ban?.reason,
    earlier: back === undefined || back.before.length < 2 ? undefined : back.before.slice(1).join(" "),
  };
}

function halfEndedOf(req: number, answer: Awaited<ReturnType<Records["endHalf"]>>): Memo {
  const refused = answer.answer === "refused" ? answer : undefined;
  return {
    kind: "half_ended",
    req,
    answer: answer.answer,
    partnerAddress: refused?.address,
    partnerEpoch: refused?.epoch,
  };
}

/** A write's words as a standing; an empty word is none. */
export function standingOfWrite({ place, details, half, over }: MemoOf<"write">): Standing {
  return { place, ...(details ? { details } : {}), ...(half ? { half } : {}), ...(over ? { over } : {}) };
}

function touchedOf({ sessions, epochs }: MemoOf<"touch">): { session: SessionId; epoch: number }[] {
  return sessions.filter(isSessionId).map((session, i) => ({ session, epoch: Number(epochs[i]) }));
}
