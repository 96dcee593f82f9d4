import type { SessionId } from "@whisper/shared/base/ids";
import { isAvoided, type Seeker, type Turn } from "./desk.ts";
import { ANYONE, SHARED } from "./tiers.ts";
import { candidate } from "./waiting.ts";

/**
 * The partner for a seeker whose moment it is, or `undefined`. It looks among all who wait, tier by tier as far as
 * its own are open; with a tier that is still closed it looks among those who wait with that tier open, so that
 * neither has to wait for the other's clock. At most `candidatesMax` of each index are looked at.
 */
export function lookFor(turn: Turn, seeker: Seeker): Seeker | undefined {
  const { desk } = turn;
  const most = desk.settings.candidatesMax;
  const sessionsOf = (kind: "x" | "w" | "o", name: string): readonly SessionId[] =>
    desk
      .index(kind, seeker.lane, name)
      .first(most)
      .map((row) => row.member as SessionId);
  return (
    firstAllowed(turn, seeker, sessionsOf("x", seeker.same), seeker.open >= ANYONE) ??
    firstAllowed(turn, seeker, mostShared(turn, seeker), seeker.open >= ANYONE) ??
    firstAllowed(turn, seeker, sessionsOf(seeker.open >= ANYONE ? "w" : "o", ""), true)
  );
}

/** Who shares an interest: most shared first, then the longest in the queue. */
function mostShared({ desk }: Turn, seeker: Seeker): readonly SessionId[] {
  const found = new Map<string, { shared: number; readonly joinedMs: number }>();
  for (const tag of seeker.interests) {
    const index = desk.index(seeker.open >= SHARED ? "i" : "j", seeker.lane, tag);
    for (const { member, score } of index.first(desk.settings.candidatesMax)) {
      const row = found.get(member);
      if (row === undefined) found.set(member, { shared: 1, joinedMs: score });
      else row.shared += 1;
    }
  }
  const byRank = [...found].sort(
    ([a, one], [b, two]) => two.shared - one.shared || one.joinedMs - two.joinedMs || (a < b ? -1 : 1),
  );
  return byRank.map(([session]) => session as SessionId);
}

function firstAllowed(
  turn: Turn,
  seeker: Seeker,
  sessions: readonly SessionId[],
  anyLanguage: boolean,
): Seeker | undefined {
  for (const session of sessions) {
    if (session === seeker.session) continue;
    const other = candidate(turn, seeker.lane, session);
    if (other !== undefined && mayMeet(turn, seeker, other, anyLanguage)) return other;
  }
  return undefined;
}

function mayMeet(turn: Turn, a: Seeker, b: Seeker, anyLanguage: boolean): boolean {
  if (a.device === b.device && !turn.desk.settings.sameDeviceMayMeet) return false;
  if (!anyLanguage && !speakOneLanguage(a.languages, b.languages)) return false;
  return !isAvoided(turn, a.lane, a.device, b.device);
}

/** True as well when one of them named no language. */
const speakOneLanguage = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === 0 || b.length === 0 || a.some((language) => b.includes(language));
