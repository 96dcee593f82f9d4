import type { RegionName } from "@whisper/shared/base/ids";
import type { Letter } from "../ports.ts";
import type { Proposal, Seeker, Side, Turn } from "./desk.ts";

const toSide = (proposal: Proposal, side: Side) => ({
  chat: proposal.chat,
  session: side.session,
  epoch: side.epoch,
  seekNo: side.seekNo,
});

/** `offer` or `paired`: who the other is, for the shard alone. */
export const introduce = (
  kind: "offer" | "paired",
  proposal: Proposal,
  side: Side,
  other: Side,
  desk: RegionName,
): Letter => ({
  to: side.address,
  memo: {
    kind,
    ...toSide(proposal, side),
    desk,
    sharedInterests: proposal.shared,
    partner: other.session,
    partnerHome: other.home,
    partnerDevice: other.device,
    partnerAddress: other.address,
    partnerEpoch: other.epoch,
  },
});

/** `found`: both shards took the offer, and the person has `leftMs` to answer. */
export const found = (proposal: Proposal, side: Side, leftMs: number): Letter => ({
  to: side.address,
  memo: { kind: "found", ...toSide(proposal, side), leftMs },
});

export type Ending = "cancelled" | "declined" | "expired";
/** Tells one side how a proposal ended. */
export const ending = (kind: Ending, proposal: Proposal, side: Side): Letter => ({
  to: side.address,
  memo: { kind, ...toSide(proposal, side) },
});

/** What the desk holds of somebody who came back: a place in the queue. */
export const regainedSeeking = (seeker: Seeker, waitedMs: number): Letter => ({
  to: seeker.address,
  memo: {
    kind: "regained",
    session: seeker.session,
    epoch: seeker.epoch,
    holds: "seeking",
    seekNo: seeker.seekNo,
    joinedMs: seeker.joinedMs,
    waitedMs,
    chat: undefined,
    sharedInterests: [],
    leftMs: undefined,
    accepted: false,
  },
});

/** … or a proposal that was shown. */
export const regainedOffer = (turn: Turn, seeker: Seeker, proposal: Proposal, side: Side): Letter => ({
  to: seeker.address,
  memo: {
    kind: "regained",
    session: seeker.session,
    epoch: seeker.epoch,
    holds: "offer",
    seekNo: seeker.seekNo,
    joinedMs: seeker.joinedMs,
    waitedMs: seeker.waitedMs,
    chat: proposal.chat,
    sharedInterests: proposal.shared,
    leftMs: Math.max(0, proposal.sinceMs + turn.desk.settings.acceptWindowMs - turn.nowMs),
    accepted: side.accepted,
  },
});
