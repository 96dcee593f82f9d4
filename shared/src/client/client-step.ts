import { unreachable } from "../base/assert.ts";
import { CLIENT_PATIENCE_MS } from "../limits.ts";
import type { ServerFrame } from "../protocol/server-frames.ts";
import { onCall } from "./calls.ts";
import { answer } from "./inbox.ts";
import { livenessAtMs, onHeard, onLivenessDue } from "./liveness.ts";
import { onFrame } from "./on-frame.ts";
import { onSilence, pump } from "./outbox.ts";
import { onFreshSession, onResumed } from "./place.ts";
import { comeIn, onAdmitted, onClosed, onConnectRefused, onOpened, onPatienceEnd, takeUp } from "./return.ts";
import {
  type ClientEffect,
  type ClientEvent,
  type ClientState,
  change,
  reflow,
  relink,
  send,
  type Turn,
} from "./state.ts";
import { chatValue, isChatChanged, isTabChanged, tabValue } from "./storage.ts";
import type { View } from "./view.ts";

/**
 * The client's whole mind: what an event makes of a state, and what is to be done about it. Pure: no clock, no
 * socket, no chance of its own (`chance` is from 0 to 1). What must outlive a reload comes first among the effects,
 * before any frame that relies on it.
 */
export function step(
  state: ClientState,
  event: ClientEvent,
  nowMs: number,
  chance: number,
): { readonly next: ClientState; readonly effects: readonly ClientEffect[] } {
  const turn: Turn = { state, effects: [], nowMs, chance };
  onEvent(turn, event);
  return { next: turn.state, effects: [...keepsFor(state, turn.state), ...turn.effects] };
}

function onEvent(turn: Turn, event: ClientEvent) {
  switch (event.event) {
    case "call":
      return onCall(turn, event.call);
    case "admitted":
      return onAdmitted(turn, event.ask, event.admission);
    case "refused":
      return onConnectRefused(turn, event.ask, event.refusal);
    case "opened":
      return onOpened(turn, event.socket);
    case "frame":
      return onSocketFrame(turn, event.socket, event.frame);
    case "closed":
      return onClosed(turn, event.socket, event.code, event.reason);
    case "woke":
      return onWoke(turn);
    default:
      return unreachable(event);
  }
}

/** Sorts frames by the socket they came on: the one being greeted, the one spoken on, or one that no longer counts. */
function onSocketFrame(turn: Turn, socket: number, frame: ServerFrame) {
  const { newest, speaks } = turn.state.link;
  if (speaks === socket) {
    onHeard(turn);
    return onFrame(turn, frame);
  }
  if (newest?.no !== socket) return;
  if (frame.type === "banned") return onFrame(turn, frame);
  if (newest.phase === "greeting" && frame.type === "session_created") {
    change(turn, { identity: { ...turn.state.identity, sessionId: frame.session_id } });
    if (frame.resume) return relink(turn, { newest: { ...newest, phase: "resuming" } });
    takeUp(turn, socket);
    onFreshSession(turn);
    return runErrands(turn);
  }
  if (newest.phase === "resuming" && frame.type === "resumed") {
    takeUp(turn, socket);
    onResumed(turn, frame);
    runErrands(turn);
  }
}

function runErrands(turn: Turn) {
  for (const frame of turn.state.errands) send(turn, frame);
  change(turn, { errands: [] });
}

function onWoke(turn: Turn) {
  const isDue = (atMs: number | undefined): boolean => atMs !== undefined && turn.nowMs >= atMs;
  const { slowUntilMs } = turn.state;
  if (isDue(slowUntilMs)) change(turn, { slowUntilMs: undefined });
  onPatienceEnd(turn);
  onLivenessDue(turn);
  if (isDue(turn.state.link.returnAtMs) || isDue(turn.state.link.movingAtMs)) comeIn(turn);
  if (isDue(turn.state.flow.answerAtMs)) answer(turn);
  if (isDue(turn.state.flow.resendAtMs)) onSilence(turn);
  if (turn.state.flow.holdUntilMs > 0 && isDue(turn.state.flow.holdUntilMs)) {
    reflow(turn, { holdUntilMs: 0 });
    pump(turn);
  }
}

/** When the client must be woken next, in milliseconds of its clock; `undefined`: nothing is due. */
export function wakeAtMs(state: ClientState): number | undefined {
  const { link, flow, slowUntilMs } = state;
  const due = [
    slowUntilMs,
    link.asking && link.asking.sinceMs + CLIENT_PATIENCE_MS,
    link.newest && link.newest.phase !== "up" ? link.newest.sinceMs + CLIENT_PATIENCE_MS : undefined,
    livenessAtMs({ state }),
    link.returnAtMs,
    link.movingAtMs,
    flow.answerAtMs,
    flow.resendAtMs,
    flow.holdUntilMs > 0 ? flow.holdUntilMs : undefined,
  ].filter((atMs) => atMs !== undefined);
  return due.length === 0 ? undefined : Math.min(...due);
}

function keepsFor(before: ClientState, after: ClientState): ClientEffect[] {
  const keeps: ClientEffect[] = [];
  if (before.identity.device !== after.identity.device)
    keeps.push({ do: "keep", what: "device", value: after.identity.device });
  if (isTabChanged(before, after)) keeps.push({ do: "keep", what: "tab", value: tabValue(after) });
  if (isChatChanged(before, after)) keeps.push({ do: "keep", what: "chat", value: chatValue(after) });
  return keeps;
}

/** What a page may see of a state. */
export function viewOf(state: ClientState): View {
  const { stopped, scene, transcript, slowUntilMs, notice, challenge } = state;
  return { connection: connectionOf(state), stopped, now: scene, transcript, slowUntilMs, notice, challenge };
}

function connectionOf({ wanted, link }: ClientState): View["connection"] {
  if (!wanted) return "offline";
  if (link.speaks !== undefined) return "open";
  return link.wasOpen ? "reconnecting" : "connecting";
}
