import { decodeServerFrame } from "@whisper/shared/protocol/codec";
import type { ServerFrame } from "@whisper/shared/protocol/server-frames";
import { offeredProtocols, SOCKET_PATH } from "@whisper/shared/protocol/version";
import { RawSocket } from "./raw-socket.ts";
import { newTalker, Talk, type Talker } from "./talk.ts";

/**
 * What a crowd connects to: shards, with a ticket each, or the bare relay. Neighbours, who chat with each other, go to
 * the ports in turn.
 */
export type CrowdTarget = {
  readonly kind: "shard" | "relay";
  readonly ports: readonly number[];
  readonly secure?: boolean;
};

/** Handshakes under way at once: below the 512 that wait in a listener's queue. */
const AT_ONCE = 200;
/** Source addresses, so that no address runs short of ports. */
const SOURCES = 8;
const SOCKETS_MAX = 15_500;
const HOST = "127.0.0.1";

type Member = { readonly socket: RawSocket; heard: (bytes: Buffer, from: number, to: number) => void };
type Due = { readonly resolve: () => void; readonly reject: (fault: Error) => void; left: number };

/** Sockets of one process, opened together. A socket that closes while it is wanted spoils the run: `fault` says so. */
export class Crowd {
  readonly #target: CrowdTarget;
  #members: Member[] = [];
  #due: Due | undefined;
  #leaving = false;
  #talk: Talk | undefined;
  #talkers: readonly Talker[] = [];
  fault: string | undefined;

  constructor(target: CrowdTarget) {
    this.#target = target;
  }

  get size(): number {
    return this.#members.length;
  }

  /**
   * Opens `count` sockets, at most 200 handshakes at once; resolves when all are in: `session_created` heard at a
   * shard, the 101 at a relay. `tickets` are used up.
   */
  open(count: number, tickets: string[]): Promise<void> {
    if (count > SOCKETS_MAX) throw new RangeError(`one process holds ${SOCKETS_MAX} sockets`);
    let asked = 0;
    const next = (): void => {
      if (asked < count) this.#open(asked++, tickets.pop(), next);
    };
    return this.#until(count, () => {
      for (let i = 0; i < Math.min(AT_ONCE, count); i++) next();
    });
  }

  #open(i: number, ticket: string | undefined, next: () => void): void {
    const { kind, ports, secure = false } = this.#target;
    const isShard = kind === "shard";
    const member: Member = {
      socket: new RawSocket(
        {
          host: HOST,
          port: ports[i % ports.length] ?? 0,
          secure,
          path: isShard ? SOCKET_PATH : `/pair/${i >> 1}`,
          source: `127.0.0.${2 + (i % SOURCES)}`,
          ...(ticket === undefined ? {} : { protocols: offeredProtocols(ticket) }),
        },
        {
          opened: () => {
            if (!isShard) this.#in(next);
          },
          text: (_owner, _socket, bytes, from, to) => member.heard(bytes, from, to),
          closed: (_owner, _socket, code, status) => this.#closed(code, status),
        },
        undefined,
      ),
      heard: (bytes, from, to) => {
        const frame = frameIn(bytes, from, to);
        if (frame?.type === "session_created") this.#in(next);
        else this.#spoil(`a newcomer was greeted with ${frame?.type ?? "something unreadable"}`);
      },
    };
    this.#members.push(member);
  }

  #in(next: () => void): void {
    this.#step();
    next();
  }

  /**
   * Pairs neighbours through the desk (each two share an interest of their own) and returns once all of them are in
   * their chats.
   */
  async pair(): Promise<void> {
    const talkers: Talker[] = [];
    const talk = new Talk(talkers, () => performance.now());
    this.#talk = talk;
    this.#talkers = talkers;
    const members = this.#members;
    if (this.#target.kind === "relay") {
      members.forEach((member, i) => {
        const talker = newTalker(member.socket, `relay-${i >> 1}`.padEnd(22, "-"));
        talkers.push(talker);
        member.heard = (bytes, from, to) => talk.heard(talker, bytes, from, to);
      });
      return;
    }
    for (let from = 0; from < members.length; from += AT_ONCE) {
      const some = members.slice(from, from + AT_ONCE);
      await this.#until(some.length, () => {
        some.forEach((member, i) => {
          member.heard = (bytes, start, end) => this.#meeting(member, frameIn(bytes, start, end), talkers, talk);
          member.socket.say(JSON.stringify({ type: "find_match", interests: [`bench ${(from + i) >> 1}`] }));
        });
      });
    }
  }

  #meeting(member: Member, frame: ServerFrame | undefined, talkers: Talker[], talk: Talk): void {
    switch (frame?.type) {
      case "matching_started":
      case "seek_status":
        return;
      case "match_found":
        return member.socket.say(JSON.stringify({ type: "accept_match", chat_id: frame.chat_id }));
      case "match_accepted": {
        const talker = newTalker(member.socket, frame.chat_id);
        talkers.push(talker);
        member.heard = (bytes, from, to) => talk.heard(talker, bytes, from, to);
        return this.#step();
      }
      default:
        this.#spoil(`a seeker heard ${frame?.type ?? "something unreadable"}`);
    }
  }

  /** Everybody who talks, once they are paired. */
  get talkers(): readonly Talker[] {
    return this.#talkers;
  }

  /** The chats, once they are paired. */
  get talk(): Talk {
    if (this.#talk === undefined) throw new Error("nobody is paired yet");
    return this.#talk;
  }

  /** Everybody leaves; resolves when all sockets are closed. */
  async leave(): Promise<void> {
    this.#leaving = true;
    await this.#until(this.#members.length, () => {
      for (const { socket } of this.#members) socket.close();
    });
    this.#members = [];
    this.#leaving = false;
  }

  /** Cuts all sockets at once; the process is about to end, and thousands of ports must be free for the next. */
  reset(): void {
    this.#leaving = true;
    for (const { socket } of this.#members) socket.reset();
  }

  #closed(code: number, status: number): void {
    if (this.#leaving) this.#step();
    else this.#spoil(`a socket was closed with ${code}, its upgrade answered with ${status}`);
  }

  #until(count: number, begin: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.fault !== undefined) return reject(new Error(this.fault));
      this.#due = { resolve, reject, left: count };
      begin();
      if (count === 0) resolve();
    });
  }

  #step(): void {
    if (this.#due !== undefined && --this.#due.left === 0) this.#due.resolve();
  }

  #spoil(fault: string): void {
    this.fault ??= fault;
    this.#due?.reject(new Error(fault));
  }
}

function frameIn(bytes: Buffer, from: number, to: number): ServerFrame | undefined {
  const decoded = decodeServerFrame(bytes.toString("utf8", from, to));
  return decoded.ok ? decoded.value : undefined;
}
