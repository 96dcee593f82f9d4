import { audienceOf } from "../credentials/claims.ts";
import {
  BACK_OFF_MS_MAX,
  CLIENT_PATIENCE_MS,
  HOME_AWAY_MS_MAX,
  HOME_AWAY_TRIES_MAX,
  LINK_GOOD_MS,
  MOVING_WAIT_MS_MAX,
  TICKET_OLD_MS,
} from "../limits.ts";
import { CLOSE_CODES, type ReturnAdvice, retryAfterMs, returnAdvice } from "../protocol/close-codes.ts";
import type { ServerFrameOf } from "../protocol/server-frames.ts";
import { backOffMs } from "./backoff.ts";
import { onFaultCut } from "./outbox.ts";
import { becomeIdle, endChat } from "./scenes.ts";
import {
  type Admission,
  type ConnectBody,
  type ConnectRefusal,
  change,
  type Newest,
  NO_LINK,
  type Pass,
  reflow,
  relink,
  type Turn,
} from "./state.ts";
import type { Stopped } from "./view.ts";

/** How a client comes in, and back: connect, sockets, and what each closing says (DESIGN §5.3). */

const AVOID_MAX = 8;
/** So many rounds of closes before open, and the way leads through the edge. */
const ROUNDS_BEFORE_RELAY = 2;

/** Takes the next step in: a socket with the ticket we hold while it is young, else a new ticket. */
export function comeIn(turn: Turn) {
  const { wanted, stopped, challenge, link } = turn.state;
  relink(turn, { returnAtMs: undefined, movingAtMs: undefined });
  if (!wanted || stopped !== undefined || challenge !== undefined || link.asking !== undefined) return;
  if (link.newest !== undefined && link.newest.phase !== "up") return;
  const { pass } = link;
  if (pass !== undefined && turn.nowMs - pass.gotAtMs < TICKET_OLD_MS) openSocket(turn, pass);
  else ask(turn);
}

function ask(turn: Turn) {
  const { link, identity } = turn.state;
  const no = link.asks + 1;
  const body: ConnectBody = {
    ...(identity.session === undefined ? {} : { session: identity.session }),
    ...(identity.device === undefined ? {} : { device: identity.device }),
    ...(link.challengeAnswer === undefined ? {} : { challenge: link.challengeAnswer }),
    ...(link.avoid.length === 0 ? {} : { avoid: link.avoid }),
  };
  relink(turn, {
    asks: no,
    asking: { no, sinceMs: turn.nowMs },
    pass: undefined,
    challengeAnswer: undefined,
  });
  turn.effects.push({ do: "ask", ask: no, body });
}

/** The edge let us in: its ticket is good for every endpoint it named. */
export function onAdmitted(turn: Turn, no: number, admission: Admission) {
  if (turn.state.link.asking?.no !== no) return;
  const { session, sessionId, device, ticket, endpoints } = admission;
  change(turn, { identity: { session, sessionId, device } });
  relink(turn, { asking: undefined });
  if (endpoints.length === 0) return returnLater(turn, "after_pause", undefined);
  openSocket(turn, { ticket, endpoints, gotAtMs: turn.nowMs, tried: 0 });
}

/** The edge said no, or nothing. */
export function onConnectRefused(turn: Turn, no: number, refusal: ConnectRefusal) {
  const { link, identity } = turn.state;
  if (link.asking?.no !== no) return;
  relink(turn, { asking: undefined });
  switch (refusal.code) {
    case "challenge_required":
      if (refusal.challenge === undefined) return returnLater(turn, "after_pause", refusal.retryAfterMs);
      return change(turn, { challenge: refusal.challenge });
    case "banned": {
      const untilMs = turn.nowMs + (refusal.retryAfterMs ?? 0);
      return leave(turn, { why: "banned", untilMs, reason: refusal.words });
    }
    case "session_expired":
      forgetSession(turn);
      return returnLater(turn, "now", refusal.retryAfterMs);
    case "no_capacity":
      relink(turn, { avoid: [] });
      return returnLater(turn, "after_pause", refusal.retryAfterMs);
    case "rate_limited":
    case "our_fault":
    case "unreachable":
      return returnLater(turn, "after_pause", refusal.retryAfterMs);
    case "bad_request":
      if (identity.session === undefined)
        return leave(turn, { why: "refused", code: refusal.code, retryAfterMs: undefined });
      forgetSession(turn); // what the tab kept may be what the edge could not read
      return returnLater(turn, "now", undefined);
    case "unknown_region":
      // Who was in before knows that there is such a region: its pools are silent for the moment.
      if (identity.session !== undefined) return returnLater(turn, "after_pause", refusal.retryAfterMs);
      return leave(turn, { why: "refused", code: refusal.code, retryAfterMs: refusal.retryAfterMs });
    default:
      return leave(turn, { why: "refused", code: refusal.code, retryAfterMs: refusal.retryAfterMs });
  }
}

function openSocket(turn: Turn, pass: Pass) {
  const { link } = turn.state;
  const no = link.sockets + 1;
  const relayed = link.relays || link.shut >= ROUNDS_BEFORE_RELAY * pass.endpoints.length;
  const endpoint = pass.endpoints[pass.tried % pass.endpoints.length];
  const pool = relayed || endpoint === undefined ? undefined : audienceOf(endpoint.region, endpoint.pool);
  relink(turn, {
    sockets: no,
    newest: { no, phase: "opening", sinceMs: turn.nowMs, relayed, pool },
    pass: { ...pass, tried: pass.tried + 1 },
  });
  turn.effects.push({ do: "open", socket: no, url: relayed ? undefined : endpoint?.url, ticket: pass.ticket });
}

/** A socket is open: its ticket is used up. One that nobody waits for any more is closed. */
export function onOpened(turn: Turn, socket: number) {
  const { newest } = turn.state.link;
  if (newest?.no !== socket || newest.phase !== "opening") {
    turn.effects.push({ do: "close", socket });
    return;
  }
  relink(turn, {
    newest: { ...newest, phase: "greeting", sinceMs: turn.nowMs },
    shut: 0,
    // Who reached a pool before was sent round by a storm, not by their network: the edge is not their way for good.
    relays: newest.relayed && !turn.state.link.isDirect,
    isDirect: turn.state.link.isDirect || !newest.relayed,
    pass: undefined, // used: the next way in has a ticket of its own
  });
}

/** A socket is gone. Only the newest one's closing is advice; what closes on older ones is ignored. */
export function onClosed(turn: Turn, socket: number, code: number, reason: string) {
  const { newest, speaks } = turn.state.link;
  if (speaks === socket) {
    if (code === CLOSE_CODES.our_fault.code) onFaultCut(turn);
    stopSpeaking(turn);
  }
  if (newest?.no !== socket) return;
  relink(turn, { newest: undefined });
  if (newest.phase === "opening") return onShut(turn, newest);
  if (newest.phase === "up" && turn.nowMs - newest.sinceMs >= LINK_GOOD_MS) relink(turn, { tries: 0 });
  const advice = returnAdvice(code);
  if (advice === "never") return leave(turn, stopFor(turn, code, reason));
  if (code === CLOSE_CODES.home_away.code) noteHomeAway(turn);
  if (newest.phase !== "up" && code !== CLOSE_CODES.home_away.code) avoid(turn, newest.pool);
  returnLater(turn, advice, retryAfterMs(reason));
}

function stopSpeaking(turn: Turn) {
  relink(turn, { speaks: undefined, ping: undefined });
  reflow(turn, { resendAtMs: undefined, answerAtMs: undefined });
}

/** A close before open: the next endpoint, after a pause. */
function onShut(turn: Turn, newest: Newest) {
  avoid(turn, newest.pool);
  if (newest.relayed) relink(turn, { shut: 0, relays: false });
  else relink(turn, { shut: turn.state.link.shut + 1 });
  returnLater(turn, "after_pause", undefined);
}

function avoid(turn: Turn, pool: string | undefined) {
  const { avoid: before } = turn.state.link;
  if (pool !== undefined && !before.includes(pool)) relink(turn, { avoid: [...before, pool].slice(-AVOID_MAX) });
}

/**
 * A client that chats waits five minutes for its home; one that does not, three tries. Then it comes as somebody new.
 */
function noteHomeAway(turn: Turn) {
  const { link, talk } = turn.state;
  const { tries, sinceMs } = link.homeAway ?? { tries: 0, sinceMs: turn.nowMs };
  relink(turn, { homeAway: { tries: tries + 1, sinceMs } });
  const isEnough = talk === undefined ? tries + 1 >= HOME_AWAY_TRIES_MAX : turn.nowMs - sinceMs >= HOME_AWAY_MS_MAX;
  if (!isEnough) return;
  forgetSession(turn);
  relink(turn, { homeAway: undefined });
}

function forgetSession(turn: Turn) {
  endChat(turn, "lost");
  change(turn, { identity: { ...turn.state.identity, session: undefined, sessionId: undefined } });
}

function returnLater(turn: Turn, advice: ReturnAdvice, askedMs: number | undefined) {
  const { link } = turn.state;
  const isFirst = link.tries === 0;
  const jitterMs = backOffMs(link.tries, turn.chance);
  const waitMs =
    askedMs !== undefined
      ? askedMs + spreadMs(askedMs, jitterMs, turn)
      : advice === "after_pause" || !isFirst
        ? jitterMs
        : 0;
  if (advice === "new_ticket") relink(turn, { pass: undefined });
  relink(turn, { tries: link.tries + 1, returnAtMs: turn.nowMs + waitMs });
}

/** A crowd that was told to wait the same time at one moment comes back over as long again, not at one moment. */
const spreadMs = (askedMs: number, jitterMs: number, turn: Turn): number =>
  Math.max(jitterMs, Math.floor(turn.chance * Math.min(askedMs, BACK_OFF_MS_MAX)));

/** The shard has greeted us on `socket`: it is spoken on from now, and the one before is left. */
export function takeUp(turn: Turn, socket: number) {
  const { link } = turn.state;
  const { newest, speaks } = link;
  if (newest?.no !== socket) return;
  relink(turn, {
    newest: { ...newest, phase: "up", sinceMs: turn.nowMs },
    speaks: socket,
    avoid: [],
    homeAway: undefined,
    ping: undefined,
    heardAtMs: turn.nowMs,
    wasOpen: true,
  });
  if (speaks !== undefined && speaks !== socket) turn.effects.push({ do: "close", socket: speaks });
}

/** The pool goes away: a new socket first, this one is left when we are back on the new one. */
export function planMove(turn: Turn, frame: ServerFrameOf<"moving">) {
  const { newest, speaks } = turn.state.link;
  if (newest?.no !== speaks) return; // on the way already
  const { ticket, endpoints } = frame;
  const hasWay = ticket !== undefined && endpoints !== undefined && endpoints.length > 0;
  relink(turn, {
    pass: hasWay ? { ticket, endpoints, gotAtMs: turn.nowMs, tried: 0 } : undefined,
    avoid: newest?.pool === undefined ? [] : [newest.pool],
    movingAtMs: turn.nowMs + Math.min(frame.after_ms, MOVING_WAIT_MS_MAX),
    tries: 0,
  });
  // Without a timer: those of a hidden tab fire once a minute, and the pool may be gone by then.
  if (frame.after_ms <= 0) comeIn(turn);
}

/** What came to nothing in ten seconds is given up. */
export function onPatienceEnd(turn: Turn) {
  const { asking, newest } = turn.state.link;
  const isOver = (sinceMs: number): boolean => turn.nowMs >= sinceMs + CLIENT_PATIENCE_MS;
  if (asking !== undefined && isOver(asking.sinceMs)) {
    onConnectRefused(turn, asking.no, {
      code: "unreachable",
      retryAfterMs: undefined,
      words: "",
      challenge: undefined,
    });
  }
  if (newest !== undefined && newest.phase !== "up" && isOver(newest.sinceMs)) dropSocket(turn, newest.no);
}

/** Gives a socket up without waiting for its closing. */
export function dropSocket(turn: Turn, socket: number) {
  turn.effects.push({ do: "close", socket });
  onClosed(turn, socket, 1006, "");
}

/** Stops: sockets closed, nothing due, nothing comes back by itself. What cannot be continued is over. */
export function leave(turn: Turn, stopped: Stopped) {
  const { link } = turn.state;
  const open = new Set([link.newest?.no, link.speaks]);
  for (const socket of open) if (socket !== undefined) turn.effects.push({ do: "close", socket });
  change(turn, {
    wanted: false,
    stopped,
    challenge: undefined,
    errands: [],
    link: { ...NO_LINK, asks: link.asks, sockets: link.sockets },
  });
  reflow(turn, { resendAtMs: undefined, answerAtMs: undefined });
  if (stopped.why !== "closed") endChat(turn, "lost");
  const { scene } = turn.state;
  if (scene.scene === "seeking" || scene.scene === "proposed") becomeIdle(turn, undefined);
  if (stopped.why === "superseded") forgetSession(turn); // the newer tab has it
}

function stopFor(turn: Turn, code: number, reason: string): Stopped {
  if (code === CLOSE_CODES.superseded.code) return { why: "superseded" };
  if (code !== CLOSE_CODES.banned.code) return { why: "broken_client" };
  return { why: "banned", untilMs: turn.nowMs + (retryAfterMs(reason) ?? 0), reason: "" };
}
