import { decodeServerFrame } from "@whisper/shared/protocol/codec";
import type { Endpoint, ServerFrame } from "@whisper/shared/protocol/server-frames";
import { offeredProtocols } from "@whisper/shared/protocol/version";
import { RawSocket } from "./raw-socket.ts";
import { newTalker, type Talker, textFrameOf } from "./talk.ts";

/** What all movers of a process raise. */
export type MoveCounts = {
  /** In, paired, and told to move. */
  entered: number;
  paired: number;
  told: number;
  /** Taken up on the new socket, the old one left. */
  moved: number;
  /** New sockets that were not let in, and tried again. */
  refused: number;
  /** `moving` without a ticket, or with one that was used up in vain: they would have to go by the edge. */
  unticketed: number;
  /** Shown their partner as away. */
  away: number;
  /** Left without any socket; chats that ended; frames that nobody should get. */
  socketless: number;
  ended: number;
  odd: number;
  said: number;
  shown: number;
  resent: number;
  movedLastMs: number;
};

export type MoverWorld = {
  readonly counts: MoveCounts;
  readonly nowMs: () => number;
  /** Milliseconds until a refused socket is tried again. */
  readonly againMs: () => number;
  readonly source: string;
  /** What the first odd thing was. */
  fault(what: string): void;
};

/**
 * One person who chats and obeys `moving` as a client does: opens the new socket first, takes it up when `resumed` has
 * come there, and only then leaves the old one. Numbers and resends texts, shows each once and in order.
 */
export class Mover {
  readonly #world: MoverWorld;
  #socket: RawSocket | undefined;
  #talker: Talker | undefined;
  #delivered = 0;
  #saidMs = 0;
  #accepts = "";
  #isMoving = false;

  constructor(world: MoverWorld) {
    this.#world = world;
  }

  /** Comes in at `url` as somebody new. */
  enter(url: string, ticket: string): void {
    const socket = this.#open(url, ticket, (frame) => {
      if (this.#socket !== undefined) return; // what still comes on a socket that was moved away from
      if (frame?.type !== "session_created") return this.#odd(frame?.type ?? "something unreadable");
      this.#socket = socket;
      this.#world.counts.entered++;
    });
  }

  /** Seeks whoever has the same interest, and says yes. */
  seek(interest: string): void {
    this.#socket?.say(JSON.stringify({ type: "find_match", interests: [interest] }));
  }

  /** Says the next text; nobody hears it who is on their way to another socket, until it is sent again. */
  say(): void {
    const talker = this.#talker;
    if (talker === undefined || this.#socket === undefined) return;
    this.#world.counts.said++;
    this.#saidMs = this.#world.nowMs();
    this.#socket.write(textFrameOf(talker, ++talker.sent));
  }

  /** Sends again what was not confirmed for so long. */
  resendLate(afterMs: number): void {
    const { nowMs } = this.#world;
    if (this.unconfirmed > 0 && nowMs() - this.#saidMs > afterMs) this.#resend();
  }

  get unconfirmed(): number {
    return (this.#talker?.sent ?? 0) - this.#delivered;
  }

  cut(): void {
    this.#socket?.reset();
    this.#socket = undefined;
  }

  #open(
    url: string,
    ticket: string,
    first: (frame: ServerFrame | undefined) => void,
    shut?: (code: number) => void,
  ): RawSocket {
    const { hostname, port, pathname } = new URL(url);
    const way = {
      host: hostname,
      port: Number(port),
      path: pathname,
      source: this.#world.source,
      protocols: offeredProtocols(ticket),
    };
    return new RawSocket(
      way,
      {
        opened: () => {},
        text: (_owner, socket, bytes, from, to) => {
          const decoded = decodeServerFrame(bytes.toString("utf8", from, to));
          const frame = decoded.ok ? decoded.value : undefined;
          if (socket === this.#socket) this.#heard(frame);
          else first(frame);
        },
        closed: (_owner, socket, code, status) => {
          if (socket === this.#socket) {
            this.#socket = undefined;
            this.#world.counts.socketless++;
            this.#world.fault(`a socket that was spoken on was closed with ${code}`);
          } else if (shut !== undefined) shut(code);
          else if (this.#socket === undefined) this.#odd(`no way in: ${status} ${code}`);
        },
      },
      undefined,
    );
  }

  #heard(frame: ServerFrame | undefined): void {
    const { counts } = this.#world;
    switch (frame?.type) {
      case "matching_started":
      case "seek_status":
        return;
      case "match_found":
        this.#accepts = frame.chat_id;
        return this.#socket?.say(JSON.stringify({ type: "accept_match", chat_id: frame.chat_id }));
      case "match_accepted":
        this.#talker = newTalker({ write: () => {} }, this.#accepts);
        counts.paired++;
        return;
      case "message":
        return this.#shown(frame.id ?? 0);
      case "delivered":
        this.#delivered = Math.max(this.#delivered, frame.id);
        return;
      case "partner_back":
        return this.#resend();
      case "moving":
        counts.told++;
        if (this.#isMoving) return; // told again while on the way
        this.#isMoving = true;
        return this.#move(frame.endpoints ?? [], frame.ticket, 0);
      case "partner_away":
        counts.away++;
        return;
      case "partner_left":
        counts.ended++;
        return this.#odd(frame.type);
      default:
        return this.#odd(frame?.type === "error" ? frame.code : (frame?.type ?? "something unreadable"));
    }
  }

  #shown(id: number): void {
    const talker = this.#talker;
    if (talker === undefined) return;
    if (id === talker.last + 1) {
      talker.last = id;
      this.#world.counts.shown++;
    }
    this.#socket?.say(JSON.stringify({ type: "received", chat_id: talker.chat, id: talker.last }));
  }

  #resend(): void {
    const talker = this.#talker;
    if (talker === undefined) return;
    this.#saidMs = this.#world.nowMs();
    for (let id = this.#delivered + 1; id <= talker.sent; id++) {
      this.#world.counts.resent++;
      this.#socket?.write(textFrameOf(talker, id));
    }
  }

  #move(endpoints: readonly Endpoint[], ticket: string | undefined, tried: number): void {
    const { counts } = this.#world;
    const url = endpoints[tried % Math.max(1, endpoints.length)]?.url;
    if (url === undefined || ticket === undefined) {
      counts.unticketed++;
      return;
    }
    let isIn = false;
    const young = this.#open(
      url,
      ticket,
      (frame) => {
        if (frame?.type === "session_created" && !frame.resume) this.#odd("that their session is gone");
        if (frame?.type !== "resumed") return; // it tells all that was said before it
        isIn = true;
        this.#takeUp(young, frame.place, frame.chat_id);
      },
      (code) => {
        if (isIn) return;
        if (young.isOpen) {
          // Its ticket is used up: a client would ask the edge for another.
          counts.unticketed++;
          return this.#world.fault(`a new socket was closed with ${code}`);
        }
        counts.refused++;
        setTimeout(() => this.#move(endpoints, ticket, tried + 1), this.#world.againMs());
      },
    );
  }

  #takeUp(young: RawSocket, place: string, chat: string | undefined): void {
    const { counts, nowMs } = this.#world;
    const old = this.#socket;
    this.#socket = young;
    this.#isMoving = false;
    counts.moved++;
    counts.movedLastMs = nowMs();
    if (this.#talker !== undefined && (place !== "chatting" || chat !== this.#talker.chat)) {
      counts.ended++;
      this.#odd(`resumed in ${place}`);
    }
    this.#resend();
    old?.close();
  }

  #odd(what: string): void {
    this.#world.counts.odd++;
    this.#world.fault(`somebody heard ${what}`);
  }
}
