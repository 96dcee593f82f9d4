import { RECEIVED_AT_ONCE, RECEIVED_WITHIN_MS } from "../limits.ts";
import type { ServerFrameOf } from "../protocol/server-frames.ts";
import { addLine, onDelivered } from "./outbox.ts";
import { change, reflow, send, type Turn } from "./state.ts";

/** The receiver's half of DESIGN §7: show what is next, answer everything. */

/**
 * A text of the partner's: shown when it is the next one, counted and not shown when void; answered even when double
 * or after a gap.
 */
export function onText(turn: Turn, frame: ServerFrameOf<"message">) {
  const { talk, scene } = turn.state;
  if (talk === undefined || scene.scene !== "chatting") return;
  if (frame.id === talk.last + 1) {
    change(turn, { talk: { ...talk, last: frame.id } });
    if (frame.void !== true && frame.text !== undefined)
      addLine(turn, { from: "partner", id: frame.id, text: frame.text, atMs: frame.ts * 1_000 });
    if (scene.partnerTyping) change(turn, { scene: { ...scene, partnerTyping: false } });
  }
  const { flow } = turn.state;
  reflow(turn, { owed: flow.owed + 1, answerAtMs: flow.answerAtMs ?? turn.nowMs + RECEIVED_WITHIN_MS });
  if (frame.delivered !== undefined) onDelivered(turn, frame.delivered, false); // may send a text, and the answer on it
  if (turn.state.flow.owed >= RECEIVED_AT_ONCE) answer(turn);
}

/** Says how far we have come, if anything is owed. */
export function answer(turn: Turn) {
  const { talk, flow, link } = turn.state;
  if (talk === undefined || flow.owed === 0 || link.speaks === undefined) return;
  send(turn, { type: "received", chat_id: talk.chat, id: talk.last });
  reflow(turn, { owed: 0, answerAtMs: undefined });
}
