import type { Address, RegionName } from "@whisper/shared/base/ids";
import type { Memo } from "@whisper/shared/bus/memos";
import { deskSubject } from "@whisper/shared/bus/subjects";
import { OUTBOX_BYTES_MAX, TYPING_DROPPED_ABOVE_BYTES } from "@whisper/shared/limits";
import type { CloseName } from "@whisper/shared/protocol/close-codes";
import type { Mail } from "../runtime/mail.ts";
import { endSocket } from "./entrance.ts";
import type { Hub } from "./hub.ts";
import type { ShardNumbers } from "./numbers.ts";

export type OutwardWorld = {
  readonly own: Address;
  readonly region: string;
  readonly hub: Hub;
  readonly mail: Mail;
  readonly numbers: ShardNumbers;
  /** A memo for somebody on this same shard: it goes in by the same door as those of others. */
  local(memo: Memo): void;
};

/**
 * Everything that leaves a shard: frames to sockets, memos to shards and to the desk. The bounds of both are kept
 * here.
 */
export class Outward {
  readonly #world: OutwardWorld;

  constructor(world: OutwardWorld) {
    this.#world = world;
  }

  /** To the socket in a slot, if there is one. Typing is the first thing dropped for a slow reader. */
  send(slot: number, wire: string, kind: "text" | "typing" | "frame"): void {
    const socket = slot < 0 ? undefined : this.#world.hub.socketAt(slot);
    if (socket === undefined) return;
    if (kind === "typing" && socket.getBufferedAmount() > TYPING_DROPPED_ABOVE_BYTES) return;
    // Not 1: it waits. Past 64 KiB its client is sent away, comes back and asks for what it lacks.
    if (socket.send(wire) !== 1 && socket.getBufferedAmount() > OUTBOX_BYTES_MAX) this.end(slot, "slow_reader");
  }

  /** Ends the socket in a slot with a code of the table. */
  end(slot: number, name: CloseName): void {
    const socket = slot < 0 ? undefined : this.#world.hub.socketAt(slot);
    if (socket === undefined) return;
    this.#world.numbers.closed(name);
    endSocket(socket, name);
  }

  /** To the shard at an address, once; to this one without the bus. */
  post(to: Address, memo: Memo): void {
    if (to !== this.#world.own) {
      this.#world.mail.sendTo(to, memo);
      return;
    }
    this.#world.numbers.memosLocal++;
    this.#world.local(memo);
  }

  /** To a desk, once; to this region's unless another is named. */
  postDesk(memo: Memo, desk?: RegionName): void {
    this.#world.mail.send(deskSubject(desk ?? this.#world.region), memo);
  }
}
