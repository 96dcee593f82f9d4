import { unreachable } from "@whisper/shared/base/assert";
import { type Address, isAddress, type SessionId } from "@whisper/shared/base/ids";
import type { MemoOf } from "@whisper/shared/bus/memos";
import { isTicketExpired } from "@whisper/shared/credentials/verify";
import { ACCEPT_WINDOW_MS } from "@whisper/shared/limits";
import { CLOSE_CODES, type CloseName, retryAfterReason } from "@whisper/shared/protocol/close-codes";
import { encodeFrame } from "@whisper/shared/protocol/codec";
import type { ClerkCalls } from "./clerk-calls.ts";
import type { Event } from "./event.ts";
import type { Hub, Person, Socket } from "./hub.ts";
import { IDLE, newChat, type Session, type Spans } from "./session.ts";
import { parseDetails, parseHalf, parseOver } from "./standing.ts";
import type { GoodTicket } from "./ticket-check.ts";

export type EntranceWorld = {
  /** This shard. */
  readonly own: Address;
  readonly hub: Hub;
  readonly calls: ClerkCalls;
  readonly spans: Spans;
  readonly nowMs: () => number;
  /** A random number for each attempt, so that a repeated request is answered as the first time. */
  readonly attempt: () => number;
  readonly isDraining: () => boolean;
  apply(person: Person, event: Event): void;
  /** They are here: nothing of theirs is sent on elsewhere. */
  came(session: SessionId): void;
  /** Tells the shard that had this session before. */
  supersede(session: SessionId, epoch: number, before: Address): void;
  count(result: Entered): void;
};
export type Entered =
  | "new"
  | "back"
  | "stale"
  | "expired"
  | "full"
  | "draining"
  | "banned"
  | "home_away"
  | "forgotten"
  | "gone";

/** Ends a socket with a code of the table, and a pause to keep where one is known. */
export function endSocket(socket: Socket, name: CloseName, retryAfterS?: number): void {
  socket.end(CLOSE_CODES[name].code, retryAfterS === undefined ? name : retryAfterReason(retryAfterS));
}

/** How long a newcomer is asked to wait when the home region cannot be reached, or has just come back empty. */
const HOME_AWAY_S = 5;

/**
 * What is checked after the 101 (DESIGN §5.3): the ticket's age, a place, bans and the epoch, the last two by the
 * home's clerk.
 */
export class Entrance {
  readonly #world: EntranceWorld;

  constructor(world: EntranceWorld) {
    this.#world = world;
  }

  /** A socket with a good signature has opened. */
  open(socket: Socket, ticket: GoodTicket): void {
    const { hub, calls, nowMs, isDraining, count } = this.#world;
    if (isTicketExpired(ticket.claims, nowMs())) {
      count("expired");
      return endSocket(socket, "ticket_expired");
    }
    if (ticket.claims.scope === "forget") return this.#forget(socket, ticket);
    if (isDraining()) {
      count("draining");
      return endSocket(socket, "draining");
    }
    const slot = hub.slots.take();
    if (slot < 0) {
      count("full");
      return endSocket(socket, "full", 1);
    }
    socket.getUserData().slot = slot;
    hub.attach(slot, socket);
    const { sub: session, home, dev: device, net: network } = ticket.claims;
    const still = (): boolean => hub.socketAt(slot) === socket;
    calls.ask<"admit">(
      {
        kind: "admit",
        session,
        home,
        epoch: ticket.epoch,
        attempt: this.#world.attempt(),
        fresh: ticket.claims.new === true,
        device,
        network,
      },
      (answer) => (still() ? this.#answered(slot, socket, ticket, answer) : count("gone")),
      () => {
        if (still()) this.#refuse(slot, socket, "home_away", HOME_AWAY_S);
      },
    );
  }

  #answered(slot: number, socket: Socket, ticket: GoodTicket, answer: MemoOf<"admitted">): void {
    switch (answer.answer) {
      case "new":
      case "back":
        return this.#enter(slot, socket, ticket, answer);
      case "stale":
        return this.#refuse(slot, socket, "ticket_stale");
      case "banned":
        return this.#turnAway(slot, socket, answer);
      case "wait":
      case "home_away":
        return this.#refuse(slot, socket, "home_away", HOME_AWAY_S);
      default:
        return unreachable(answer.answer);
    }
  }

  /** The frame says why; the close code alone would not, and a program that knows no codes reads the frame. */
  #turnAway(slot: number, socket: Socket, { banS: duration = 1, banReason: reason = "" }: MemoOf<"admitted">): void {
    socket.send(encodeFrame({ type: "banned", duration, reason }));
    this.#refuse(slot, socket, "banned", duration);
  }

  #refuse(slot: number, socket: Socket, name: "ticket_stale" | "banned" | "home_away", retryAfterS?: number): void {
    this.#world.count(name === "ticket_stale" ? "stale" : name);
    this.#world.hub.leave(slot);
    endSocket(socket, name, retryAfterS);
  }

  #enter(slot: number, socket: Socket, ticket: GoodTicket, answer: MemoOf<"admitted">): void {
    const { hub, apply, count } = this.#world;
    const { sub: session, home, dev: device, lane } = ticket.claims;
    const resume = answer.answer === "back";
    const { replaced, person } = hub.enter(slot, { session, home, device, lane, epoch: ticket.epoch });
    this.#world.came(session);
    if (replaced !== undefined) endSocket(replaced, "superseded");
    count(resume ? "back" : "new");
    socket.send(encodeFrame({ type: "session_created", session_id: session, resume }));
    if (person !== undefined && !resume) person.value = IDLE; // the record is gone, and with it everything it stood for
    if (!resume) {
      if (person !== undefined) hub.settle(person);
      return;
    }
    const shardsBefore = addressesBefore(answer);
    for (const before of shardsBefore) this.#world.supersede(session, ticket.epoch, before);
    const came = person ?? hub.personAt(slot);
    // Who was elsewhere meanwhile is not who we remember: a word that they had left may have been lost.
    const isOurs = person !== undefined && shardsBefore.includes(this.#world.own);
    if (!isOurs) came.value = this.#rebuild(answer);
    apply(came, { event: "back" });
    if (!isOurs) hub.settle(came);
  }

  /**
   * A place whose shard is gone, from what its record kept: the chat goes on, numbers are learned from the partner's
   * shard.
   */
  #rebuild(answer: MemoOf<"admitted">): Session {
    const nowMs = this.#world.nowMs();
    const over = parseOver(answer.over, nowMs);
    const idle: Session = over === undefined ? IDLE : { place: "idle", awayMs: 0, over };
    if (answer.place === "chatting") {
      const half = parseHalf(answer.half);
      if (half === undefined) return idle;
      const begun = { ...half, shared: [], wish: { interests: [], languages: [] }, awayMs: nowMs, over };
      return newChat(begun, { high: -1, seen: -1 });
    }
    const search = answer.place === "idle" ? undefined : parseDetails(answer.details);
    if (search === undefined) return idle;
    const { proposal, ...wish } = search;
    if (proposal !== undefined) {
      const untilMs = Math.min(proposal.untilMs, nowMs + ACCEPT_WINDOW_MS);
      return { place: "proposed", ...wish, ...proposal, untilMs, asked: 0, isMoved: true, awayMs: nowMs, over };
    }
    return {
      place: "seeking",
      ...wish,
      seekNo: 0,
      sinceMs: nowMs,
      tiersTold: 1,
      offer: undefined,
      awayMs: nowMs,
      over,
    };
  }

  #forget(socket: Socket, { claims }: GoodTicket): void {
    const done = (): void => {
      // The socket may have closed meanwhile; its user data tells, for the listener marks it.
      if (socket.getUserData().slot !== CLOSED) socket.end(1000, "forgotten");
    };
    const { calls, count, hub } = this.#world;
    calls.ask<"forget">(
      { kind: "forget", session: claims.sub, home: claims.home, device: claims.dev },
      () => {
        count("forgotten");
        const slot = hub.slots.find(claims.sub);
        const old = slot < 0 ? undefined : hub.socketAt(slot);
        if (old !== undefined) endSocket(old, "superseded");
        done();
      },
      () => {
        if (socket.getUserData().slot !== CLOSED) endSocket(socket, "home_away", HOME_AWAY_S);
      },
    );
  }
}

/** Where sockets of this session may yet be, beside this one. */
const addressesBefore = ({ before, earlier }: MemoOf<"admitted">): readonly Address[] =>
  before === undefined ? [] : [before, ...(earlier?.split(" ").filter(isAddress) ?? [])];

/** What the user data of a socket says once it is closed: sending to it would throw. */
export const CLOSED = -2;
