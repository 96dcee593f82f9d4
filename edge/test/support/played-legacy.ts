import type { ChatId, SessionId } from "@whisper/shared/base/ids";
import { step, wakeAtMs } from "@whisper/shared/client/client-step";
import { type ClientEvent, type ClientState, freshState } from "@whisper/shared/client/state";
import type { ClientFrameWire } from "@whisper/shared/protocol/codec";
import type { ServerFrame } from "@whisper/shared/protocol/server-frames";
import type { LegacyFrame } from "../../src/legacy/legacy-frames.ts";
import { fromLegacy, type Translated, toLegacy } from "../../src/legacy/translate.ts";

export const CHAT = "ChatChatChatChatChat22" as ChatId;
export const ME = "AAAAAAAAAAAAAAAAAAAAAA" as SessionId;

/** A legacy client as the edge plays it, without sockets: the real brain between the real translation and a script. */
export class PlayedLegacy {
  state: ClientState = freshState(undefined, { dropsWhenLimited: true });
  nowMs = 1_000_000;
  down: LegacyFrame[] = [];
  up: ClientFrameWire[] = [];
  isClosed = false;
  readonly #waiting: ClientEvent[] = [];
  #isRunning = false;

  /** A frame, or raw bytes, from the legacy client. */
  says(frame: object | string | ArrayBuffer): this {
    const isRaw = typeof frame === "string" || frame instanceof ArrayBuffer;
    return this.#act(fromLegacy(isRaw ? frame : JSON.stringify(frame), this.state));
  }
  /** Frames from the shard, on the newest socket. */
  hears(...frames: ServerFrame[]): this {
    for (const frame of frames) this.take({ event: "frame", socket: this.state.link.sockets, frame });
    return this;
  }
  take(event: ClientEvent): this {
    this.#waiting.push(event);
    if (this.#isRunning) return this;
    this.#isRunning = true;
    for (let one = this.#waiting.shift(); one !== undefined; one = this.#waiting.shift()) {
      const before = this.state;
      const { next, effects } = step(before, one, this.nowMs, 0.5);
      this.state = next;
      for (const effect of effects) if (effect.do === "send") this.up.push(effect.frame);
      this.#act(toLegacy(before, next, this.nowMs));
    }
    this.#isRunning = false;
    return this;
  }
  #act({ down, calls, closes }: Translated): this {
    this.down.push(...down);
    for (const call of calls) this.take({ event: "call", call });
    if (closes) this.isClosed = true;
    return this;
  }

  comesIn(): this {
    this.take({ event: "call", call: { call: "connect" } }).#admit();
    return this.hears({ type: "session_created", session_id: ME, resume: false });
  }
  /** The upstream socket goes, and comes back to `place`. */
  comesBack(place: Extract<ServerFrame, { type: "resumed" }>): this {
    this.take({ event: "closed", socket: this.state.link.sockets, code: 1006, reason: "" });
    this.nowMs = wakeAtMs(this.state) ?? this.nowMs;
    this.take({ event: "woke" }).#admit();
    return this.hears({ type: "session_created", session_id: ME, resume: true }, place);
  }
  #admit(): this {
    const { asks } = this.state.link;
    const endpoints = [{ url: "ws://a", region: "eu-west", pool: "a" }];
    const admission = { session: "s", sessionId: ME, device: "d", ticket: "t", endpoints };
    this.take({ event: "admitted", ask: asks, admission });
    return this.take({ event: "opened", socket: this.state.link.sockets });
  }
  isProposed(): this {
    this.comesIn().says({ type: "find_match", interests: ["music"] });
    this.hears({ type: "matching_started", timeout: 30 });
    this.hears({ type: "match_found", chat_id: CHAT, shared_interests: ["music"], accept_deadline: 15 });
    return this.clear();
  }
  chats(): this {
    this.isProposed().says({ type: "accept_match", chat_id: CHAT });
    return this.hears({ type: "match_accepted", chat_id: CHAT }).clear();
  }
  clear(): this {
    this.down = [];
    this.up = [];
    return this;
  }
  get upIds(): readonly unknown[] {
    return this.up.flatMap((frame) => (frame.type === "message" ? [frame.id] : []));
  }
}
