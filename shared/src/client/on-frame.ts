import { unreachable } from "../base/assert.ts";
import { SEEK_MS } from "../limits.ts";
import type { ServerFrame, ServerFrameOf } from "../protocol/server-frames.ts";
import { onText } from "./inbox.ts";
import { onDelivered, onLimitedText, onOutOfOrder, onRefusedText, resendAll } from "./outbox.ts";
import { leave, planMove } from "./return.ts";
import { becomeIdle, beginChat, endChat, setAway } from "./scenes.ts";
import { change, notify, reflow, send, type Turn } from "./state.ts";

/** What a frame on the socket we speak on does. One that does not fit the moment does nothing. */
export function onFrame(turn: Turn, frame: ServerFrame) {
  const { scene, talk } = turn.state;
  switch (frame.type) {
    case "session_created":
    case "resumed":
    case "pong":
      return; // the first two only count on a socket that is being greeted
    case "matching_started":
      return onMatchingStarted(turn, frame);
    case "seek_status":
      return onSeekStatus(turn, frame);
    case "match_found":
      return onMatchFound(turn, frame);
    case "match_accepted":
      return onMatchAccepted(turn, frame);
    case "match_declined":
      return onMatchDeclined(turn);
    case "match_timeout":
      if (scene.scene === "chatting") endChat(turn, "lost");
      else if (scene.scene === "proposed") becomeIdle(turn, "let_run_out");
      else if (scene.scene === "seeking" && turn.state.seek.started) becomeIdle(turn, "timed_out");
      return;
    case "message":
      return onText(turn, frame);
    case "delivered":
      if (talk?.chat === frame.chat_id) onDelivered(turn, frame.id, true);
      return;
    case "typing":
      if (scene.scene === "chatting") change(turn, { scene: { ...scene, partnerTyping: frame.is_typing } });
      return;
    case "partner_away":
      reflow(turn, { resendAtMs: undefined });
      return setAway(turn, turn.nowMs + frame.grace * 1_000);
    case "partner_back":
      setAway(turn, undefined);
      return resendAll(turn);
    case "partner_left":
      return endChat(turn, "partner_left");
    case "moving":
      return planMove(turn, frame);
    case "report_received":
      return notify(turn, "report_received");
    case "rate_limited":
      return onRateLimited(turn, frame);
    case "banned":
      return onBanned(turn, frame);
    case "error":
      return onError(turn, frame);
    default:
      return unreachable(frame);
  }
}

function onMatchingStarted(turn: Turn, frame: ServerFrameOf<"matching_started">) {
  const { scene, seek } = turn.state;
  if (scene.scene !== "seeking") return;
  const untilMs = turn.nowMs + frame.timeout * 1_000;
  change(turn, { scene: { ...scene, untilMs }, seek: { ...seek, asked: true, started: true } });
}

function onSeekStatus(turn: Turn, frame: ServerFrameOf<"seek_status">) {
  const { scene, seek } = turn.state;
  if (scene.scene !== "seeking" || !seek.started) return;
  const sinceMs = turn.nowMs - frame.waiting_ms;
  change(turn, { scene: { ...scene, stage: frame.stage, sinceMs, untilMs: sinceMs + SEEK_MS } });
}

function onMatchFound(turn: Turn, frame: ServerFrameOf<"match_found">) {
  const { scene, seek, accepted } = turn.state;
  const chat = frame.chat_id;
  if (scene.scene === "seeking") {
    if (!seek.started) return;
    change(turn, { seek: { ...seek, leftMs: Math.max(0, scene.untilMs - turn.nowMs) } });
  } else if (scene.scene !== "proposed") return;
  const untilMs = turn.nowMs + frame.accept_deadline * 1_000;
  const isAccepted = accepted === chat;
  change(turn, {
    scene: { scene: "proposed", chat, shared: frame.shared_interests, untilMs, accepted: isAccepted },
  });
  // Told again after a return: our yes may have been lost with the old socket, and saying it twice does no harm.
  if (isAccepted) send(turn, { type: "accept_match", chat_id: chat });
}

function onMatchAccepted(turn: Turn, frame: ServerFrameOf<"match_accepted">) {
  const { scene } = turn.state;
  if (scene.scene === "chatting" && scene.chat === frame.chat_id) {
    // Known already, and now to this shard, too.
    setAway(turn, undefined);
    return resendAll(turn);
  }
  if (scene.scene !== "proposed" || scene.chat !== frame.chat_id) return;
  beginChat(turn, scene.chat, scene.shared);
}

/** They said no, or nothing: the search goes on from where its clock stood still. */
function onMatchDeclined(turn: Turn) {
  const { scene, seek, wish } = turn.state;
  if (scene.scene === "chatting") {
    // The desk held nothing of the chat that this shard was asked for: it is over, and nobody is sought for it.
    endChat(turn, "lost");
    send(turn, { type: "cancel_match" });
    return;
  }
  if (scene.scene !== "proposed") return;
  const untilMs = turn.nowMs + seek.leftMs;
  change(turn, {
    wish,
    accepted: undefined,
    scene: { scene: "seeking", stage: "same", sinceMs: untilMs - SEEK_MS, untilMs, note: "declined" },
  });
}

function onRateLimited(turn: Turn, frame: ServerFrameOf<"rate_limited">) {
  const { scene, talk } = turn.state;
  const waitMs = frame.retry_after * 1_000;
  change(turn, { slowUntilMs: turn.nowMs + waitMs });
  if (frame.id !== undefined) {
    if (talk !== undefined) onLimitedText(turn, frame.id, waitMs);
  } else if (scene.scene === "seeking") becomeIdle(turn, undefined);
}

function onBanned(turn: Turn, frame: ServerFrameOf<"banned">) {
  const untilMs = turn.nowMs + frame.duration * 1_000;
  leave(turn, { why: "banned", untilMs, reason: frame.reason });
}

function onError(turn: Turn, frame: ServerFrameOf<"error">) {
  const { code, id } = frame;
  const { scene, seek, talk } = turn.state;
  switch (code) {
    case "out_of_order":
      if (id !== undefined) onOutOfOrder(turn, id);
      return;
    case "message_blocked":
    case "invalid_message":
    case "parse_error":
    case "frame_too_large":
      if (id !== undefined) onRefusedText(turn, id);
      return notify(turn, code);
    case "invalid_chat":
      if (talk === undefined && id !== undefined) return; // a text that crossed the end of its chat
      if (id !== undefined) return endChat(turn, "lost"); // nobody would ever hear what is said here
      return notify(turn, code);
    case "wrong_state":
      // An answer that crossed the end of its proposal says nothing; a search that was never begun must not be shown.
      if (scene.scene !== "seeking" || !seek.asked || seek.started) return;
      becomeIdle(turn, undefined);
      return notify(turn, code);
    default:
      return notify(turn, code);
  }
}
