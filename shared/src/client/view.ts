import type { ChatId } from "../base/ids.ts";
import type { FrameErrorCode, HttpErrorCode } from "../errors.ts";
import type { ReportReason } from "../protocol/client-frames.ts";
import type { Stage } from "../protocol/server-frames.ts";

/** One line of a conversation, as a page shows it. */
export type Line = {
  readonly from: "me" | "partner";
  /** The sender's number for it. */
  readonly id: number;
  readonly text: string;
  /** Milliseconds: mine when it was written, the partner's as the server stamped it. */
  readonly atMs: number;
  /** Mine only. `waiting`: not yet delivered; `refused`: for its content, the partner never sees it. */
  readonly state?: "waiting" | "delivered" | "refused";
};

/** Why the client has stopped and will not come back by itself. */
export type Stopped =
  | { readonly why: "banned"; readonly untilMs: number; readonly reason: string }
  | { readonly why: "superseded" | "broken_client" | "closed" }
  | { readonly why: "refused"; readonly code: HttpErrorCode; readonly retryAfterMs: number | undefined };

export type Connection = "offline" | "connecting" | "open" | "reconnecting";

/** What is happening now. `…AtMs` and `…UntilMs` are on the client's clock. */
export type Scene =
  | {
      readonly scene: "idle";
      readonly note?: "timed_out" | "let_run_out" | "ended" | "partner_left" | "lost";
      readonly chat?: ChatId;
    }
  | {
      readonly scene: "seeking";
      readonly stage: Stage;
      readonly sinceMs: number;
      readonly untilMs: number;
      readonly note?: "declined";
    }
  | {
      readonly scene: "proposed";
      readonly chat: ChatId;
      readonly shared: readonly string[];
      readonly untilMs: number;
      readonly accepted: boolean;
    }
  | {
      readonly scene: "chatting";
      readonly chat: ChatId;
      readonly shared: readonly string[];
      readonly partnerTyping: boolean;
      readonly partnerAwayUntilMs: number | undefined;
    };

/** A snapshot for a page: replaced, never changed. */
export type View = {
  readonly connection: Connection;
  readonly stopped: Stopped | undefined;
  readonly now: Scene;
  /** Of the running chat, or of the one that ended last, until the next begins. */
  readonly transcript: readonly Line[];
  /** Texts may be written again at this time; `undefined` when at once. */
  readonly slowUntilMs: number | undefined;
  /** The last refusal worth telling the person, with a number that rises each time. */
  readonly notice: { readonly no: number; readonly code: FrameErrorCode | "report_received" } | undefined;
  /** The edge wants a Turnstile answer before it lets this network in. */
  readonly challenge: { readonly sitekey: string; readonly action: string } | undefined;
};

/** What a person can do. Calls that do not fit the moment do nothing. */
export type WhisperClient = {
  view(): View;
  /** Calls back after each change, at most once per task; the answer stops it. */
  subscribe(listener: (view: View) => void): () => void;
  /** Comes in (or starts anew after `stopped`). Called by `seek` where needed. */
  connect(): void;
  /** Answers the challenge in `view().challenge`. */
  answerChallenge(token: string): void;
  seek(interests: readonly string[], languages?: readonly string[]): void;
  cancel(): void;
  accept(): void;
  decline(): void;
  /**
   * Takes a text of 1 to 2,000 code points; false when it is none or no chat is running. It is shown at once and sent
   * when possible.
   */
  say(text: string): boolean;
  typing(isTyping: boolean): void;
  end(): void;
  /** Ends the chat and seeks again, with the last interests unless others are given. */
  next(interests?: readonly string[]): void;
  /** About the running chat, or the last one for 10 minutes. */
  report(reason: ReportReason, comment?: string, evidence?: readonly string[]): void;
  block(): void;
  /** Leaves for good: the socket is closed, timers stop, nothing comes back. */
  close(): void;
};

/** The world a client needs, so that the same code runs in a browser, in Node and in a Worker. */
export type ClientWorld = {
  /** The edge's address, `https://host`. */
  readonly edge: string;
  readonly fetch: typeof fetch;
  /** Opens a socket; a constructor like the browser's. */
  readonly WebSocket: new (
    url: string,
    protocols: string[],
  ) => WebSocket;
  readonly nowMs: () => number;
  /** From 0 to 1, for jitter. */
  readonly chance: () => number;
  readonly setTimer: (run: () => void, delayMs: number) => unknown;
  readonly clearTimer: (timer: unknown) => void;
  /** Per tab: session token, chat, outbox, transcript. */
  readonly tab: Keep;
  /** Per browser: the device token. */
  readonly device: Keep;
};
/** A `Storage` of the browser's fits. */
export type Keep = {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
};
