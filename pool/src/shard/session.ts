import type { Address, ChatId, DeviceHash, RegionName, SessionId } from "@whisper/shared/base/ids";
import type { Lane } from "@whisper/shared/credentials/claims";
import * as L from "@whisper/shared/limits";

/** Whose events these are: fixed while one socket has the session. */
export type Me = {
  readonly session: SessionId;
  readonly epoch: number;
  readonly device: DeviceHash;
  readonly home: RegionName;
  readonly lane: Lane;
  /** This shard. */
  readonly address: Address;
};

export type Wish = { readonly interests: readonly string[]; readonly languages: readonly string[] };

/** The stranger at the other end; nothing of it is ever shown. */
export type Partner = {
  readonly session: SessionId;
  readonly home: RegionName;
  readonly device: DeviceHash;
  readonly address: Address;
  readonly epoch: number;
};

/** The chat that ended last, for a late report or block. */
export type Over = { readonly chat: ChatId; readonly device: DeviceHash; readonly untilMs: number };

/** A desk's proposal that this shard took. */
export type Offer = {
  readonly chat: ChatId;
  /** Whose desk made it and keeps its record. */
  readonly desk: RegionName;
  readonly shared: readonly string[];
  readonly partner: Partner;
};

type Kept = {
  /** When the socket went; 0 while there is one. */
  readonly awayMs: number;
  readonly over: Over | undefined;
};

export type Idle = { readonly place: "idle" } & Kept;

/**
 * The two values of a search: `joinedMs` is its place in the queue and never changes, `waitedMs` stands still during
 * a proposal.
 */
type Search = Kept & {
  readonly wish: Wish;
  readonly seekNo: number;
  readonly joinedMs: number;
  readonly waitedMs: number;
};

export type Seeking = Search & {
  readonly place: "seeking";
  /** Since when the clock runs; the wait so far is `waitedMs` and what has passed since. */
  readonly sinceMs: number;
  /** How many tiers the person was told of. */
  readonly tiersTold: number;
  /** Taken, and not yet shown: the desk has still to say `found`. */
  readonly offer: (Offer & { readonly takenMs: number }) | undefined;
};

export type Proposed = Search & {
  readonly place: "proposed" | "accepted";
  readonly offer: Offer;
  readonly untilMs: number;
  /** How often the desk was asked what became of an accepted proposal. */
  readonly asked: number;
  /** Taken up from a record on another shard: the desk has the last word, and the partner knows an older address. */
  readonly isMoved: boolean;
};

export type Chatting = Kept & {
  readonly place: "chatting";
  readonly chat: ChatId;
  readonly partner: Partner;
  readonly shared: readonly string[];
  readonly wish: Wish;
  /** The highest text of this person's relayed; -1 while a resumed shard does not know it. */
  readonly high: number;
  /** The highest text relayed to this person's socket; -1 while a resumed shard does not know it. */
  readonly seen: number;
  /** When the partner's absence was learned; 0 while they are there. */
  readonly partnerAwayMs: number;
  /** When the next question about them is due: to their last address, then to their home. */
  readonly askMs: number;
  /** How long this shard's absence clocks had stood still when `askMs` was set: what they stand since comes on top. */
  readonly stillMs: number;
  /** They were not declared absent by anybody, only not heard: it ends when that incarnation is heard again. */
  readonly lostBySilence: boolean;
  /** Their address said that they are not there; cleared by the next word of theirs. */
  readonly notHere: boolean;
  /** Their last address was asked once more, so the home is next. */
  readonly askedLast: boolean;
  /**
   * When the partner's home is asked where they are: a text of this person's is not confirmed, or the home knew nothing
   * of an absent partner. 0 while neither is so.
   */
  readonly checkMs: number;
  /** The text whose confirmation puts that question off: the newest there was when it was set. */
  readonly checkId: number;
  /** Meters: see `meter.ts`. */
  readonly textsMs: number;
  readonly bytesMs: number;
  readonly typingMs: number;
  /** Texts that pass the meter after a new epoch, and when they were given. */
  readonly credit: number;
  readonly creditMs: number;
};

/** Where a person stands. Idle people without a past share one frozen value, so a million of them cost nothing. */
export type Session = Idle | Seeking | Proposed | Chatting;

export const IDLE: Idle = Object.freeze({ place: "idle", awayMs: 0, over: undefined });

/** A chat as it begins: nothing said, nobody away, every meter full. */
export const newChat = (
  begun: Pick<Chatting, "chat" | "partner" | "shared" | "wish" | "awayMs" | "over">,
  known: Pick<Chatting, "high" | "seen"> = { high: 0, seen: 0 },
): Chatting => ({
  place: "chatting",
  ...begun,
  ...known,
  partnerAwayMs: 0,
  askMs: 0,
  stillMs: 0,
  lostBySilence: false,
  notHere: false,
  askedLast: false,
  checkMs: 0,
  checkId: 0,
  textsMs: 0,
  bytesMs: 0,
  typingMs: 0,
  credit: 0,
  creditMs: 0,
});

/** An idle value: the shared one unless a chat has just ended. */
export const idleAfter = (over: Over | undefined): Idle =>
  over === undefined ? IDLE : { place: "idle", awayMs: 0, over };

/** The last chat as it is kept for a late word. */
export const overOf = (chat: Chatting, nowMs: number): Over => ({
  chat: chat.chat,
  device: chat.partner.device,
  untilMs: nowMs + L.LATE_WORD_MS,
});

/** How long a seeker has waited, proposals left out. */
export const waitedOf = (seeking: Seeking, nowMs: number): number =>
  seeking.awayMs !== 0 ? seeking.waitedMs : seeking.waitedMs + Math.max(0, nowMs - seeking.sinceMs);

/** When each tier opens; the desk's own table has the same moments. */
const TIER_MS = [0, L.TIER_SHARED_MS, L.TIER_ANYONE_MS] as const;

/** Time spans that a development world or a test may shorten. */
export type Spans = {
  readonly graceMs: number;
  readonly seekMs: number;
  readonly tiersMs: readonly number[];
  readonly offerSilentMs: number;
  /** How long after its deadline a proposal waits for the desk's word. */
  readonly wordMs: number;
  /** How long an absence counts that nobody declared, in this region and of another. */
  readonly silenceMs: number;
  readonly partitionMs: number;
  /** How long a text to another shard may stay unconfirmed before its partner is looked for. */
  readonly unconfirmedMs: number;
  readonly givenUpMs: number;
};
export const SPANS: Spans = {
  graceMs: L.GRACE_MS,
  seekMs: L.SEEK_MS,
  tiersMs: TIER_MS,
  offerSilentMs: L.OFFER_SILENT_MS,
  wordMs: L.WORD_ASKED_EVERY_MS,
  silenceMs: L.SILENCE_MS,
  partitionMs: L.PARTITION_MS,
  unconfirmedMs: L.UNCONFIRMED_MS,
  givenUpMs: L.WORD_GIVEN_UP_MS,
};

/**
 * The next moment at which this value changes by itself; Infinity for never. One deadline a person, derived, never
 * stored.
 */
export function wakeAtMs(now: Session, spans: Spans): number {
  switch (now.place) {
    case "idle":
      return now.over === undefined ? Number.POSITIVE_INFINITY : now.over.untilMs;
    case "seeking": {
      if (now.offer !== undefined) return now.offer.takenMs + spans.offerSilentMs;
      if (now.awayMs !== 0) return now.awayMs + spans.graceMs;
      const tier = spans.tiersMs[now.tiersTold] ?? spans.seekMs;
      return now.sinceMs + Math.min(tier, spans.seekMs) - now.waitedMs;
    }
    case "proposed":
    case "accepted":
      return now.untilMs + spans.wordMs * (now.asked + 1);
    case "chatting": {
      // Of an absent person the partner's shard keeps the time; here they are only not remembered for ever.
      if (now.awayMs !== 0) return now.awayMs + spans.graceMs * 2;
      const checkMs = now.checkMs === 0 ? Number.POSITIVE_INFINITY : now.checkMs;
      return now.partnerAwayMs === 0 ? checkMs : Math.min(now.askMs, checkMs);
    }
  }
}
