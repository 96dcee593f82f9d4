import { backOffMs } from "@whisper/shared/client/backoff";
import { audienceOf } from "@whisper/shared/credentials/claims";
import {
  BACK_OFF_MS_MAX,
  CLIENT_PATIENCE_MS,
  HOME_AWAY_TRIES_MAX,
  LINK_GOOD_MS,
  MOVING_WAIT_MS_MAX,
  TICKET_OLD_MS,
} from "@whisper/shared/limits";
import { CLOSE_CODES, type ReturnAdvice, returnAdvice } from "@whisper/shared/protocol/close-codes";
import type { Endpoint, ServerFrameOf } from "@whisper/shared/protocol/server-frames";
import { kept } from "./kept-token.ts";
import { becomeIdle, NEVER, type Outlet, odd, type Person, partnerOf, type World } from "./person.ts";
import { excuse } from "./talking.ts";

/** How somebody comes in, and back: the edge, sockets, and what each closing says. As a client must (DESIGN §5.3). */

/** What the edge gave. */
export type Admission = {
  readonly session: string;
  readonly device: string;
  readonly ticket: string;
  readonly endpoints: readonly Endpoint[];
};
/** Refused by the edge: its code, or `unreachable`. */
export type ConnectRefusal = { readonly code: string; readonly retryAfterMs: number | undefined };

/** Takes the next step in: a socket with the ticket that is held while it is young, else a new ticket. */
export function comeIn(person: Person, nowMs: number, world: World): void {
  person.returnsAtMs = NEVER;
  const { pass } = person;
  if (pass !== undefined && nowMs - pass.gotAtMs < TICKET_OLD_MS) return openNext(person, pass, nowMs, world);
  person.pass = undefined;
  person.phase = "asking";
  world.hands.ask(person);
}

/** The edge let them in: its ticket is good for every endpoint that it named. */
export function onAdmitted(person: Person, admission: Admission, nowMs: number, world: World): void {
  if (person.phase !== "asking") return;
  const { session, device, ticket, endpoints } = admission;
  person.session = kept(session);
  person.device = kept(device);
  if (endpoints.length === 0) return returnLater(person, "after_pause", undefined, nowMs, world);
  openNext(person, { ticket, endpoints, gotAtMs: nowMs, tried: 0 }, nowMs, world);
}

/** The edge said no, or nothing. */
export function onRefused(person: Person, refusal: ConnectRefusal, nowMs: number, world: World): void {
  if (person.phase !== "asking") return;
  const { code, retryAfterMs } = refusal;
  world.hands.count("refused");
  world.hands.example(`the edge refused: ${code}`);
  switch (code) {
    case "session_expired":
      forget(person, world);
      return returnLater(person, "now", retryAfterMs, nowMs, world);
    case "no_capacity":
    case "rate_limited":
    case "our_fault":
    case "unreachable":
      return returnLater(person, "after_pause", retryAfterMs, nowMs, world);
    default:
      stayOut(person);
  }
}

/** They do not come back, as a client would not by itself. */
export function stayOut(person: Person): void {
  person.phase = "done";
  person.returnsAtMs = NEVER;
  person.patienceEndsAtMs = NEVER;
}

/** Names of pools, each kept once however many people are there. */
const pools = new Map<string, string>();

function nameOf({ region, pool }: Endpoint): string {
  const name = audienceOf(region, pool);
  const known = pools.get(name);
  if (known === undefined) pools.set(name, name);
  return known ?? name;
}

function openNext(person: Person, pass: Pass, nowMs: number, { hands }: World): void {
  const endpoint = pass.endpoints[pass.tried % pass.endpoints.length];
  if (endpoint === undefined) return;
  pass.tried++;
  person.pass = pass;
  person.phase = "opening";
  person.pool = nameOf(endpoint);
  person.sinceMs = Math.ceil(nowMs);
  person.patienceEndsAtMs = Math.ceil(nowMs + CLIENT_PATIENCE_MS);
  person.young = hands.open(person, endpoint, pass.ticket);
}
type Pass = NonNullable<Person["pass"]>;

/** A socket is open: its ticket is used up. One that nobody waits for any more is closed. */
export function onOpened(person: Person, outlet: Outlet, { hands }: World): void {
  hands.count("upgrades");
  if (person.young !== outlet || person.phase !== "opening") return outlet.close();
  person.phase = "greeting";
  person.pass = undefined;
}

/** The first frame of a new socket: it says whether somebody's place was kept. */
export function onGreeted(
  person: Person,
  frame: ServerFrameOf<"session_created">,
  nowMs: number,
  world: World,
): "kept" | "fresh" | "odd" {
  if (person.phase !== "greeting") return "odd";
  world.hands.count("admitted");
  if (frame.resume) {
    person.phase = "resuming"; // `resumed` follows and tells where they stand
    return "kept";
  }
  if (person.lostAtMs === NEVER && person.outlet === undefined) world.hands.time("connect", nowMs - person.sinceMs);
  takeUp(person, nowMs, world);
  return "fresh";
}

/** The new socket is spoken on from now, and the one before is left. */
export function takeUp(person: Person, nowMs: number, { hands }: World): void {
  const old = person.outlet;
  person.outlet = person.young;
  person.young = undefined;
  person.phase = "still";
  person.patienceEndsAtMs = NEVER;
  person.sinceMs = Math.ceil(nowMs);
  person.homeAway = 0;
  person.heardAtMs = Math.ceil(nowMs);
  person.pingedAtMs = NEVER;
  if (person.lostAtMs !== NEVER) {
    hands.count("resumed");
    hands.time("resume", nowMs - person.lostAtMs);
    person.lostAtMs = NEVER;
  }
  disturb(person, nowMs);
  old?.close();
}

/** A socket of the two has changed: what goes again from now is nobody's fault. */
function disturb(person: Person, nowMs: number): void {
  const partner = partnerOf(person);
  if (person.talk !== undefined) excuse(person.talk, nowMs);
  if (partner?.talk !== undefined) excuse(partner.talk, nowMs);
}

/** A socket is gone. Only the newest one's closing is advice; what closes on older ones is ignored. */
export function onClosed(
  person: Person,
  outlet: Outlet,
  end: { readonly code: number; readonly retryAfterMs: number | undefined },
  nowMs: number,
  world: World,
): void {
  const isNewest = person.young === undefined ? person.outlet === outlet : person.young === outlet;
  const { phase } = person;
  if (person.young === outlet) person.young = undefined;
  else if (person.outlet === outlet) noteLost(person, end.code, nowMs, world);
  if (!isNewest || phase === "done") return;
  person.patienceEndsAtMs = NEVER;
  if (phase === "opening") {
    world.hands.count("upgradesFailed");
    return returnLater(person, "after_pause", undefined, nowMs, world);
  }
  if (phase === "still" && nowMs - person.sinceMs >= LINK_GOOD_MS) person.tries = 0;
  const advice = returnAdvice(end.code);
  if (advice === "never") {
    stayOut(person);
    return odd(world, `somebody was told not to come back, with ${end.code}`);
  }
  if (end.code === CLOSE_CODES.home_away.code && ++person.homeAway >= HOME_AWAY_TRIES_MAX && person.talk === undefined)
    forget(person, world);
  returnLater(person, advice, end.retryAfterMs, nowMs, world);
}

/** The socket that was spoken on has gone. */
function noteLost(person: Person, code: number, nowMs: number, { hands }: World): void {
  person.outlet = undefined;
  person.couple.isDisturbed = true;
  disturb(person, nowMs);
  if (person.talk !== undefined && code === CLOSE_CODES.our_fault.code) person.talk.faults++;
  if (person.lostAtMs !== NEVER) return; // it was us who cut it
  person.lostAtMs = Math.ceil(nowMs);
  if (code === CLOSE_CODES.draining.code) return;
  hands.count("dropped");
  hands.example(`a socket was closed with ${code}`);
}

/** Who they were is given up: whatever they held is over. */
export function forget(person: Person, { hands }: World): void {
  person.session = undefined;
  person.device = undefined;
  person.pass = undefined;
  if (person.talk !== undefined) hands.example("a session was lost in a chat");
}

function returnLater(
  person: Person,
  advice: ReturnAdvice,
  askedMs: number | undefined,
  nowMs: number,
  { hands }: World,
): void {
  const chance = hands.chance();
  const jitterMs = backOffMs(person.tries, chance);
  const isNow = advice !== "after_pause" && person.tries === 0;
  // A crowd that was told to wait the same time at one moment comes back over as long again, not at one moment.
  const asked =
    askedMs === undefined ? undefined : askedMs + Math.max(jitterMs, chance * Math.min(askedMs, BACK_OFF_MS_MAX));
  if (advice === "new_ticket") person.pass = undefined;
  person.tries++;
  person.phase = "waiting";
  person.returnsAtMs = Math.ceil(nowMs + (asked ?? (isNow ? 0 : jitterMs)));
}

/** The pool goes away: a new socket first; this one is left once they are back on the new one. */
export function planMove(person: Person, frame: ServerFrameOf<"moving">, nowMs: number): void {
  if (person.phase !== "still") return; // on the way already
  const { ticket, endpoints = [] } = frame;
  person.pass =
    ticket === undefined || endpoints.length === 0 ? undefined : { ticket, endpoints, gotAtMs: nowMs, tried: 0 };
  person.tries = 0;
  person.phase = "waiting";
  person.returnsAtMs = Math.ceil(nowMs + Math.min(frame.after_ms, MOVING_WAIT_MS_MAX));
}

/** What came to nothing in ten seconds is given up. */
export function onPatienceEnd(person: Person, nowMs: number, world: World): void {
  const { young } = person;
  person.patienceEndsAtMs = NEVER;
  if (young === undefined) return;
  young.reset();
  onClosed(person, young, { code: 1_006, retryAfterMs: undefined }, nowMs, world);
}

/** Cuts the socket as a network does that goes; the way back is measured from here. */
export function cut(person: Person, nowMs: number): void {
  if (person.outlet === undefined || person.phase === "done") return;
  person.lostAtMs = Math.ceil(nowMs);
  person.outlet.reset();
}

/** Leaves: politely, and without a way back. Whoever comes in again by this place is somebody else. */
export function leave(person: Person): void {
  const { outlet, young } = person;
  person.outlet = undefined;
  person.young = undefined;
  stayOut(person);
  person.session = undefined;
  person.device = undefined;
  person.pass = undefined;
  person.lostAtMs = NEVER;
  becomeIdle(person);
  outlet?.close();
  young?.close();
}
