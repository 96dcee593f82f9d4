import { assert } from "@whisper/shared/base/assert";
import type { Address } from "@whisper/shared/base/ids";
import type { MemoOf } from "@whisper/shared/bus/memos";
import {
  avoidUntil,
  isTrace,
  keep,
  knownOf,
  leaveTrace,
  type Proposal,
  type Seeker,
  type Side,
  sidesOf,
  type Turn,
} from "./desk.ts";
import { type Ending, ending, found, introduce } from "./letters.ts";
import { leave, waitedOf } from "./waiting.ts";

/** Proposes two seekers to each other; `other` waits, `seeker` is in no index. Their wait stands still from here. */
export function propose(turn: Turn, seeker: Seeker, other: Seeker): void {
  const { desk, chat, nowMs } = turn;
  leave(turn, other);
  for (const one of [seeker, other]) {
    assert(one.chat === undefined, "nobody is in two proposals");
    one.waitedMs = waitedOf(turn, one);
    one.arrivedMs = nowMs;
    one.state = "proposed";
    one.chat = chat;
    keep(turn, one);
  }
  const proposal: Proposal = {
    chat,
    lane: seeker.lane,
    stage: "offered",
    sinceMs: nowMs,
    shared: seeker.interests.filter((tag) => other.interests.includes(tag)),
    sides: [sideOf(seeker), sideOf(other)],
  };
  desk.proposals.set(`${proposal.lane}:${chat}`, proposal);
  desk.due.put(`p:${proposal.lane}:${chat}`, nowMs + desk.settings.offerAgainMs);
  const [a, b] = proposal.sides;
  turn.letters.push(introduce("offer", proposal, a, b, desk.settings.region));
  turn.letters.push(introduce("offer", proposal, b, a, desk.settings.region));
}

const sideOf = ({ session, epoch, seekNo, address, home, device }: Seeker): Side => ({
  ...{ session, epoch, seekNo, address, home, device },
  ...{ taken: false, accepted: false, told: false },
});

/** A shard's answer to an offer. */
export function onOfferAnswer(turn: Turn, memo: MemoOf<"offer_answer">): void {
  const proposal = turn.desk.proposals.get(`${memo.lane}:${memo.chat}`);
  if (proposal === undefined) {
    if (memo.taken) strayAnswer(turn, memo, "cancelled", memo.seekNo);
    return;
  }
  const sides = sidesOf(proposal, memo.session);
  if (sides === undefined || memo.epoch < sides[0].epoch || memo.seekNo !== sides[0].seekNo) return;
  const [side, other] = sides;
  if (proposal.stage === "paired") return;
  if (!memo.taken) {
    endBySide(turn, proposal, side, other, "ended");
    return;
  }
  restamp(turn, proposal, side, memo);
  side.taken = true;
  if (proposal.stage === "found") turn.letters.push(found(proposal, side, leftMs(turn, proposal)));
  else if (other.taken) showToBoth(turn, proposal);
}

function showToBoth(turn: Turn, proposal: Proposal): void {
  const { desk, nowMs } = turn;
  const [a, b] = proposal.sides;
  proposal.stage = "found";
  proposal.sinceMs = nowMs;
  avoidUntil(turn, proposal.lane, a.device, b.device, nowMs + desk.settings.avoidAfterProposalMs);
  desk.due.put(`p:${proposal.lane}:${proposal.chat}`, nowMs + desk.settings.acceptWindowMs);
  for (const side of proposal.sides) turn.letters.push(found(proposal, side, leftMs(turn, proposal)));
}

const leftMs = ({ desk, nowMs }: Turn, proposal: Proposal): number =>
  Math.max(0, proposal.sinceMs + desk.settings.acceptWindowMs - nowMs);

/** A person's yes. Too late, or for nothing that is known: `declined`, so that nobody waits for nothing (defect 11). */
export function onAccept(turn: Turn, memo: MemoOf<"accept">): void {
  const proposal = turn.desk.proposals.get(`${memo.lane}:${memo.chat}`);
  if (proposal === undefined) {
    const known = knownOf(turn, memo.lane, memo.session);
    strayAnswer(turn, memo, "declined", known?.epoch === memo.epoch ? known.seekNo : 0);
    return;
  }
  const sides = sidesOf(proposal, memo.session);
  if (sides === undefined || memo.epoch < sides[0].epoch || proposal.stage === "offered") return;
  const [side, other] = sides;
  restamp(turn, proposal, side, memo);
  if (proposal.stage === "paired") {
    if (!side.told) turn.letters.push(introduce("paired", proposal, side, other, turn.desk.settings.region));
    return;
  }
  side.accepted = true;
  if (leftMs(turn, proposal) === 0) expire(turn, proposal);
  else if (other.accepted) pair(turn, proposal);
}

function pair(turn: Turn, proposal: Proposal): void {
  const { desk, nowMs } = turn;
  const [a, b] = proposal.sides;
  proposal.stage = "paired";
  proposal.sinceMs = nowMs;
  avoidUntil(turn, proposal.lane, a.device, b.device, nowMs + desk.settings.avoidAfterChatMs);
  desk.due.put(`p:${proposal.lane}:${proposal.chat}`, nextAgainMs(turn, proposal));
  turn.letters.push(introduce("paired", proposal, a, b, desk.settings.region));
  turn.letters.push(introduce("paired", proposal, b, a, desk.settings.region));
}

/** When `paired` is sent again; once both shards have it, when the proposal is dropped. */
export function nextAgainMs({ desk, nowMs }: Turn, proposal: Proposal): number {
  const { pairedAgainMs, pairedAgainEveryMs, proposalKeptMs } = desk.settings;
  const dropMs = proposal.sinceMs + proposalKeptMs;
  if (proposal.sides.every((side) => side.told)) return dropMs;
  const passedMs = nowMs - proposal.sinceMs;
  const listed = pairedAgainMs.find((againMs) => againMs > passedMs);
  if (listed !== undefined) return Math.min(dropMs, proposal.sinceMs + listed);
  const lastMs = pairedAgainMs.at(-1) ?? 0;
  const times = Math.floor((passedMs - lastMs) / pairedAgainEveryMs) + 1;
  return Math.min(dropMs, proposal.sinceMs + lastMs + times * pairedAgainEveryMs);
}

/** A person's no, or a cancel while proposed. */
export function onDecline(turn: Turn, memo: MemoOf<"decline">): void {
  const proposal = turn.desk.proposals.get(`${memo.lane}:${memo.chat}`);
  const sides = proposal === undefined ? undefined : sidesOf(proposal, memo.session);
  if (proposal === undefined || sides === undefined || memo.epoch < sides[0].epoch) return;
  endBySide(turn, proposal, sides[0], sides[1], "gone");
}

/** A shard has its `paired`. */
export function onPairedTaken(turn: Turn, memo: MemoOf<"paired_taken">): void {
  const proposal = turn.desk.proposals.get(`${memo.lane}:${memo.chat}`);
  const sides = proposal === undefined ? undefined : sidesOf(proposal, memo.session);
  if (proposal === undefined || sides === undefined || memo.epoch < sides[0].epoch) return;
  if (proposal.stage === "paired") markTold(turn, proposal, sides[0]);
}

function markTold(turn: Turn, proposal: Proposal, side: Side): void {
  side.told = true;
  if (proposal.sides.every((one) => one.told)) {
    turn.desk.due.put(`p:${proposal.lane}:${proposal.chat}`, nextAgainMs(turn, proposal));
  }
}

/**
 * One side wants it no more. After pairing that is no longer the desk's matter, but that shard need not be told
 * again.
 */
export function endBySide(turn: Turn, proposal: Proposal, side: Side, other: Side, leaves: "ended" | "gone"): void {
  if (proposal.stage === "paired") {
    markTold(turn, proposal, side);
    return;
  }
  drop(turn, proposal);
  release(turn, proposal, side, leaves);
  release(turn, proposal, other, "ended");
  turn.letters.push(ending(proposal.stage === "offered" ? "cancelled" : "declined", proposal, other));
}

/** The time to accept is over: who accepted keeps their place, who did not is out. */
export function expire(turn: Turn, proposal: Proposal): void {
  drop(turn, proposal);
  for (const side of proposal.sides) {
    release(turn, proposal, side, side.accepted ? "ended" : "gone");
    turn.letters.push(ending(side.accepted ? "declined" : "expired", proposal, side));
  }
}

/** Not both shards took it in time; nobody has seen it. */
export function callOff(turn: Turn, proposal: Proposal): void {
  drop(turn, proposal);
  for (const side of proposal.sides) {
    release(turn, proposal, side, "ended");
    turn.letters.push(ending("cancelled", proposal, side));
  }
}

/** A paired proposal has been kept long enough; so have its two people's places. */
export function dropPaired(turn: Turn, proposal: Proposal): void {
  drop(turn, proposal);
  for (const side of proposal.sides) {
    if (seekerOf(turn, proposal, side) !== undefined) {
      turn.desk.known.delete(`${proposal.lane}:${side.session}`);
    }
  }
}

function drop({ desk }: Turn, proposal: Proposal): void {
  desk.proposals.delete(`${proposal.lane}:${proposal.chat}`);
  desk.due.drop(`p:${proposal.lane}:${proposal.chat}`);
}

function release(turn: Turn, proposal: Proposal, side: Side, leaves: "ended" | "gone"): void {
  const seeker = seekerOf(turn, proposal, side);
  if (seeker !== undefined) leaveTrace(turn, seeker, leaves, leaves === "ended" ? seeker.joinedMs : -1);
}

/** The seeker behind a side, unless a newer seek has taken the place. */
function seekerOf(turn: Turn, proposal: Proposal, side: Side): Seeker | undefined {
  const known = knownOf(turn, proposal.lane, side.session);
  return known !== undefined && !isTrace(known) && known.chat === proposal.chat ? known : undefined;
}

/** A side is on a newer socket: letters go there. Answers whether it was newer. */
export function restamp(
  turn: Turn,
  proposal: Proposal,
  side: Side,
  memo: { readonly epoch: number; readonly address: Address },
): boolean {
  if (memo.epoch <= side.epoch) return false;
  side.epoch = memo.epoch;
  side.address = memo.address;
  const seeker = seekerOf(turn, proposal, side);
  if (seeker !== undefined) {
    seeker.epoch = memo.epoch;
    seeker.address = memo.address;
  }
  return true;
}

/** An answer about a proposal that is not there: told so, unless a newer socket has the session. */
function strayAnswer(turn: Turn, memo: MemoOf<"accept"> | MemoOf<"offer_answer">, kind: Ending, seekNo: number): void {
  const known = knownOf(turn, memo.lane, memo.session);
  if (known !== undefined && known.epoch > memo.epoch) return;
  const { chat, session, epoch } = memo;
  turn.letters.push({ to: memo.address, memo: { kind, chat, session, epoch, seekNo } });
}
