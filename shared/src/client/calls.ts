import { unreachable } from "../base/assert.ts";
import type { ChatId } from "../base/ids.ts";
import { COMMENT_POINTS_MAX, EVIDENCE_MAX, LATE_WORD_MS } from "../limits.ts";
import type { ClientFrameWire } from "../protocol/codec.ts";
import { interestsOf, languagesOf, pointsUpTo, textOf } from "../protocol/fields.ts";
import { say } from "./outbox.ts";
import { comeIn, leave } from "./return.ts";
import { askSeek, becomeIdle, beginSeek, endChat } from "./scenes.ts";
import { type Call, change, reflow, relink, send, type Turn } from "./state.ts";

/** A reminder that the person still types is worth sending this often. */
const TYPING_AGAIN_MS = 3_000;
const ERRANDS_MAX = 8;

/** What a person's call does. One that does not fit the moment does nothing. */
export function onCall(turn: Turn, call: Call) {
  switch (call.call) {
    case "connect":
      return connect(turn);
    case "answer_challenge":
      if (turn.state.challenge === undefined) return;
      change(turn, { challenge: undefined });
      relink(turn, { challengeAnswer: call.token, returnAtMs: undefined });
      return comeIn(turn);
    case "seek":
      return seek(turn, call.interests, call.languages);
    case "cancel":
    case "decline":
      return cancel(turn, call.call);
    case "accept":
      return accept(turn);
    case "say":
      say(turn, call.text);
      return;
    case "typing":
      return typing(turn, call.on);
    case "end":
      return end(turn);
    case "next":
      return next(turn, call.interests);
    case "report":
      return report(turn, call);
    case "block":
      return block(turn);
    case "close":
      return leave(turn, { why: "closed" });
    default:
      return unreachable(call);
  }
}

function connect(turn: Turn) {
  const { wanted, stopped } = turn.state;
  if (wanted && stopped === undefined) return;
  change(turn, { wanted: true, stopped: undefined });
  comeIn(turn);
}

function seek(turn: Turn, offered: readonly string[], offeredLanguages: readonly string[] | undefined) {
  if (turn.state.scene.scene !== "idle") return;
  const interests = interestsOf(offered);
  const languages = languagesOf(offeredLanguages);
  if (!interests.ok || !languages.ok) return;
  beginSeek(turn, { interests: interests.value, languages: languages.value });
  connect(turn);
  askSeek(turn);
}

function cancel(turn: Turn, call: "cancel" | "decline") {
  const { scene, seek } = turn.state;
  const isProposed = scene.scene === "proposed";
  if (!isProposed && (scene.scene !== "seeking" || call === "decline")) return;
  if (isProposed) change(turn, { left: scene.chat });
  change(turn, { seek: { ...seek, cancelled: true } });
  becomeIdle(turn, undefined);
  if (call === "decline" && isProposed) send(turn, { type: "decline_match", chat_id: scene.chat });
  else send(turn, { type: "cancel_match" });
}

function accept(turn: Turn) {
  const { scene } = turn.state;
  if (scene.scene !== "proposed" || scene.accepted) return;
  change(turn, { scene: { ...scene, accepted: true }, accepted: scene.chat });
  send(turn, { type: "accept_match", chat_id: scene.chat });
}

function typing(turn: Turn, on: boolean) {
  const { talk, flow } = turn.state;
  if (talk === undefined) return;
  const { typed } = flow;
  if (on === typed.on && !(on && turn.nowMs >= typed.atMs + TYPING_AGAIN_MS)) return;
  reflow(turn, { typed: { on, atMs: turn.nowMs } });
  send(turn, { type: "typing", chat_id: talk.chat, is_typing: on });
}

function end(turn: Turn) {
  const { talk } = turn.state;
  if (talk === undefined) return;
  endChat(turn, "ended");
  send(turn, { type: "end_chat", chat_id: talk.chat });
}

function next(turn: Turn, offered: readonly string[] | undefined) {
  const { scene, talk, wish, link } = turn.state;
  if (scene.scene !== "chatting" && scene.scene !== "idle") return;
  const interests = offered === undefined ? undefined : interestsOf(offered);
  if (interests?.ok === false) return;
  const wanted = { interests: interests?.value ?? wish.interests, languages: wish.languages };
  // A `next` without a wish means the last one; to wish for nothing takes two steps.
  const isOneStep = talk !== undefined && link.speaks !== undefined && wanted.interests.length > 0;
  if (!isOneStep) end(turn);
  else endChat(turn, "ended");
  beginSeek(turn, wanted);
  connect(turn);
  if (!isOneStep) return askSeek(turn);
  change(turn, { seek: { ...turn.state.seek, asked: true } });
  send(turn, { type: "next", ...wanted });
}

/** The chat that late words are about: the running one, or the last one for 10 minutes. */
function chatSpokenOf(turn: Turn): ChatId | undefined {
  const { talk, over } = turn.state;
  if (talk !== undefined) return talk.chat;
  return over !== undefined && turn.nowMs < over.atMs + LATE_WORD_MS ? over.chat : undefined;
}

function report(turn: Turn, call: Extract<Call, { call: "report" }>): void {
  const chat = chatSpokenOf(turn);
  const comment = call.comment ?? "";
  if (chat === undefined || pointsUpTo(comment, COMMENT_POINTS_MAX) > COMMENT_POINTS_MAX) return;
  const evidence = (call.evidence ?? []).filter((one) => textOf(one).ok).slice(0, EVIDENCE_MAX);
  const frame: ClientFrameWire = { type: "report", chat_id: chat, reason: call.reason };
  errand(turn, {
    ...frame,
    ...(comment === "" ? {} : { comment }),
    ...(evidence.length === 0 ? {} : { evidence }),
  });
}

function block(turn: Turn) {
  const chat = chatSpokenOf(turn);
  if (chat === undefined) return;
  endChat(turn, "ended");
  errand(turn, { type: "block", chat_id: chat });
}

/** Sends now, or as soon as there is a link. */
function errand(turn: Turn, frame: ClientFrameWire) {
  if (turn.state.link.speaks !== undefined) return send(turn, frame);
  change(turn, { errands: [...turn.state.errands, frame].slice(-ERRANDS_MAX) });
}
