import type { Address, SessionId } from "@whisper/shared/base/ids";
import type { MemoOf } from "@whisper/shared/bus/memos";
import { endSocket } from "./entrance.ts";
import type { Hub, Person, Socket } from "./hub.ts";
import type { Outward } from "./outward.ts";
import type { Repeater } from "./repeater.ts";

export type TakeoverWorld = {
  readonly own: Address;
  readonly hub: Hub;
  readonly repeater: Repeater;
  readonly outward: Outward;
  /** Whether the holder of a slot was told to move, and leaves their socket themselves. */
  isMoving(slot: number): boolean;
  /** Keeps such a socket a little. */
  linger(socket: Socket): void;
  /** Notes where they are now, for memos that are still on their way here. */
  went(session: SessionId, address: Address): void;
  /** Nothing wakes this person here any more. */
  unwatch(person: Person): void;
};

/** The newest socket of a session wins: between two shards as on one (DESIGN §6, Epoch). */
export class Takeover {
  readonly #world: TakeoverWorld;

  constructor(world: TakeoverWorld) {
    this.#world = world;
  }

  /**
   * A socket of this session with an epoch above `epoch` is elsewhere: the one here is closed so that its client does
   * not fight back. One that came in since with a higher epoch stays: the word was about the one before it. Tells
   * whether somebody was let go.
   */
  supersede(session: SessionId, epoch: number): boolean {
    const { hub, unwatch, isMoving, linger } = this.#world;
    const slot = hub.slots.find(session);
    const socket = slot < 0 ? undefined : hub.socketAt(slot);
    const person = hub.personOf(session);
    const held = person?.me.epoch ?? (slot < 0 ? undefined : hub.slots.holder(slot).epoch);
    if (held === undefined || held > epoch) return false;
    if (person !== undefined) {
      unwatch(person);
      hub.forget(person);
    }
    if (socket === undefined) return true;
    const leavesItself = isMoving(slot);
    hub.leave(slot);
    if (leavesItself) linger(socket);
    else endSocket(socket, "superseded");
    return true;
  }

  /** The shard that had this session before is told to let go, until it has answered. */
  tellBefore(session: SessionId, epoch: number, before: Address): void {
    const { own, repeater, outward } = this.#world;
    if (before === own) return;
    const memo = { kind: "superseded", session, epoch, address: own } as const;
    repeater.insist<MemoOf<"superseded">>(memo, session, (numbered) => outward.post(before, numbered));
  }

  /** Another shard has admitted this session with a higher epoch: let go, and hand over what was known of the chat. */
  yield({ memo, session, epoch, address }: MemoOf<"superseded">): void {
    const { hub, outward } = this.#world;
    const person = hub.personOf(session);
    const chat = person?.value.place === "chatting" ? person.value : undefined;
    if (this.supersede(session, epoch - 1)) this.#world.went(session, address);
    const [high, seen] = [known(chat?.high), known(chat?.seen)];
    outward.post(address, { kind: "yielded", memo, session, chat: chat?.chat, high, seen });
  }
}

const known = (count: number | undefined): number | undefined => (count === undefined || count < 0 ? undefined : count);
