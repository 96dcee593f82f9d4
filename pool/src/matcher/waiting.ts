import type { SessionId } from "@whisper/shared/base/ids";
import { isTrace, keep, knownOf, type Seeker, type Turn } from "./desk.ts";
import { ANYONE, SHARED, type Tier } from "./tiers.ts";

/** Enters a waiting seeker in every index that may find them. */
export function enter(turn: Turn, seeker: Seeker): void {
  const { desk } = turn;
  const { lane, session, joinedMs } = seeker;
  desk.putIn("x", lane, seeker.same, session, joinedMs);
  for (const tag of seeker.interests) desk.putIn("i", lane, tag, session, joinedMs);
  desk.putIn("w", lane, "", session, joinedMs);
  desk.putIn("a", lane, seeker.address, session, seeker.confirmedMs);
  openUp(turn, seeker);
  keep(turn, seeker);
  desk.due.put(`s:${lane}:${session}`, nextMomentMs(turn, seeker));
}

/** Lists a seeker among those whose own wider tiers are open, so that whoever arrives finds them at once. */
export function openUp({ desk }: Turn, seeker: Seeker): void {
  const { lane, session, joinedMs } = seeker;
  if (seeker.open >= SHARED) for (const tag of seeker.interests) desk.putIn("j", lane, tag, session, joinedMs);
  if (seeker.open >= ANYONE) desk.putIn("o", lane, "", session, joinedMs);
}

/** Takes a waiting seeker out of every index and out of the due-list. */
export function leave({ desk }: Turn, seeker: Seeker): void {
  const { lane, session } = seeker;
  desk.dropFrom("x", lane, seeker.same, session);
  for (const tag of seeker.interests) {
    desk.dropFrom("i", lane, tag, session);
    desk.dropFrom("j", lane, tag, session);
  }
  desk.dropFrom("w", lane, "", session);
  desk.dropFrom("o", lane, "", session);
  desk.dropFrom("a", lane, seeker.address, session);
  desk.due.drop(`s:${lane}:${session}`);
}

/** A waiting seeker is gone without a trace. */
export function forget(turn: Turn, seeker: Seeker): void {
  leave(turn, seeker);
  turn.desk.known.delete(`${seeker.lane}:${seeker.session}`);
}

/** Keeps a waiting seeker for `regain`, unmatched and uncounted; the wait stands still. */
export function putAside(turn: Turn, seeker: Seeker, silent: boolean): void {
  leave(turn, seeker);
  seeker.waitedMs = waitedOf(turn, seeker);
  seeker.arrivedMs = turn.nowMs;
  seeker.state = "aside";
  seeker.silent = silent;
  seeker.untilMs = turn.nowMs + turn.desk.settings.setAsideMs;
  keep(turn, seeker);
  turn.desk.due.put(`s:${seeker.lane}:${seeker.session}`, seeker.untilMs);
}

/** How long a seeker has waited, proposals and absence left out. */
export const waitedOf = ({ nowMs }: Turn, seeker: Seeker): number =>
  seeker.waitedMs + Math.max(0, nowMs - seeker.arrivedMs);

/** When something happens to a waiting seeker by itself: the next tier, or being forgotten. */
export function nextMomentMs({ desk }: Turn, seeker: Seeker): number {
  const forgetMs = seeker.confirmedMs + desk.settings.forgetMs;
  if (seeker.open >= ANYONE) return forgetMs;
  const next = seeker.open === SHARED ? ANYONE : SHARED;
  return Math.min(forgetMs, seeker.arrivedMs + desk.settings.tiersMs[next] - seeker.waitedMs);
}

/** Whether nothing has confirmed this search for so long that it is forgotten (W27). */
export const isStale = ({ desk, nowMs }: Turn, seeker: Seeker): boolean =>
  nowMs - seeker.confirmedMs >= desk.settings.forgetMs;

/**
 * The waiting seeker of that session, or `undefined`; whom nobody has confirmed for too long is a ghost, and goes
 * (defect 1).
 */
export function candidate(turn: Turn, lane: Seeker["lane"], session: SessionId): Seeker | undefined {
  const known = knownOf(turn, lane, session);
  if (known === undefined || isTrace(known) || known.state !== "waiting") return undefined;
  if (!isStale(turn, known)) return known;
  forget(turn, known);
  return undefined;
}

/** The widest of a seeker's tiers, never narrower than it was. */
export const widen = (seeker: Seeker, tier: Tier): void => {
  if (tier > seeker.open) seeker.open = tier;
};
