import type { Address, ChatId, RegionName } from "@whisper/shared/base/ids";
import type { MemoKind, MemoOf } from "@whisper/shared/bus/memos";
import type { ClientFrame } from "@whisper/shared/protocol/client-frames";
import type { ServerFrame } from "@whisper/shared/protocol/server-frames";
import type { Standing } from "../ports.ts";
import type { Meter } from "./meter.ts";
import type { Me, Session, Spans } from "./session.ts";

/** Memos that are about a chat, from the partner's shard. */
export type ChatMemo = MemoOf<"text" | "received" | "typing" | "left" | "away" | "back" | "took">;
/** Memos that are about a search, from a desk. */
export type DeskMemo = MemoOf<
  "seek_refused" | "offer" | "found" | "cancelled" | "declined" | "expired" | "paired" | "regained"
>;

/** Everything that can happen to a person. */
export type Event =
  | { readonly event: "frame"; readonly frame: ClientFrame; readonly bytes: number }
  | { readonly event: "chat_memo"; readonly memo: ChatMemo }
  | { readonly event: "desk_memo"; readonly memo: DeskMemo }
  /** The partner's shard does not know this person, or knows that they are not in this chat. */
  | { readonly event: "not_in_chat"; readonly chat: ChatId; readonly here: boolean; readonly address: Address }
  | { readonly event: "half_ended"; readonly chat: ChatId; readonly answer: MemoOf<"half_ended"> }
  | { readonly event: "whereabouts"; readonly chat: ChatId; readonly answer: MemoOf<"whereabouts"> }
  /** The partner's address is dead: an exit was told, or it was not heard for 3 s. */
  | { readonly event: "partner_lost"; readonly exited: boolean }
  /** The bus is back after an outage: what the partner's shard said meanwhile is lost. */
  | { readonly event: "bus_back" }
  /** The incarnation that was not heard is heard again. */
  | { readonly event: "partner_heard" }
  /** The shard that had this person before hands over what it knew of the chat. */
  | { readonly event: "yielded"; readonly memo: MemoOf<"yielded"> }
  /** The moment that `wakeAtMs` named has come. */
  | { readonly event: "wake" }
  /** The socket is gone. */
  | { readonly event: "gone" }
  /** A socket is there again, with the epoch now in `me`. */
  | { readonly event: "back" };

/** A memo without the number that the repeater gives it. */
export type Unnumbered<K extends MemoKind> = K extends MemoKind ? Omit<MemoOf<K>, "memo"> : never;
type Asked<K extends MemoKind> = K extends MemoKind ? Omit<MemoOf<K>, "req" | "address"> : never;

/** What should happen. Data: `run-effects` alone does it. */
export type Effect =
  | { readonly do: "send"; readonly frame: ServerFrame }
  /** A partner's text for this person's socket; apart from `send` because it is nearly all there is. */
  | {
      readonly do: "show";
      readonly id: number;
      readonly text: string | undefined;
      readonly delivered: number | undefined;
    }
  /** A memo that may be lost. */
  | { readonly do: "tell"; readonly to: Address; readonly memo: MemoOf<"text" | "received" | "typing" | "took"> }
  /** A memo that is repeated until it is acknowledged. */
  | { readonly do: "insist"; readonly to: Address; readonly memo: Unnumbered<"left" | "away" | "back"> }
  /** Tells a shard that this person is not in that chat. */
  | { readonly do: "refuse"; readonly to: Address; readonly memo: MemoOf<"not_in_chat"> }
  | {
      readonly do: "desk";
      readonly memo: Unnumbered<
        "seek" | "cancel" | "aside" | "offer_answer" | "accept" | "decline" | "regain" | "never"
      >;
      /** Another region's desk; this region's when absent. */
      readonly desk?: RegionName | undefined;
    }
  | { readonly do: "desk_once"; readonly memo: MemoOf<"paired_taken">; readonly desk: RegionName }
  | { readonly do: "write"; readonly standing: Standing }
  | { readonly do: "ask"; readonly memo: Asked<"end_half" | "where"> }
  | {
      readonly do: "report";
      readonly chat: ChatId;
      readonly device: string;
      readonly reason: string;
      readonly comment: string;
      readonly evidence: readonly string[];
    }
  | { readonly do: "count"; readonly what: Count };

/** What is counted where it is decided. */
export type Count =
  | "text_blocked"
  | "text_refused"
  | "resent"
  | "typing_dropped"
  | "offer_refused"
  | "match"
  | "memo_stale";

export type Step = { readonly next: Session; readonly effects: readonly Effect[] };

/**
 * What a decision may know beside the session: time, whose it is, and the rules of this shard. Never a socket, never
 * the bus.
 */
export type Ctx = {
  readonly nowMs: number;
  readonly me: Me;
  /** A number above every one this person's search or record has carried in this epoch. */
  readonly no: number;
  /** Whether this shard may judge who is absent; while it may not, its absence clocks stand still (DESIGN §7). */
  readonly judges: boolean;
  /** For how long, all in all, this shard might not judge. */
  readonly stillMs: number;
  readonly rules: Rules;
};

export type Rules = {
  readonly texts: Meter;
  readonly textBytes: Meter;
  readonly typing: Meter;
  readonly spans: Spans;
  /** The two nearest other regions: their desks list who has waited for the second tier. */
  readonly neighbours: readonly RegionName[];
  /** The content filter. */
  readonly isBlocked: (text: string) => boolean;
  readonly cleanInterests: (tags: readonly string[]) => readonly string[];
};

export const nothing = (next: Session): Step => ({ next, effects: NONE });
const NONE: readonly Effect[] = Object.freeze([]);
export const send = (frame: ServerFrame): Effect => ({ do: "send", frame });
export const count = (what: Count): Effect => ({ do: "count", what });
