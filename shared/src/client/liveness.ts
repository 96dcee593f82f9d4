import { CLIENT_PONG_MS, CLIENT_SILENT_MS, TIMER_LATE_MS } from "../limits.ts";
import { dropSocket } from "./return.ts";
import { relink, send, type Turn } from "./state.ts";

/** Is anybody there? A ping after 20 s of silence, and 10 s for any answer (DESIGN §5.3). */

/** Something came. */
export function onHeard(turn: Turn) {
  relink(turn, { heardAtMs: turn.nowMs, ping: undefined });
}

/** When the next look is due, or `undefined` while nothing is open. */
export function livenessAtMs(turn: Pick<Turn, "state">): number | undefined {
  const { speaks, ping, heardAtMs } = turn.state.link;
  if (speaks === undefined) return undefined;
  return ping === undefined ? heardAtMs + CLIENT_SILENT_MS : ping.sentAtMs + CLIENT_PONG_MS;
}

/**
 * The look itself. A timer that fires late was held back, by a hidden tab or a sleeping machine, and the answer may
 * be in a queue behind it: one more ping is sent and waited for before the socket is given up.
 */
export function onLivenessDue(turn: Turn) {
  const { speaks, ping } = turn.state.link;
  const dueMs = livenessAtMs(turn);
  if (speaks === undefined || dueMs === undefined || turn.nowMs < dueMs) return;
  const isLate = turn.nowMs > dueMs + TIMER_LATE_MS;
  if (ping !== undefined && (ping.isSecond || !isLate)) return dropSocket(turn, speaks);
  relink(turn, { ping: { sentAtMs: turn.nowMs, isSecond: ping !== undefined } });
  send(turn, { type: "ping" });
}
