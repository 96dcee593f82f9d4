import type { Address } from "@whisper/shared/base/ids";
import type { Memo, MemoOf } from "@whisper/shared/bus/memos";
import type { Lane } from "@whisper/shared/credentials/claims";
import type { Hub, Person } from "./hub.ts";
import type { Repeater } from "./repeater.ts";
import { seekMemo } from "./step-seek.ts";

const LANES: readonly Lane[] = ["live", "test"];

/**
 * Tells the desk every 2 s how many seek here, and sends the whole list where the desk's count differs, so that an
 * emptied list is whole again (DESIGN §8).
 */
export class SeekerLists {
  readonly #hub: Hub;
  readonly #address: Address;
  readonly #postDesk: (memo: Memo) => void;
  readonly #repeater: Repeater;
  readonly #nowMs: () => number;
  #listNo = 0;
  /** Lanes in which somebody sought when last told: one more count says that nobody does now. */
  readonly #told = new Set<Lane>();

  constructor(hub: Hub, address: Address, postDesk: (memo: Memo) => void, repeater: Repeater, nowMs: () => number) {
    this.#hub = hub;
    this.#address = address;
    this.#postDesk = postDesk;
    this.#repeater = repeater;
    this.#nowMs = nowMs;
  }

  /** The counts of all lanes. */
  tell(): void {
    this.#listNo++;
    for (const lane of LANES) {
      const count = this.#seekers(lane).length;
      if (count === 0 && !this.#told.delete(lane)) continue;
      if (count > 0) this.#told.add(lane);
      this.#postDesk({ kind: "count", address: this.#address, lane, count, listNo: this.#listNo });
    }
  }

  /** Every seek, then the end of the list. */
  send(): void {
    this.#listNo++;
    for (const lane of LANES) {
      const seekers = this.#seekers(lane);
      for (const person of seekers) {
        if (person.value.place !== "seeking") continue;
        const seek = { ...seekMemo(person.value, { me: person.me, nowMs: this.#nowMs() }), listNo: this.#listNo };
        this.#repeater.insist<MemoOf<"seek">>(seek, person.me.session, this.#postDesk);
      }
      this.#postDesk({ kind: "list_end", address: this.#address, lane, count: seekers.length, listNo: this.#listNo });
    }
  }

  /** Those whom the desk should have on its list: present, and not held by an offer. */
  #seekers(lane: Lane): Person[] {
    const seekers: Person[] = [];
    for (const person of this.#hub.people()) {
      const { value, me } = person;
      if (me.lane === lane && value.place === "seeking" && value.awayMs === 0 && value.offer === undefined)
        seekers.push(person);
    }
    return seekers;
  }
}
