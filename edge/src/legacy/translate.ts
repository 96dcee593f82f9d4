import type { Call, ClientState, Talk } from "@whisper/shared/client/state";
import type { Scene } from "@whisper/shared/client/view";
import {
  ACCEPT_WINDOW_MS,
  LEGACY_OUTBOX_BYTES_MAX,
  SEEK_MS,
  TEXTS_WINDOW_MS,
  WAITING_TEXTS_MAX,
} from "@whisper/shared/limits";
import { textOf } from "@whisper/shared/protocol/fields";
import { isLegacyError, type LegacyFrame, legacyError, readLegacy } from "./legacy-frames.ts";

/**
 * Between the first Whisper's protocol and a client of ours, both ways; pure. What a legacy client says becomes calls
 * on the brain that plays it; what a step of that brain changed becomes the frames its server would have sent
 * (docs/PROTOCOL.md, X).
 */
export type Translated = {
  /** Frames for the legacy client, in order. */
  readonly down: readonly LegacyFrame[];
  /** Calls on the brain, in order. */
  readonly calls: readonly Call[];
  /** The legacy socket is to be closed. */
  readonly closes: boolean;
};

const NOTHING: Translated = { down: [], calls: [], closes: false };
const tells = (...down: LegacyFrame[]): Translated => ({ ...NOTHING, down });
const does = (...calls: Call[]): Translated => ({ ...NOTHING, calls });

const seconds = (ms: number): number => Math.max(1, Math.ceil(ms / 1_000));

/** What a legacy client's frame asks for. Never throws, whatever it is given. */
export function fromLegacy(wire: unknown, now: ClientState): Translated {
  const read = readLegacy(wire);
  if (!read.ok) return tells(legacyError(read.code));
  const { call } = read;
  const { scene, talk, over } = now;
  switch (call.type) {
    case "ping":
      return tells({ type: "pong" });
    case "set_fingerprint":
      return NOTHING; // who somebody is, is never what their client says
    case "find_match":
      return does(...leaving(scene), { call: "seek", interests: call.interests, languages: undefined });
    case "cancel_match":
      return does(...(scene.scene === "chatting" ? [] : leaving(scene)));
    case "accept_match":
      return isProposal(scene, call.chat_id) ? does({ call: "accept" }) : NOTHING;
    case "decline_match":
      return isProposal(scene, call.chat_id) ? does({ call: "decline" }) : NOTHING;
    case "message":
      return say(talk, call.chat_id, call.text);
    case "typing":
      return talk?.chat === call.chat_id ? does({ call: "typing", on: call.is_typing }) : NOTHING;
    case "end_chat":
      return talk?.chat === call.chat_id ? does({ call: "end" }) : NOTHING;
    case "report": {
      const { reason } = call;
      if (reason === undefined || (talk?.chat ?? over?.chat) !== call.chat_id) return NOTHING;
      return does({ call: "report", reason, comment: undefined, evidence: undefined });
    }
  }
}

/**
 * What leaves the scene somebody is in: to seek anew from anywhere, as the first Whisper allowed, and when the socket
 * is gone.
 */
export function leaving(scene: Scene): readonly Call[] {
  if (scene.scene === "idle") return [];
  return [{ call: scene.scene === "chatting" ? "end" : "cancel" }];
}

const isProposal = (scene: Scene, chat: string): boolean => scene.scene === "proposed" && scene.chat === chat;

const utf8 = new TextEncoder();

function say(talk: Talk | undefined, chat: string, text: string): Translated {
  if (!textOf(text).ok) return tells(legacyError("invalid_message"));
  if (talk?.chat !== chat) return tells(legacyError("invalid_chat"));
  let waitingBytes = utf8.encode(text).byteLength;
  for (const one of talk.outbox) waitingBytes += one.text === undefined ? 0 : utf8.encode(one.text).byteLength;
  if (waitingBytes > LEGACY_OUTBOX_BYTES_MAX || talk.outbox.length >= WAITING_TEXTS_MAX)
    return tells({ type: "rate_limited", retry_after: seconds(TEXTS_WINDOW_MS) });
  return does({ call: "say", text });
}

/** What a legacy client is told of one step of its brain. */
export function toLegacy(before: ClientState, after: ClientState, nowMs: number): Translated {
  if (after.stopped !== undefined) return before.stopped === undefined ? stop(after.stopped, nowMs) : NOTHING;
  const down: LegacyFrame[] = [];
  const { sessionId } = after.identity;
  if (!before.link.wasOpen && after.link.wasOpen && sessionId !== undefined)
    down.push({ type: "session_created", session_id: sessionId });
  const moved = ofScenes(before, after, nowMs);
  down.push(...ofTexts(before, after, nowMs), ...moved.down, ...ofNotice(before, after));
  return { down, calls: moved.calls, closes: false };
}

function stop(stopped: NonNullable<ClientState["stopped"]>, nowMs: number): Translated {
  const down: LegacyFrame[] = [];
  if (stopped.why === "banned")
    down.push({ type: "banned", duration: seconds(stopped.untilMs - nowMs), reason: stopped.reason });
  return { down, calls: [], closes: true };
}

/** Texts that came, texts that the meter dropped, and typing. */
function ofTexts(before: ClientState, after: ClientState, nowMs: number): readonly LegacyFrame[] {
  const { talk } = after;
  if (talk === undefined) return [];
  const down: LegacyFrame[] = [];
  const was = before.talk?.chat === talk.chat ? before.talk : undefined;
  const last = was?.last ?? 0;
  for (const line of talk.last > last ? after.transcript : [])
    if (line.from === "partner" && line.id > last)
      down.push({ type: "message", from: "partner", text: line.text, ts: Math.floor(line.atMs / 1_000) });
  const dropped = was === undefined ? 0 : was.lastId - talk.lastId;
  const retry_after = seconds((after.slowUntilMs ?? nowMs) - nowMs);
  for (let i = 0; i < dropped; i++) down.push({ type: "rate_limited", retry_after });
  const wasTyping = before.scene.scene === "chatting" && before.scene.partnerTyping;
  const isTyping = after.scene.scene === "chatting" && after.scene.partnerTyping;
  if (wasTyping !== isTyping) down.push({ type: "typing", is_typing: isTyping });
  return down;
}

/** The scene before, the scene after, and what the first Whisper said between such two. */
function ofScenes(before: ClientState, after: ClientState, nowMs: number): Pick<Translated, "down" | "calls"> {
  const was = before.scene;
  const is = after.scene;
  const none = { down: [], calls: [] };
  switch (is.scene) {
    case "seeking":
      if (was.scene === "seeking") return none;
      if (was.scene === "idle") return { ...none, down: [{ type: "matching_started", timeout: seconds(SEEK_MS) }] };
      // There, who was declined was idle; our search would go on unasked.
      return { down: [endOf(was)], calls: [{ call: "cancel" }] };
    case "proposed":
      if (was.scene === "proposed" && was.chat === is.chat) return none;
      return { ...none, down: [matchFound(is, nowMs)] };
    case "chatting": {
      if (was.scene === "chatting" && was.chat === is.chat) return none;
      return { ...none, down: [{ type: "match_accepted", chat_id: is.chat }] };
    }
    case "idle":
      if (was.scene === "idle") return none;
      if (after.slowUntilMs !== before.slowUntilMs && after.slowUntilMs !== undefined)
        return { ...none, down: [{ type: "rate_limited", retry_after: seconds(after.slowUntilMs - nowMs) }] };
      // No note, or `ended`: the person's own doing, which the first Whisper did not answer.
      return is.note === undefined || is.note === "ended" ? none : { ...none, down: [endOf(was)] };
  }
}

function endOf(was: Scene): LegacyFrame {
  if (was.scene === "chatting") return { type: "partner_left" };
  return { type: was.scene === "proposed" ? "match_declined" : "match_timeout" };
}

const matchFound = (is: Extract<Scene, { scene: "proposed" }>, nowMs: number): LegacyFrame => ({
  type: "match_found",
  chat_id: is.chat,
  shared_interests: is.shared,
  accept_deadline: Math.min(seconds(is.untilMs - nowMs), seconds(ACCEPT_WINDOW_MS)),
});

/** Refusals, by the first Whisper's codes; it had no others. */
function ofNotice(before: ClientState, after: ClientState): readonly LegacyFrame[] {
  const { notice } = after;
  if (notice === undefined || notice.no === before.notice?.no || !isLegacyError(notice.code)) return [];
  return [legacyError(notice.code)];
}
