import type { Address, ChatId, SessionId } from "@whisper/shared/base/ids";
import type { Lane } from "@whisper/shared/credentials/claims";
import { isTrace, keep, knownOf, type Proposal, type Turn } from "./desk.ts";
import { introduce } from "./letters.ts";
import { shardMoment } from "./lists.ts";
import { lookFor } from "./look.ts";
import { callOff, dropPaired, expire, nextAgainMs, propose } from "./proposals.ts";
import { tierAfter } from "./tiers.ts";
import { forget, isStale, leave, nextMomentMs, openUp, waitedOf, widen } from "./waiting.ts";

/** Does what has come due for one item of the due-list; false when another matcher has done it. */
export function onDue(turn: Turn, item: string): boolean {
  const { desk, nowMs } = turn;
  const dueMs = desk.due.scoreOf(item);
  if (dueMs === undefined || dueMs > nowMs) return false;
  const [kind, lane, name] = splitItem(item);
  if (kind === "s") seekerMoment(turn, lane, name as SessionId, item);
  else if (kind === "p") proposalMoment(turn, lane, name as ChatId, item);
  else shardMoment(turn, lane, name as Address, dueMs);
  return true;
}

/** `s:live:<session>`: what it is, its lane, its name. */
const splitItem = (item: string): readonly [string, Lane, string] => {
  const nameAt = item.indexOf(":", 2) + 1;
  return [item.slice(0, 1), item.slice(2, nameAt - 1) as Lane, item.slice(nameAt)];
};

function seekerMoment(turn: Turn, lane: Lane, session: SessionId, item: string): void {
  const { desk, nowMs } = turn;
  const known = knownOf(turn, lane, session);
  if (known === undefined || isTrace(known) || known.state === "proposed") {
    desk.due.drop(item);
    return;
  }
  if (known.state === "aside") {
    if (nowMs < known.untilMs) {
      desk.due.put(item, known.untilMs);
      return;
    }
    desk.due.drop(item);
    desk.known.delete(`${lane}:${session}`);
    return;
  }
  if (isStale(turn, known)) {
    forget(turn, known);
    return;
  }
  widen(known, tierAfter(waitedOf(turn, known), desk.settings));
  const other = lookFor(turn, known);
  if (other !== undefined) {
    leave(turn, known);
    propose(turn, known, other);
    return;
  }
  openUp(turn, known);
  keep(turn, known);
  desk.due.put(item, nextMomentMs(turn, known));
}

function proposalMoment(turn: Turn, lane: Lane, chat: ChatId, item: string): void {
  const { desk, nowMs } = turn;
  const proposal = desk.proposals.get(`${lane}:${chat}`);
  if (proposal === undefined) {
    desk.due.drop(item);
    return;
  }
  const { offerAgainMs, offerTakenMs, acceptWindowMs, proposalKeptMs } = desk.settings;
  const passedMs = nowMs - proposal.sinceMs;
  if (proposal.stage === "found") {
    if (passedMs >= acceptWindowMs) expire(turn, proposal);
    else desk.due.put(item, proposal.sinceMs + acceptWindowMs);
  } else if (proposal.stage === "paired") {
    if (passedMs >= proposalKeptMs) dropPaired(turn, proposal);
    else {
      sayAgain(turn, proposal, "paired");
      desk.due.put(item, nextAgainMs(turn, proposal));
    }
  } else if (passedMs >= offerTakenMs) callOff(turn, proposal);
  else if (passedMs >= offerAgainMs) {
    sayAgain(turn, proposal, "offer");
    desk.due.put(item, proposal.sinceMs + offerTakenMs);
  } else desk.due.put(item, proposal.sinceMs + offerAgainMs);
}

/** The same letter again to each side that has not answered it. */
function sayAgain(turn: Turn, proposal: Proposal, kind: "offer" | "paired"): void {
  const [a, b] = proposal.sides;
  for (const [side, other] of [[a, b] as const, [b, a] as const]) {
    const isAnswered = kind === "offer" ? side.taken : side.told;
    if (!isAnswered) turn.letters.push(introduce(kind, proposal, side, other, turn.desk.settings.region));
  }
}
