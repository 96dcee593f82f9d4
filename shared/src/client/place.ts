import type { ChatId } from "../base/ids.ts";
import { GRACE_MS, RESEND_AFTER_MS, SEEK_MS } from "../limits.ts";
import type { ServerFrameOf } from "../protocol/server-frames.ts";
import { resendAll } from "./outbox.ts";
import { askSeek, becomeIdle, beginChat, endChat, setAway } from "./scenes.ts";
import { change, reflow, send, type Turn } from "./state.ts";

/**
 * Brings together where this client thinks it is and where the shard says it is. The shard is right, but for what the
 * person has left.
 */

/** The shard knows nothing of us: what was held is gone; a search starts over. */
export function onFreshSession(turn: Turn) {
  const { scene, talk } = turn.state;
  change(turn, { left: undefined });
  if (talk !== undefined) return endChat(turn, "lost");
  if (scene.scene === "proposed") return becomeIdle(turn, "lost");
  resumeSeek(turn);
}

/** The shard kept our place. */
export function onResumed(turn: Turn, frame: ServerFrameOf<"resumed">) {
  switch (frame.place) {
    case "idle":
      return onIdleThere(turn);
    case "seeking":
      return onSeekingThere(turn);
    case "proposed":
    case "accepted":
      return onProposedThere(turn, frame.place, frame.chat_id);
    case "chatting":
      return onChattingThere(turn, frame.chat_id, frame.received);
  }
}

function onIdleThere(turn: Turn) {
  const { scene, talk } = turn.state;
  if (talk !== undefined) return endChat(turn, "partner_left");
  if (scene.scene === "proposed") return becomeIdle(turn, turn.nowMs >= scene.untilMs ? "let_run_out" : "lost");
  resumeSeek(turn);
}

/** A search that no shard knows: asked for again, unless its time is up. */
function resumeSeek(turn: Turn) {
  const { scene, seek } = turn.state;
  if (scene.scene !== "seeking") return;
  if (seek.asked && turn.nowMs >= scene.untilMs) becomeIdle(turn, "timed_out");
  else askSeek(turn);
}

function onSeekingThere(turn: Turn) {
  const { scene, talk, seek } = turn.state;
  if (talk !== undefined) endChat(turn, "lost");
  if (seek.cancelled) {
    send(turn, { type: "cancel_match" });
    return;
  }
  if (scene.scene === "seeking" && !seek.asked) {
    // The person has begun a new search since: the one the shard knows is an old one.
    send(turn, { type: "cancel_match" });
    return askSeek(turn);
  }
  showSeeking(turn);
}

function showSeeking(turn: Turn) {
  const { scene, seek, nowMs } = { ...turn.state, nowMs: turn.nowMs };
  change(turn, { seek: { ...seek, asked: true, started: true }, accepted: undefined });
  if (scene.scene === "seeking") return;
  const note = scene.scene === "proposed" ? { note: "declined" as const } : {};
  change(turn, { scene: { scene: "seeking", stage: "same", sinceMs: nowMs, untilMs: nowMs + SEEK_MS, ...note } });
}

/** `match_found` follows and tells the rest. */
function onProposedThere(turn: Turn, place: "proposed" | "accepted", chat: ChatId | undefined) {
  const { scene, talk, seek, left } = turn.state;
  // We were told of the chat, and its shard died before it could write that: the desk will tell the new one. Until then
  // nothing can be said, as to a partner who is away.
  if (talk !== undefined && talk.chat === chat) return setAway(turn, turn.nowMs + GRACE_MS);
  if (talk !== undefined) endChat(turn, "lost");
  const isNewSeek = scene.scene === "seeking" && !seek.asked;
  if (chat === undefined || seek.cancelled || chat === left || isNewSeek) {
    send(turn, { type: "cancel_match" });
    if (isNewSeek) askSeek(turn);
    return;
  }
  if (scene.scene !== "proposed" || scene.chat !== chat) {
    const accepted = turn.state.accepted;
    becomeIdle(turn, undefined);
    showSeeking(turn);
    change(turn, { accepted });
  }
  if (place === "accepted") change(turn, { accepted: chat });
}

function onChattingThere(turn: Turn, chat: ChatId | undefined, received: number | undefined) {
  const { scene, talk, left } = turn.state;
  if (chat === undefined) return;
  if (chat === left && talk?.chat !== chat) {
    send(turn, { type: "end_chat", chat_id: chat });
    if (talk !== undefined) return endChat(turn, "lost"); // the shard knows nothing of the one that we held
    return resumeSeek(turn);
  }
  if (talk?.chat !== chat) {
    if (talk !== undefined) endChat(turn, "lost");
    beginChat(turn, chat, scene.scene === "proposed" && scene.chat === chat ? scene.shared : []);
  }
  const held = turn.state.talk;
  // A number that was relayed is taken, even if this client no longer knows what it was.
  if (held !== undefined && held.outbox.length === 0 && received !== undefined && received > held.lastId)
    change(turn, { talk: { ...held, lastId: received, delivered: received } });
  if (turn.state.flow.owed > 0) reflow(turn, { answerAtMs: turn.nowMs });
  reflow(turn, { resendMs: RESEND_AFTER_MS });
  setAway(turn, undefined); // `partner_away` follows if it is so
  resendAll(turn);
}
