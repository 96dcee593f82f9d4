import { unreachable } from "@whisper/shared/base/assert";
import { CLIENT_FRAMES, type ClientFrame } from "@whisper/shared/protocol/client-frames";
import { errorFrame } from "@whisper/shared/protocol/server-frames";
import { type Ctx, type Event, nothing, type Step, send } from "./event.ts";
import type { Session } from "./session.ts";
import { onChatMemo, onNotInChat } from "./step-absence.ts";
import { onChatFrame, onText } from "./step-chat.ts";
import { onLateWord } from "./step-late.ts";
import { onBusBack, onHalfEnded, onPartnerHeard, onPartnerLost, onWhereabouts } from "./step-lost.ts";
import { onGone, onReturn, onYielded } from "./step-presence.ts";
import { onDeskMemo } from "./step-proposal.ts";
import { onSeekFrame, startSeek } from "./step-seek.ts";
import { onWake } from "./step-wake.ts";

/**
 * The whole decision: what one event does to one person. Pure: no clock, no socket, no await (DESIGN §5, the state
 * table). Total: every event has an answer in every place.
 */
export function step(now: Session, event: Event, ctx: Ctx): Step {
  switch (event.event) {
    case "frame":
      return onFrame(now, event.frame, event.bytes, ctx);
    case "chat_memo":
      return onChatMemo(now, event.memo, ctx);
    case "desk_memo":
      return onDeskMemo(now, event.memo, ctx);
    case "not_in_chat":
      return onNotInChat(now, event, ctx);
    case "half_ended":
      return onHalfEnded(now, event.chat, event.answer, ctx);
    case "whereabouts":
      return onWhereabouts(now, event.chat, event.answer, ctx);
    case "partner_lost":
      return onPartnerLost(now, event.exited, ctx);
    case "bus_back":
      return onBusBack(now);
    case "partner_heard":
      return onPartnerHeard(now, ctx);
    case "yielded":
      return onYielded(now, event.memo);
    case "wake":
      return onWake(now, ctx);
    case "gone":
      return onGone(now, ctx);
    case "back":
      return onReturn(now, ctx);
    default:
      return unreachable(event);
  }
}

/**
 * What one frame from this person does. The gate reads the protocol table; the cases below assert what it let
 * through.
 */
function onFrame(now: Session, frame: ClientFrame, bytes: number, ctx: Ctx): Step {
  const { allowedIn, illegal } = CLIENT_FRAMES[frame.type];
  if (!(allowedIn as readonly string[]).includes(now.place)) {
    if (illegal === "ignored") return nothing(now);
    const id = frame.type === "message" ? frame.id : undefined;
    return { next: now, effects: [send(errorFrame(illegal, id))] };
  }
  switch (frame.type) {
    case "message":
      return onText(now, frame, bytes, ctx);
    case "typing":
    case "received":
    case "end_chat":
      return onChatFrame(now, frame, ctx);
    case "next":
      if (now.place === "chatting") return onChatFrame(now, frame, ctx);
      return startSeek(now, frame, ctx);
    case "find_match":
      return startSeek(now, frame, ctx);
    case "cancel_match":
    case "accept_match":
    case "decline_match":
      return onSeekFrame(now, frame, ctx);
    case "report":
    case "block":
      return onLateWord(now, frame, ctx);
    case "ping":
      return { next: now, effects: [send({ type: "pong" })] };
    case "set_fingerprint":
      return nothing(now); // kept on the wire; identity is the edge's
    default:
      return unreachable(frame);
  }
}
