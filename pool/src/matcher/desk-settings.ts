import type { RegionName } from "@whisper/shared/base/ids";
import * as L from "@whisper/shared/limits";

/** Every span and bound of a desk. All matchers of a region must run with the same ones. */
export type DeskSettings = {
  readonly region: RegionName;
  /** After how much waiting a search widens: same interests, any shared one, anyone. */
  readonly tiersMs: readonly [number, number, number];
  /** Candidates looked at per index in one call. */
  readonly candidatesMax: number;
  /** Two tabs of one browser may meet: for the development world only. */
  readonly sameDeviceMayMeet: boolean;
  readonly seeksPerWindow: number;
  readonly seeksWindowMs: number;
  readonly offerAgainMs: number;
  readonly offerTakenMs: number;
  readonly acceptWindowMs: number;
  /** After pairing, `paired` is sent again at these moments, then every `pairedAgainEveryMs`. */
  readonly pairedAgainMs: readonly number[];
  readonly pairedAgainEveryMs: number;
  readonly proposalKeptMs: number;
  readonly tombstoneMs: number;
  readonly setAsideMs: number;
  /** A seeker whom no seek and no list confirmed for so long is forgotten. */
  readonly forgetMs: number;
  readonly shardSilentMs: number;
  /** A look at a shard's silence that comes later than this says that the desk itself was away, and judges nobody. */
  readonly lateMs: number;
  /** How far the clocks of two matchers may differ before a list could drop a seek that is newer than it. */
  readonly listSlackMs: number;
  readonly avoidAfterProposalMs: number;
  readonly avoidAfterChatMs: number;
  /** Seekers of a shard that one call drops or sets aside. */
  readonly sliceMax: number;
};

/** The settings of a region's desk, with the product's own bounds where nothing else is given. */
export const deskSettings = (region: RegionName, changed: Partial<DeskSettings> = {}): DeskSettings => ({
  region,
  tiersMs: [0, L.TIER_SHARED_MS, L.TIER_ANYONE_MS],
  candidatesMax: L.CANDIDATES_MAX,
  sameDeviceMayMeet: false,
  seeksPerWindow: L.SEEKS_PER_WINDOW,
  seeksWindowMs: L.SEEKS_WINDOW_MS,
  offerAgainMs: L.OFFER_AGAIN_MS,
  offerTakenMs: L.OFFER_TAKEN_MS,
  acceptWindowMs: L.ACCEPT_WINDOW_MS,
  pairedAgainMs: L.MEMO_AGAIN_MS,
  pairedAgainEveryMs: L.MEMO_AGAIN_EVERY_MS,
  proposalKeptMs: L.PROPOSAL_KEPT_MS,
  tombstoneMs: L.TOMBSTONE_MS,
  setAsideMs: L.SET_ASIDE_MS,
  forgetMs: 90_000,
  shardSilentMs: L.SEEKERS_SILENT_MS,
  lateMs: 2_000,
  listSlackMs: 1_000,
  avoidAfterProposalMs: L.AVOID_AFTER_PROPOSAL_MS,
  avoidAfterChatMs: L.AVOID_AFTER_CHAT_MS,
  sliceMax: L.CANDIDATES_MAX,
  ...changed,
});
