import type { ServerFrame, ServerFrameOf } from "@whisper/shared/protocol/server-frames";
import { onGreeted, planMove, stayOut, takeUp } from "./coming-in.ts";
import { beginChat, onChatOver, onMatchFound, onSeekEnd, planSeek } from "./meeting.ts";
import { becomeIdle, NEVER, type Outlet, odd, type Person, say, type World } from "./person.ts";
import { excuse, onDelivered, onLimitedText, onOutOfOrder, onText, pump, resendAll } from "./talking.ts";

/** What a frame does; one that does not fit the moment does nothing. `undefined` is a frame that nobody can read. */
export function onFrame(
  person: Person,
  outlet: Outlet,
  frame: ServerFrame | undefined,
  nowMs: number,
  world: World,
): void {
  if (frame === undefined) return odd(world, "a frame could not be read");
  if (outlet === person.young) return onYoungFrame(person, frame, nowMs, world);
  if (outlet !== person.outlet) return; // what still comes on a socket that was left
  person.heardAtMs = Math.ceil(nowMs);
  person.pingedAtMs = NEVER;
  onSpokenFrame(person, frame, nowMs, world);
}

/** On a socket that is not yet spoken on only the greeting counts. */
function onYoungFrame(person: Person, frame: ServerFrame, nowMs: number, world: World): void {
  if (frame.type === "session_created") {
    const greeted = onGreeted(person, frame, nowMs, world);
    if (greeted === "odd") return odd(world, "a second greeting");
    if (greeted === "fresh") onFresh(person, nowMs, world);
    return;
  }
  if (frame.type !== "resumed" || person.phase !== "resuming")
    return odd(world, `${frame.type} before the greeting was over`);
  takeUp(person, nowMs, world);
  onResumed(person, frame, nowMs, world);
}

/** The shard knows nothing of them: what was held is over; a search starts over. */
function onFresh(person: Person, nowMs: number, world: World): void {
  if (person.talk !== undefined) onChatOver(person, world);
  else becomeIdle(person);
  planSeek(person, nowMs, world);
}

/** Brings together where they think they are and where the shard says they are. The shard is right. */
function onResumed(person: Person, frame: ServerFrameOf<"resumed">, nowMs: number, world: World): void {
  const { place, chat_id: chat } = frame;
  const { talk } = person;
  if (place === "chatting" && chat !== undefined) {
    if (person.couple.isOver && talk === undefined) return say(person, { type: "end_chat", chat_id: chat });
    if (talk?.chat !== chat) {
      if (talk !== undefined) onChatOver(person, world);
      return beginChat(person, chat, nowMs, world);
    }
    talk.isPartnerAway = false; // `partner_away` follows if it is so
    if (talk.owed > 0) talk.answersAtMs = Math.ceil(nowMs);
    return resendAll(person, talk, nowMs, world);
  }
  if (talk !== undefined && chat === talk.chat) {
    talk.isPartnerAway = true; // the desk will tell the new shard of the chat; until then nothing can be said
    return;
  }
  if (talk !== undefined) onChatOver(person, world);
  if (place === "idle") {
    becomeIdle(person);
    return planSeek(person, nowMs, world);
  }
  person.place = place === "accepted" ? "accepted" : "seeking";
  person.meetsAtMs = Math.ceil(nowMs + world.script.matchTimeoutMs);
}

function onSpokenFrame(person: Person, frame: ServerFrame, nowMs: number, world: World): void {
  const { talk } = person;
  switch (frame.type) {
    case "message":
      if (talk === undefined) return odd(world, "a text outside a chat");
      return onText(person, talk, frame, nowMs, world);
    case "delivered":
      if (talk?.chat === frame.chat_id) onDelivered(person, talk, frame.id, true, nowMs, world);
      return;
    case "match_found":
      return onMatchFound(person, frame, nowMs, world);
    case "match_accepted":
      if (person.place === "accepted" && frame.chat_id === person.chat)
        return beginChat(person, frame.chat_id, nowMs, world);
      return;
    case "match_declined":
      person.place = person.place === "accepted" ? "seeking" : person.place;
      return;
    case "match_timeout":
      if (person.talk !== undefined) onChatOver(person, world);
      return onSeekEnd(person, nowMs, world, true);
    case "partner_away":
      if (talk === undefined) return;
      talk.isPartnerAway = true;
      return excuse(talk, nowMs);
    case "partner_back":
      if (talk === undefined) return;
      talk.isPartnerAway = false;
      excuse(talk, nowMs);
      return resendAll(person, talk, nowMs, world);
    case "partner_left":
      return onChatOver(person, world);
    case "moving":
      return planMove(person, frame, nowMs);
    case "rate_limited":
      return onLimited(person, frame, nowMs, world);
    case "banned":
      stayOut(person);
      return odd(world, "somebody was banned");
    case "error":
      return onError(person, frame, nowMs, world);
    case "session_created":
    case "resumed":
      return odd(world, `${frame.type} on a socket in use`);
    default: // matching_started, seek_status, typing, report_received, pong: nothing to do
  }
}

function onLimited(person: Person, frame: ServerFrameOf<"rate_limited">, nowMs: number, world: World): void {
  const waitMs = frame.retry_after * 1_000;
  const { talk } = person;
  if (frame.id !== undefined && talk !== undefined) {
    world.hands.count("refused");
    world.hands.example("a text came too soon after the ones before");
    return onLimitedText(talk, frame.id, waitMs, nowMs);
  }
  if (person.place !== "seeking") return;
  world.hands.count("refused");
  world.hands.example("a search came too soon after the ones before");
  person.place = "idle";
  person.couple.isDisturbed = true;
  person.meetsAtMs = Math.ceil(nowMs + waitMs);
}

function onError(person: Person, frame: ServerFrameOf<"error">, nowMs: number, world: World): void {
  const { talk } = person;
  if (frame.code === "out_of_order" && talk !== undefined && frame.id !== undefined) {
    onOutOfOrder(person, talk, frame.id, nowMs, world);
    return pump(person, talk, nowMs, world);
  }
  // Of a chat that has just ended, or a proposal that ran out: honest clients meet these.
  if (frame.code === "invalid_chat" && person.couple.isOver) return;
  odd(world, `the shard answered ${frame.code}`);
}
