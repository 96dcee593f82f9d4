import type { ChatId, SessionId } from "../../src/base/ids.ts";
import { step, viewOf, wakeAtMs } from "../../src/client/client-step.ts";
import {
  type Call,
  type ClientEffect,
  type ClientEvent,
  type ClientState,
  freshState,
  type Habits,
} from "../../src/client/state.ts";
import { restore } from "../../src/client/storage.ts";
import type { View } from "../../src/client/view.ts";
import type { ClientFrameWire } from "../../src/protocol/codec.ts";
import type { ServerFrame } from "../../src/protocol/server-frames.ts";

export const CHAT = "ChatChatChatChatChat22" as ChatId;
export const OTHER_CHAT = "OtherOtherOtherOther22" as ChatId;
export const ME = "AAAAAAAAAAAAAAAAAAAAAA" as SessionId;
export const ENDPOINTS = ["a", "b", "c"].map((pool) => ({ url: `ws://${pool}/v1/socket`, region: "eu-west", pool }));

/** One brain, its effects and its clock, for tests that walk it step by step. Chance is one half unless set. */
export class Brain {
  state: ClientState;
  nowMs = 1_000_000;
  chance = 0.5;
  /** Everything it wanted done since `clear()`. */
  effects: ClientEffect[] = [];
  readonly kept: Record<"tab" | "chat" | "device", string | null> = { tab: null, chat: null, device: null };

  constructor(habits?: Habits) {
    this.state = freshState(undefined, habits);
  }

  take(event: ClientEvent): this {
    const { next, effects } = step(this.state, event, this.nowMs, this.chance);
    this.state = next;
    this.effects.push(...effects);
    for (const effect of effects) if (effect.do === "keep") this.kept[effect.what] = effect.value ?? null;
    return this;
  }
  call(call: Call): this {
    return this.take({ event: "call", call });
  }
  say(...texts: string[]): this {
    for (const text of texts) this.call({ call: "say", text });
    return this;
  }
  /** A frame on the newest socket. */
  hear(...frames: ServerFrame[]): this {
    for (const frame of frames) this.take({ event: "frame", socket: this.state.link.sockets, frame });
    return this;
  }
  closed(code: number, reason = ""): this {
    return this.take({ event: "closed", socket: this.state.link.sockets, code, reason });
  }
  opened(): this {
    return this.take({ event: "opened", socket: this.state.link.sockets });
  }
  admitted(endpoints = ENDPOINTS): this {
    const { asks } = this.state.link;
    const admission = { session: `s${asks}`, sessionId: ME, device: "d", ticket: `t${asks}`, endpoints };
    return this.take({ event: "admitted", ask: asks, admission });
  }
  /** Lets time pass, waking it whenever it asked to be woken. */
  wait(ms: number): this {
    const endMs = this.nowMs + ms;
    for (let i = 0; i < 10_000; i++) {
      const atMs = wakeAtMs(this.state);
      if (atMs === undefined || atMs > endMs) break;
      this.nowMs = Math.max(this.nowMs, atMs);
      this.take({ event: "woke" });
    }
    this.nowMs = endMs;
    return this;
  }
  /** Waits until it asks or opens, however long its pause. */
  again(): this {
    for (let i = 0; i < 10 && this.state.link.asking === undefined && this.state.link.newest === undefined; i++)
      this.wait(Math.max(0, (wakeAtMs(this.state) ?? this.nowMs) - this.nowMs));
    return this;
  }
  /** Waits until a socket is opening, admitted where it asks. */
  opening(): this {
    this.again();
    return this.state.link.asking === undefined ? this : this.admitted();
  }
  reload(): Brain {
    const after = new Brain(this.state.habits);
    after.nowMs = this.nowMs;
    Object.assign(after.kept, this.kept);
    after.state = restore(this.kept, this.nowMs, this.state.habits);
    return after;
  }

  /** Comes in as somebody new. */
  comeIn(): this {
    this.call({ call: "connect" }).admitted().opened();
    return this.hear({ type: "session_created", session_id: ME, resume: false });
  }
  /** Comes back after a close, to the place given. */
  comeBack(place: Extract<ServerFrame, { type: "resumed" }>): this {
    return this.call({ call: "connect" })
      .opening()
      .opened()
      .hear({ type: "session_created", session_id: ME, resume: true }, place);
  }
  propose(): this {
    this.call({ call: "seek", interests: ["tea"], languages: undefined });
    this.hear({ type: "matching_started", timeout: 30 });
    return this.hear({ type: "match_found", chat_id: CHAT, shared_interests: ["tea"], accept_deadline: 15 });
  }
  chat(): this {
    this.comeIn().propose().call({ call: "accept" });
    return this.hear({ type: "match_accepted", chat_id: CHAT }).clear();
  }

  clear(): this {
    this.effects = [];
    return this;
  }
  get view(): View {
    return viewOf(this.state);
  }
  /** Frames sent since `clear()`. */
  get sent(): readonly ClientFrameWire[] {
    return this.effects.flatMap((effect) => (effect.do === "send" ? [effect.frame] : []));
  }
  /** Numbers of texts sent since `clear()`. */
  get sentIds(): readonly unknown[] {
    return this.sent.flatMap((frame) => (frame.type === "message" ? [frame.id] : []));
  }
  did<D extends ClientEffect["do"]>(what: D): readonly Extract<ClientEffect, { do: D }>[] {
    return this.effects.filter((effect): effect is Extract<ClientEffect, { do: D }> => effect.do === what);
  }
}

export const text = (id: number, words = `text ${id}`): ServerFrame => ({
  type: "message",
  from: "partner",
  id,
  text: words,
  ts: 1_700_000_000,
});
export const voided = (id: number): ServerFrame => ({
  type: "message",
  from: "partner",
  id,
  void: true,
  ts: 1_700_000_000,
});
export const delivered = (id: number, chat: ChatId = CHAT): ServerFrame => ({ type: "delivered", chat_id: chat, id });
export const inChat = (received?: number): Extract<ServerFrame, { type: "resumed" }> =>
  received === undefined
    ? { type: "resumed", place: "chatting", chat_id: CHAT }
    : { type: "resumed", place: "chatting", chat_id: CHAT, received };
