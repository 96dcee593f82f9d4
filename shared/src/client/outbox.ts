import {
  RESEND_AFTER_MS,
  RESEND_AFTER_MS_MAX,
  RESEND_ON_REPEAT_EVERY_MS,
  TEXT_ID_MAX,
  TRANSCRIPT_LINES_MAX,
  UNCONFIRMED_MAX,
  WAITING_TEXTS_MAX,
} from "../limits.ts";
import type { ClientFrameWire } from "../protocol/codec.ts";
import { textOf } from "../protocol/fields.ts";
import { change, notify, type Outgoing, reflow, send, type Talk, type Turn } from "./state.ts";
import type { Line } from "./view.ts";

/** The sender's half of DESIGN §7: numbers, the outbox, and when to send what again. */

/** Takes a text of the person's: numbered, shown, kept, sent when possible. False when it is none, or too many wait. */
export function say(turn: Turn, offered: string): boolean {
  const { talk } = turn.state;
  const text = textOf(offered);
  if (talk === undefined || !text.ok || talk.outbox.length >= WAITING_TEXTS_MAX || talk.lastId >= TEXT_ID_MAX)
    return false;
  const id = talk.lastId + 1;
  const outbox = [...talk.outbox, { id, text: text.value, faults: 0 }];
  change(turn, { talk: { ...talk, lastId: id, outbox } });
  addLine(turn, { from: "me", id, text: text.value, atMs: turn.nowMs, state: "waiting" });
  pump(turn);
  return true;
}

/** Puts on the wire what may go: in order, at most 32 unconfirmed, nothing to a partner who is away. */
export function pump(turn: Turn) {
  const { talk, link } = turn.state;
  if (talk === undefined || link.speaks === undefined || isHeld(turn)) return;
  const { flow } = turn.state;
  const isCareful = (talk.outbox[0]?.faults ?? 0) > 0; // one of these may be what a shard stumbles over
  const upTo = Math.min(talk.lastId, talk.delivered + (isCareful ? 1 : UNCONFIRMED_MAX));
  const from = Math.max(flow.sent, talk.delivered) + 1;
  if (from > upTo) return;
  let owed = flow.owed > 0;
  for (let id = from; id <= upTo; id++) {
    const one = talk.outbox[id - talk.delivered - 1];
    if (one === undefined) break;
    send(turn, wireOf(talk, one, owed ? talk.last : undefined));
    owed = false;
  }
  reflow(turn, {
    sent: upTo,
    sentMax: Math.max(flow.sentMax, upTo),
    resentMax: from <= flow.sentMax ? Math.max(flow.resentMax, Math.min(upTo, flow.sentMax)) : flow.resentMax,
    resendAtMs: flow.resendAtMs ?? turn.nowMs + flow.resendMs,
    owed: 0,
    answerAtMs: undefined,
  });
}

/** Whether texts must wait: the partner is away, or the meter said so. */
export function isHeld(turn: Turn): boolean {
  const { scene, flow } = turn.state;
  const isAway = scene.scene === "chatting" && scene.partnerAwayUntilMs !== undefined;
  return isAway || flow.holdUntilMs > turn.nowMs;
}

/** Everything from `delivered + 1` goes again, in order. */
export function resendAll(turn: Turn) {
  const { talk } = turn.state;
  if (talk === undefined) return;
  reflow(turn, { sent: talk.delivered, resendAtMs: undefined });
  pump(turn);
}

/** The partner's client has our texts up to `id`; the same number again means that it misses what comes after. */
export function onDelivered(turn: Turn, id: number, isOwnFrame: boolean) {
  const { talk, flow } = turn.state;
  if (talk === undefined || id > flow.sentMax || id < talk.delivered) return;
  if (id === talk.delivered) {
    if (!isOwnFrame || flow.sent === talk.delivered) return;
    if (turn.nowMs < flow.repeatAtMs + RESEND_ON_REPEAT_EVERY_MS) return;
    reflow(turn, { repeatAtMs: turn.nowMs });
    resendAll(turn);
    return;
  }
  const outbox = talk.outbox.filter((one) => one.id > id);
  change(turn, { talk: { ...talk, delivered: id, outbox } });
  const sent = Math.max(flow.sent, id);
  const resendAtMs = sent > id ? turn.nowMs + RESEND_AFTER_MS : undefined;
  reflow(turn, { sent, resendAtMs, resendMs: RESEND_AFTER_MS });
  editLines(turn, (line) => (line.id <= id && line.state === "waiting" ? { ...line, state: "delivered" } : line));
  pump(turn);
}

/** A text is missing before the one we sent: from there again. A number we do not hold is nothing we could send. */
export function onOutOfOrder(turn: Turn, id: number) {
  const { talk, flow } = turn.state;
  if (talk === undefined || id <= talk.delivered || id > flow.sent) return;
  // Every text in flight behind the gap is answered alike: one rewind is enough for all of them.
  const isSame = flow.gap.id === id && turn.nowMs < flow.gap.atMs + RESEND_ON_REPEAT_EVERY_MS;
  if (isSame) return;
  reflow(turn, { sent: id - 1, gap: { id, atMs: turn.nowMs } });
  pump(turn);
}

/** A text refused for what it is: its number goes on as void, its words never again. */
export function onRefusedText(turn: Turn, id: number) {
  const { talk } = turn.state;
  if (talk === undefined) return;
  change(turn, { talk: { ...talk, outbox: voided(talk.outbox, (one) => one.id === id) } });
  editLines(turn, (line) => (line.id === id && line.state === "waiting" ? { ...line, state: "refused" } : line));
}

/** The meter refused a text. It waits, with its number, and goes again; or it is dropped where that is the habit. */
export function onLimitedText(turn: Turn, id: number, retryAfterMs: number) {
  const { talk, flow, habits, transcript } = turn.state;
  if (talk === undefined || id <= talk.delivered || id > flow.sentMax) return;
  const sent = Math.min(flow.sent, id - 1);
  if (habits.dropsWhenLimited && id > flow.resentMax) {
    change(turn, {
      talk: { ...talk, lastId: id - 1, outbox: talk.outbox.filter((one) => one.id < id) },
      transcript: transcript.filter((line) => line.from !== "me" || line.id < id),
    });
    reflow(turn, { sent, sentMax: id - 1, resendAtMs: sent > talk.delivered ? flow.resendAtMs : undefined });
    return;
  }
  reflow(turn, { sent, holdUntilMs: turn.nowMs + retryAfterMs });
}

/** Five seconds without an answer, then ten, up to thirty: everything unconfirmed goes again. */
export function onSilence(turn: Turn) {
  const { flow } = turn.state;
  reflow(turn, { resendMs: Math.min(flow.resendMs * 2, RESEND_AFTER_MS_MAX) });
  resendAll(turn);
}

/**
 * The socket was cut with `our_fault`: one of the texts in flight may be what the shard stumbles over. From now on
 * they go one at a time, so that the second cut names the one, which then goes as void.
 */
export function onFaultCut(turn: Turn) {
  const { talk, flow } = turn.state;
  if (talk === undefined || flow.sent <= talk.delivered) return;
  const inFlight = talk.outbox.map((one) => (one.id <= flow.sent ? { ...one, faults: one.faults + 1 } : one));
  const guilty = inFlight.filter((one) => one.faults >= 2 && one.text !== undefined);
  change(turn, { talk: { ...talk, outbox: inFlight } });
  for (const one of guilty) onRefusedText(turn, one.id);
  if (guilty.length > 0) notify(turn, "parse_error");
}

const voided = (outbox: readonly Outgoing[], isIt: (one: Outgoing) => boolean): readonly Outgoing[] =>
  outbox.map((one) => (isIt(one) ? { ...one, text: undefined } : one));

function wireOf(talk: Talk, one: Outgoing, received: number | undefined): ClientFrameWire {
  const words = one.text === undefined ? { void: true } : { text: one.text };
  const riding = received === undefined ? {} : { received };
  return { type: "message", chat_id: talk.chat, id: one.id, ...words, ...riding };
}

/** Adds a line; the oldest goes when there are too many. */
export function addLine(turn: Turn, line: Line) {
  change(turn, { transcript: [...turn.state.transcript, line].slice(-TRANSCRIPT_LINES_MAX) });
}

function editLines(turn: Turn, edit: (mine: Line) => Line) {
  change(turn, { transcript: turn.state.transcript.map((line) => (line.from === "me" ? edit(line) : line)) });
}
