import type { Side } from "./sides.ts";
import type { Loss } from "./verdict.ts";

/** Where one half of a couple sits: both seek with the same interest and so find each other, again and again. */
export type SeatPlan = {
  readonly seat: number;
  readonly region: string;
  readonly interest: string;
  /** This one ends chats now and then; the other waits for it to happen. */
  readonly ends: boolean;
};

export type Orders = {
  readonly edgeUrl: string;
  readonly seats: readonly SeatPlan[];
  readonly seed: number;
  /** Each seat says something about this often. */
  readonly textEveryMs: number;
  /** A chat lasts about this long before one of the two ends it. */
  readonly endEveryMs: number;
  /** Seats come in one after another over this time. */
  readonly rampMs: number;
  /** Test hook: no text goes over the wire a second time, as if clients did not resend. */
  readonly sendsOnce: boolean;
};

/** What the conductor tells a process of talkers. */
export type ToTalkers =
  | { readonly order: "begin"; readonly orders: Orders }
  /** No new texts and no new chats; those on their way go on. */
  | { readonly order: "hush" }
  | { readonly order: "tell" }
  | { readonly order: "leave" };

/** How the seats of one process stand. */
export type Standing = {
  readonly seats: number;
  readonly open: number;
  /** Seats whose socket is gone and that are not back yet. */
  readonly gone: number;
  readonly chatting: number;
  /** Chats whose other person is away. */
  readonly away: number;
  /** Texts that nobody has confirmed yet, and seats that have waited for one longer than `LATE_TEXT_MS`. */
  readonly unconfirmed: number;
  readonly late: number;
  readonly said: number;
  readonly heard: number;
  readonly chats: number;
  /** How some of the seats stand that do not get on. */
  readonly held: readonly string[];
};

/** What a process of talkers says. */
export type FromTalkers =
  | { readonly say: "standing"; readonly standing: Standing }
  | {
      readonly say: "told";
      readonly sides: readonly Side[];
      readonly losses: readonly Loss[];
    };

/** A text that nobody has confirmed after so long is on hold: its shard, its partner or its way is not there. */
export const LATE_TEXT_MS = 3_000;
export const STANDING_EVERY_MS = 250;

/** Whether a word between the two kinds of process is one; both are of one program, so its kind says its shape. */
export const isToTalkers = (raw: unknown): raw is ToTalkers =>
  typeof raw === "object" && raw !== null && "order" in raw && typeof raw.order === "string";
export const isFromTalkers = (raw: unknown): raw is FromTalkers =>
  typeof raw === "object" && raw !== null && "say" in raw && typeof raw.say === "string";
