import type { MemoOf } from "@whisper/shared/bus/memos";
import type { Seeker, Turn } from "./desk.ts";
import {
  compareMarks,
  isTrace,
  type Known,
  keep,
  knownOf,
  leaveTrace,
  meterSeek,
  proposalOf,
  sidesOf,
} from "./desk.ts";
import { introduce, regainedOffer, regainedSeeking } from "./letters.ts";
import { heard, listed } from "./lists.ts";
import { lookFor } from "./look.ts";
import { endBySide, propose, restamp } from "./proposals.ts";
import { SAME, tierAfter } from "./tiers.ts";
import { enter, leave, putAside, waitedOf, widen } from "./waiting.ts";
import { wantedOf } from "./wanted.ts";

/** Somebody seeks, or a shard lists that they still do. What is not above what is known is a repeat, without effect. */
export function onSeek(turn: Turn, memo: MemoOf<"seek">): void {
  heard(turn, memo.lane, memo.address);
  const known = knownOf(turn, memo.lane, memo.session);
  const order = known === undefined ? 1 : compareMarks(memo, known);
  if (known !== undefined && order === 0) repeated(turn, known, memo);
  if (order > 0) newSeek(turn, known, memo);
  if (memo.listNo !== undefined) listed(turn, memo, memo.listNo);
}

/** The same seek again: only a shard's list says something new by it. */
function repeated(turn: Turn, known: Known, memo: MemoOf<"seek">): void {
  if (isTrace(known)) {
    if (known.state === "ended" && memo.listNo !== undefined) arrive(turn, memo);
    else if (known.refusedUntilMs > turn.nowMs) refuse(turn, memo, known.refusedUntilMs - turn.nowMs);
    return;
  }
  if (memo.listNo === undefined) return;
  if (known.state === "waiting") {
    known.confirmedMs = turn.nowMs;
    turn.desk.putIn("a", known.lane, known.address, known.session, turn.nowMs);
  } else if (known.state === "aside" && known.silent) {
    comeBack(turn, known);
  }
}

function newSeek(turn: Turn, known: Known | undefined, memo: MemoOf<"seek">): void {
  // The same place as before: a proposal came to nothing, and the shard seeks on. That costs nothing.
  const goesOn = known !== undefined && known.joinedMs === memo.joinedMs;
  if (known !== undefined) supersede(turn, known);
  const waitMs = goesOn || memo.listNo !== undefined ? 0 : meterSeek(turn, memo.device);
  if (waitMs === 0) {
    arrive(turn, memo);
    return;
  }
  leaveTrace(turn, memo, "gone", -1, turn.nowMs + waitMs);
  refuse(turn, memo, waitMs);
}

function refuse(turn: Turn, { session, epoch, seekNo, address }: MemoOf<"seek">, retryAfterMs: number): void {
  turn.letters.push({ to: address, memo: { kind: "seek_refused", session, epoch, seekNo, retryAfterMs } });
}

function arrive(turn: Turn, memo: MemoOf<"seek">): void {
  const { session, epoch, seekNo, address, lane, home, device, joinedMs, waitedMs } = memo;
  settle(turn, {
    ...{ session, epoch, seekNo, address, lane, home, device, joinedMs, waitedMs },
    ...wantedOf(memo),
    ...{ arrivedMs: turn.nowMs, confirmedMs: turn.nowMs },
    ...{ state: "waiting", open: SAME, silent: false, chat: undefined, untilMs: 0 },
  });
}

/** Looks for a partner at once; with none, waits. */
function settle(turn: Turn, seeker: Seeker): void {
  widen(seeker, tierAfter(seeker.waitedMs, turn.desk.settings));
  const other = lookFor(turn, seeker);
  if (other === undefined) enter(turn, seeker);
  else propose(turn, seeker, other);
}

function comeBack(turn: Turn, seeker: Seeker): void {
  turn.desk.due.drop(`s:${seeker.lane}:${seeker.session}`);
  seeker.state = "waiting";
  seeker.silent = false;
  seeker.arrivedMs = turn.nowMs;
  seeker.confirmedMs = turn.nowMs;
  settle(turn, seeker);
}

/**
 * A newer word of this session makes what was known void; a partner in a proposal is told. The caller puts something
 * in its place.
 */
function supersede(turn: Turn, known: Known): void {
  if (isTrace(known)) return;
  if (known.state === "waiting") leave(turn, known);
  else if (known.state === "aside") turn.desk.due.drop(`s:${known.lane}:${known.session}`);
  else {
    const proposal = proposalOf(turn, known);
    const sides = sidesOf(proposal, known.session);
    if (sides !== undefined) endBySide(turn, proposal, sides[0], sides[1], "gone");
  }
}

/** Somebody seeks no more. Leaves a tombstone, so that a seek which comes late stays dead. */
export function onCancel(turn: Turn, memo: MemoOf<"cancel">): void {
  const known = knownOf(turn, memo.lane, memo.session);
  if (known !== undefined) {
    const order = compareMarks(memo, known);
    if (order < 0 || (order === 0 && known.state === "gone")) return;
    supersede(turn, known);
  }
  leaveTrace(turn, memo, "gone");
}

/** A seeker's socket is gone: kept, not matched, not counted. A proposal goes on to its deadline. */
export function onAside(turn: Turn, memo: MemoOf<"aside">): void {
  const known = knownOf(turn, memo.lane, memo.session);
  const order = known === undefined ? 1 : compareMarks(memo, known);
  if (order < 0) return;
  if (known === undefined || order > 0) {
    // The seek that this belongs to has not come; when it does, its person is not there.
    if (known !== undefined) supersede(turn, known);
    leaveTrace(turn, memo, "gone");
    return;
  }
  if (known.state === "waiting") putAside(turn, known, false);
  else if (known.state === "aside" && known.silent) {
    known.silent = false;
    keep(turn, known);
  }
}

/**
 * Somebody is back on a new socket: stamps what is held with it, and says what that is. Never an answer to an older
 * socket.
 */
export function onRegain(turn: Turn, memo: MemoOf<"regain">): void {
  heard(turn, memo.lane, memo.address);
  const known = knownOf(turn, memo.lane, memo.session);
  if (known !== undefined && memo.epoch < known.epoch) return;
  if (known === undefined || isTrace(known)) {
    const { session, epoch, seekNo } = memo;
    const nothing = {
      joinedMs: undefined,
      waitedMs: undefined,
      chat: undefined,
      sharedInterests: [],
      leftMs: undefined,
    };
    turn.letters.push({
      to: memo.address,
      memo: { kind: "regained", session, epoch, holds: "nothing", seekNo, ...nothing, accepted: false },
    });
  } else if (known.state === "waiting" || known.state === "aside") {
    regainPlace(turn, known, memo);
  } else {
    regainProposal(turn, known, memo);
  }
}

function regainPlace(turn: Turn, seeker: Seeker, memo: MemoOf<"regain">): void {
  const waitedMs = seeker.state === "waiting" ? waitedOf(turn, seeker) : seeker.waitedMs;
  const isNewer = memo.epoch > seeker.epoch;
  if (isNewer) {
    if (seeker.state === "waiting") turn.desk.dropFrom("a", seeker.lane, seeker.address, seeker.session);
    seeker.epoch = memo.epoch;
    seeker.address = memo.address;
  }
  turn.letters.push(regainedSeeking(seeker, waitedMs));
  if (seeker.state === "aside") comeBack(turn, seeker);
  else {
    seeker.confirmedMs = turn.nowMs;
    turn.desk.putIn("a", seeker.lane, seeker.address, seeker.session, turn.nowMs);
  }
}

function regainProposal(turn: Turn, seeker: Seeker, memo: MemoOf<"regain">): void {
  const proposal = proposalOf(turn, seeker);
  const sides = sidesOf(proposal, seeker.session);
  if (sides === undefined) return;
  const [side, other] = sides;
  const { region } = turn.desk.settings;
  const isNewer = restamp(turn, proposal, side, memo);
  if (proposal.stage === "found") {
    turn.letters.push(regainedOffer(turn, seeker, proposal, side));
  } else if (proposal.stage === "offered") {
    // Nothing was shown yet, and the new shard holds no offer: it must take it itself.
    if (isNewer) side.taken = false;
    turn.letters.push(regainedSeeking(seeker, seeker.waitedMs));
    turn.letters.push(introduce("offer", proposal, side, other, region));
  } else {
    side.told = false;
    turn.letters.push(introduce("paired", proposal, side, other, region));
    turn.desk.due.put(`p:${proposal.lane}:${proposal.chat}`, turn.nowMs + (turn.desk.settings.pairedAgainMs[0] ?? 0));
  }
}
