import type { Address, RegionName } from "@whisper/shared/base/ids";
import type { Memo, MemoOf } from "@whisper/shared/bus/memos";
import type { Lane } from "@whisper/shared/credentials/claims";
import type { Hub, Person } from "./hub.ts";
import type { Repeater } from "./repeater.ts";
import { seekMemo } from "./step-seek.ts";

const LANES: readonly Lane[] = ["live", "test"];

export type ListsWorld = {
  readonly hub: Hub;
  readonly address: Address;
  readonly region: RegionName;
  readonly neighbours: readonly RegionName[];
  /** To a desk; to this region's unless another is named. */
  postDesk(memo: Memo, desk?: RegionName): void;
  readonly repeater: Repeater;
  readonly nowMs: () => number;
};

/**
 * Tells each desk every 2 s how many seek here, and sends the whole list where a desk's count differs, so that an
 * emptied list is whole again (DESIGN §8). The neighbours' desks list only who has waited for the second tier.
 */
export class SeekerLists {
  readonly #world: ListsWorld;
  /** This region's desk, and the neighbours'. */
  readonly #desks: readonly (RegionName | undefined)[];
  #listNo = 0;
  /** Lanes of a desk in which somebody sought when last told: one more count says that nobody does now. */
  readonly #told = new Set<string>();

  constructor(world: ListsWorld) {
    this.#world = world;
    this.#desks = [undefined, ...world.neighbours];
  }

  /** The counts of all lanes, to all desks. */
  tell(): void {
    this.#listNo++;
    const { address, postDesk } = this.#world;
    for (const desk of this.#desks) {
      for (const lane of LANES) {
        const count = this.#seekers(lane, desk).length;
        const told = `${desk ?? ""} ${lane}`;
        if (count === 0 && !this.#told.delete(told)) continue;
        if (count > 0) this.#told.add(told);
        postDesk({ kind: "count", address, lane, count, listNo: this.#listNo }, desk);
      }
    }
  }

  /** Every seek, then the end of the list, to all desks: a desk that wants its list does not say which it is. */
  send(): void {
    this.#sendAll(this.#desks);
  }

  /** The same to the desk of one region, which came back empty; nothing if it lists nobody of this region. */
  sendTo(region: RegionName): void {
    this.#sendAll(this.#desks.filter((desk) => (desk ?? this.#world.region) === region));
  }

  #sendAll(desks: readonly (RegionName | undefined)[]): void {
    this.#listNo++;
    const { address, postDesk, repeater, nowMs } = this.#world;
    for (const desk of desks) {
      for (const lane of LANES) {
        const seekers = this.#seekers(lane, desk);
        for (const { value, me } of seekers) {
          if (value.place !== "seeking") continue;
          const seek = { ...seekMemo(value, { me, nowMs: nowMs() }), listNo: this.#listNo };
          repeater.insist<MemoOf<"seek">>(seek, me.session, (memo) => postDesk(memo, desk));
        }
        postDesk({ kind: "list_end", address, lane, count: seekers.length, listNo: this.#listNo }, desk);
      }
    }
  }

  /** Those whom a desk should have on its list: present, and not held by an offer. */
  #seekers(lane: Lane, desk: RegionName | undefined): Person[] {
    const seekers: Person[] = [];
    for (const person of this.#world.hub.people()) {
      const { value, me } = person;
      if (me.lane !== lane || value.place !== "seeking" || value.awayMs !== 0 || value.offer !== undefined) continue;
      if (desk === undefined || value.tiersTold > 1) seekers.push(person);
    }
    return seekers;
  }
}
