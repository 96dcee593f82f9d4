import { assert } from "@whisper/shared/base/assert";
import type { Address, ChatId, SessionId } from "@whisper/shared/base/ids";
import type { Waiting } from "./deadlines.ts";
import { IDLE, type Me, type Session } from "./session.ts";
import { type Holder, Slots } from "./slots.ts";

/**
 * What the hub needs of a socket; the listener's own fits. Sending to a closed one throws: the hub forgets it first.
 */
export type Socket = {
  /** 1 sent, 0 waits in its buffer, 2 dropped because too much waits there. */
  send(wire: string): number;
  end(code: number, reason: string): void;
  getBufferedAmount(): number;
  getUserData(): { slot: number };
};

/** Somebody who seeks, talks or has just done so. The idle crowd has no such object. */
export type Person = Waiting & {
  /** Their socket's slot; -1 while away. */
  slot: number;
  me: Me;
  value: Session;
  /** The last search or record number used in this epoch. */
  no: number;
  /** The chat that the hub finds them by. */
  chat: ChatId | undefined;
};

/** Who is here: sockets by slot, people by session. Only the hub joins the two. */
export class Hub {
  readonly slots: Slots;
  readonly #sockets: (Socket | undefined)[];
  readonly #persons: (Person | undefined)[];
  readonly #people = new Map<SessionId, Person>();
  /** Who is in a chat here: one person, or both. */
  readonly #chats = new Map<ChatId, readonly Person[]>();
  readonly #address: Address;

  constructor(capacity: number, address: Address) {
    this.slots = new Slots(capacity);
    this.#sockets = new Array(capacity).fill(undefined);
    this.#persons = new Array(capacity).fill(undefined);
    this.#address = address;
  }

  /** All people with a place of their own (not the idle crowd). */
  people(): Iterable<Person> {
    return this.#people.values();
  }

  socketAt(slot: number): Socket | undefined {
    return this.#sockets[slot];
  }

  /** A socket has opened in a slot that was taken for it. */
  attach(slot: number, socket: Socket): void {
    this.#sockets[slot] = socket;
  }

  /** The person of a session who has a place here, away or present. */
  personOf(session: SessionId): Person | undefined {
    return this.#people.get(session);
  }

  /** The person at an entered slot; for the idle crowd one made for the occasion, which `settle` keeps or forgets. */
  personAt(slot: number): Person {
    return this.#persons[slot] ?? this.#make(slot, IDLE);
  }

  #make(slot: number, value: Session): Person {
    const { session, device, home, lane, epoch } = this.slots.holder(slot);
    const me = { session, epoch, device, home, lane, address: this.#address };
    const no = this.slots.nos[slot] as number;
    return { slot, me, value, no, wakeMs: Number.POSITIVE_INFINITY, chat: undefined };
  }

  /**
   * After an event: somebody with a place is kept, somebody idle without a past is only their slot again. Tells
   * which.
   */
  settle(person: Person): boolean {
    const { slot, value, me } = person;
    const chat = value.place === "chatting" ? value.chat : undefined;
    if (person.chat !== chat) this.#seat(person, chat);
    if (value === IDLE || (value.place === "idle" && slot < 0)) {
      if (slot >= 0) {
        this.#persons[slot] = undefined;
        this.slots.nos[slot] = person.no;
      }
      if (this.#people.get(me.session) === person) this.#people.delete(me.session);
      return false;
    }
    if (slot >= 0) this.#persons[slot] = person;
    this.#people.set(me.session, person);
    return true;
  }

  /** Drops a person's place: a newer socket elsewhere has it now. */
  forget(person: Person): void {
    if (person.slot >= 0) this.#persons[person.slot] = undefined;
    this.#people.delete(person.me.session);
    if (person.chat !== undefined) this.#seat(person, undefined);
  }

  /** Of those who are in this chat here, the one whose partner is `absent`. */
  partnerOf(absent: SessionId, chat: ChatId): Person | undefined {
    return this.#chats
      .get(chat)
      ?.find(({ value }) => value.place === "chatting" && value.chat === chat && value.partner.session === absent);
  }

  #seat(person: Person, chat: ChatId | undefined): void {
    if (person.chat !== undefined) {
      const others = this.#chats.get(person.chat)?.filter((other) => other !== person) ?? [];
      if (others.length === 0) this.#chats.delete(person.chat);
      else this.#chats.set(person.chat, others);
    }
    person.chat = chat;
    if (chat !== undefined) this.#chats.set(chat, [...(this.#chats.get(chat) ?? []), person]);
  }

  /**
   * Somebody was admitted into `slot`. A session that is here already moves to the new slot and the socket it had is
   * returned, to be closed as superseded; its person (if any) is returned with the new epoch.
   */
  enter(slot: number, holder: Holder): { readonly replaced: Socket | undefined; readonly person: Person | undefined } {
    const old = this.slots.find(holder.session);
    const person = this.#people.get(holder.session);
    const replaced = old < 0 ? undefined : this.#sockets[old];
    if (old >= 0) this.leave(old);
    this.slots.enter(slot, holder);
    if (person !== undefined) {
      person.slot = slot;
      person.me = { ...person.me, epoch: holder.epoch };
      this.#persons[slot] = person;
    }
    return { replaced, person };
  }

  /**
   * The socket in `slot` is gone: the slot is free, its person (if any) has none. The old socket's own close finds
   * slot -1.
   */
  leave(slot: number): Person | undefined {
    const socket = this.#sockets[slot];
    if (socket !== undefined) socket.getUserData().slot = -1;
    const person = this.#persons[slot];
    this.#sockets[slot] = undefined;
    this.#persons[slot] = undefined;
    this.slots.release(slot);
    if (person !== undefined) {
      assert(person.slot === slot, "a person sits in the slot that names them");
      person.slot = -1;
    }
    return person;
  }
}
