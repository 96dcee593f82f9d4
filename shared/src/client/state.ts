import type { ChatId, SessionId } from "../base/ids.ts";
import type { HttpErrorCode } from "../errors.ts";
import { RESEND_AFTER_MS } from "../limits.ts";
import type { ReportReason } from "../protocol/client-frames.ts";
import type { ClientFrameWire } from "../protocol/codec.ts";
import type { Endpoint, ServerFrame } from "../protocol/server-frames.ts";
import type { Line, Scene, Stopped, View } from "./view.ts";

/** What a client knows. Replaced, never changed; the brain is `step` in client-step.ts. */
export type ClientState = {
  /** The person wants to be in. */
  readonly wanted: boolean;
  readonly stopped: Stopped | undefined;
  readonly habits: Habits;
  readonly identity: Identity;
  readonly wish: Wish;
  readonly link: Link;
  readonly scene: Scene;
  readonly seek: Seek;
  /** The running chat as it outlives a reload; there exactly while the scene is `chatting`. */
  readonly talk: Talk | undefined;
  readonly flow: Flow;
  readonly transcript: readonly Line[];
  /** The proposal this person said yes to. */
  readonly accepted: ChatId | undefined;
  /** The chat or proposal this person left last: a shard that still holds it is told again. */
  readonly left: ChatId | undefined;
  /** The chat that ended last: late words about it are taken for 10 minutes. */
  readonly over: { readonly chat: ChatId; readonly atMs: number } | undefined;
  /** Reports and blocks that wait for an open link. */
  readonly errands: readonly ClientFrameWire[];
  readonly slowUntilMs: number | undefined;
  readonly notice: View["notice"];
  readonly challenge: View["challenge"];
};

/** How clients differ. */
export type Habits = {
  /**
   * A text that met `rate_limited` is dropped, with those behind it, and their numbers are used again, unless it may
   * have been relayed before; otherwise it waits its turn. For clients that believe what the first Whisper told them.
   */
  readonly dropsWhenLimited: boolean;
};

export type Identity = {
  readonly session: string | undefined;
  readonly device: string | undefined;
  readonly sessionId: SessionId | undefined;
};
export type Wish = { readonly interests: readonly string[]; readonly languages: readonly string[] };

export type Seek = {
  /** This session's shard was asked, or answered, so a stop is worth telling. */
  readonly asked: boolean;
  /** `matching_started` came: what comes from now on is about this search, not about one before. */
  readonly started: boolean;
  /** The person has turned away from searching: a shard that still searches is told again. */
  readonly cancelled: boolean;
  /** What was left of the search when the proposal came; its clock stands still meanwhile. */
  readonly leftMs: number;
};

export type Pass = {
  readonly ticket: string;
  readonly endpoints: readonly Endpoint[];
  readonly gotAtMs: number;
  /** How many endpoints were tried with it. */
  readonly tried: number;
};

export type Newest = {
  readonly no: number;
  readonly phase: "opening" | "greeting" | "resuming" | "up";
  readonly sinceMs: number;
  readonly relayed: boolean;
  /** `region/pool`, as it is said to `avoid` it. */
  readonly pool: string | undefined;
};

/** The way to a shard. Sockets and asks have rising numbers, so that a late word of an old one is known. */
export type Link = {
  readonly asks: number;
  readonly asking: { readonly no: number; readonly sinceMs: number } | undefined;
  readonly sockets: number;
  /** The newest socket while it lives: only its closing says what to do next. */
  readonly newest: Newest | undefined;
  /** The socket that is spoken on; older than `newest` while moving. */
  readonly speaks: number | undefined;
  readonly pass: Pass | undefined;
  /** Failures in a row, for the back-off. */
  readonly tries: number;
  /** Closes before open in a row, for the way through the edge. */
  readonly shut: number;
  /** The way through the edge worked, and no other ever did: pools are blocked here. */
  readonly relays: boolean;
  /** A pool was reached without the edge once, so that this network blocks none. */
  readonly isDirect: boolean;
  readonly avoid: readonly string[];
  readonly returnAtMs: number | undefined;
  readonly movingAtMs: number | undefined;
  readonly homeAway: { readonly tries: number; readonly sinceMs: number } | undefined;
  readonly heardAtMs: number;
  readonly ping: { readonly sentAtMs: number; readonly isSecond: boolean } | undefined;
  readonly wasOpen: boolean;
  readonly challengeAnswer: string | undefined;
};

export type Outgoing = {
  readonly id: number;
  /** `undefined`: goes as void, to be counted and not shown. */
  readonly text: string | undefined;
  /** How often a cut with `our_fault` answered it. */
  readonly faults: number;
};

export type Talk = {
  readonly chat: ChatId;
  readonly shared: readonly string[];
  /** The highest number given to a text of ours. */
  readonly lastId: number;
  readonly delivered: number;
  /** Numbers `delivered + 1` to `lastId`, none missing. */
  readonly outbox: readonly Outgoing[];
  /** The highest number of the partner's that was counted. */
  readonly last: number;
};

/** What a chat needs beside `Talk`, and may forget with the page. */
export type Flow = {
  /** The highest number on the wire since the last rewind. */
  readonly sent: number;
  /** The highest number ever on the wire. */
  readonly sentMax: number;
  /** Numbers up to this were on the wire twice or more, so nobody knows whether the first was relayed. */
  readonly resentMax: number;
  readonly resendAtMs: number | undefined;
  readonly resendMs: number;
  readonly repeatAtMs: number;
  readonly holdUntilMs: number;
  /** The gap that was answered last. */
  readonly gap: { readonly id: number; readonly atMs: number };
  /** Texts of the partner's not answered yet. */
  readonly owed: number;
  readonly answerAtMs: number | undefined;
  readonly typed: { readonly on: boolean; readonly atMs: number };
};

export type Call =
  | { readonly call: "connect" }
  | { readonly call: "answer_challenge"; readonly token: string }
  | { readonly call: "seek"; readonly interests: readonly string[]; readonly languages: readonly string[] | undefined }
  | { readonly call: "cancel" | "accept" | "decline" | "end" | "block" | "close" }
  | { readonly call: "say"; readonly text: string }
  | { readonly call: "typing"; readonly on: boolean }
  | { readonly call: "next"; readonly interests: readonly string[] | undefined }
  | {
      readonly call: "report";
      readonly reason: ReportReason;
      readonly comment: string | undefined;
      readonly evidence: readonly string[] | undefined;
    };

/** What the edge answered to a connect. */
export type Admission = {
  readonly session: string;
  readonly sessionId: SessionId;
  readonly device: string;
  readonly ticket: string;
  readonly endpoints: readonly Endpoint[];
};
export type ConnectRefusal = {
  /** `unreachable`: no answer that could be read. */
  readonly code: HttpErrorCode | "unreachable";
  readonly retryAfterMs: number | undefined;
  readonly words: string;
  readonly challenge: View["challenge"];
};

export type ClientEvent =
  | { readonly event: "call"; readonly call: Call }
  | { readonly event: "admitted"; readonly ask: number; readonly admission: Admission }
  | { readonly event: "refused"; readonly ask: number; readonly refusal: ConnectRefusal }
  | { readonly event: "opened"; readonly socket: number }
  | { readonly event: "frame"; readonly socket: number; readonly frame: ServerFrame }
  | { readonly event: "closed"; readonly socket: number; readonly code: number; readonly reason: string }
  /** The time that `wakeAtMs` asked for has come, or passed. */
  | { readonly event: "woke" };

export type ConnectBody = {
  readonly session?: string;
  readonly device?: string;
  readonly challenge?: string;
  readonly avoid?: readonly string[];
};
export type ClientEffect =
  | { readonly do: "ask"; readonly ask: number; readonly body: ConnectBody }
  /** `url` undefined: through the edge. */
  | { readonly do: "open"; readonly socket: number; readonly url: string | undefined; readonly ticket: string }
  | { readonly do: "send"; readonly socket: number; readonly frame: ClientFrameWire }
  | { readonly do: "close"; readonly socket: number }
  /** Keep this, or erase it; comes before every frame of the same step. */
  | { readonly do: "keep"; readonly what: "tab" | "chat" | "device"; readonly value: string | undefined };

/** One step under way: the state so far and what is to be done. Lives for one call of `step`. */
export type Turn = {
  state: ClientState;
  readonly effects: ClientEffect[];
  readonly nowMs: number;
  /** From 0 to 1. */
  readonly chance: number;
};

/** Replaces parts of the state. */
export function change(turn: Turn, part: Partial<ClientState>): void {
  turn.state = { ...turn.state, ...part };
}
/** Replaces parts of the link. */
export function relink(turn: Turn, part: Partial<Link>): void {
  change(turn, { link: { ...turn.state.link, ...part } });
}
/** Replaces parts of what a chat may forget. */
export function reflow(turn: Turn, part: Partial<Flow>): void {
  change(turn, { flow: { ...turn.state.flow, ...part } });
}
/** Sends on the socket that is spoken on; nothing without one. */
export function send(turn: Turn, frame: ClientFrameWire): void {
  const socket = turn.state.link.speaks;
  if (socket !== undefined) turn.effects.push({ do: "send", socket, frame });
}
/** Tells the person, with a number that rises. */
export function notify(turn: Turn, code: NonNullable<View["notice"]>["code"]): void {
  change(turn, { notice: { no: (turn.state.notice?.no ?? 0) + 1, code } });
}

export const NO_FLOW: Flow = {
  sent: 0,
  sentMax: 0,
  resentMax: 0,
  resendAtMs: undefined,
  resendMs: RESEND_AFTER_MS,
  repeatAtMs: 0,
  holdUntilMs: 0,
  gap: { id: 0, atMs: 0 },
  owed: 0,
  answerAtMs: undefined,
  typed: { on: false, atMs: 0 },
};
export const NO_SEEK: Seek = { asked: false, started: false, cancelled: false, leftMs: 0 };
export const NO_LINK: Link = {
  asks: 0,
  asking: undefined,
  sockets: 0,
  newest: undefined,
  speaks: undefined,
  pass: undefined,
  tries: 0,
  shut: 0,
  relays: false,
  isDirect: false,
  avoid: [],
  returnAtMs: undefined,
  movingAtMs: undefined,
  homeAway: undefined,
  heardAtMs: 0,
  ping: undefined,
  wasOpen: false,
  challengeAnswer: undefined,
};
/** A client that was never here. */
export const freshState = (device: string | undefined, habits: Habits = { dropsWhenLimited: false }): ClientState => ({
  wanted: false,
  stopped: undefined,
  habits,
  identity: { session: undefined, device, sessionId: undefined },
  wish: { interests: [], languages: [] },
  link: NO_LINK,
  scene: { scene: "idle" },
  seek: NO_SEEK,
  talk: undefined,
  flow: NO_FLOW,
  transcript: [],
  accepted: undefined,
  left: undefined,
  over: undefined,
  errands: [],
  slowUntilMs: undefined,
  notice: undefined,
  challenge: undefined,
});
