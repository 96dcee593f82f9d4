import { encodeFrame } from "@whisper/shared/protocol/codec";
import type { Shard } from "../../src/shard/shard.ts";
import type { FastTime } from "./fast-time.ts";
import type { ArmedMail, Instant } from "./instant-cuts.ts";
import { type Door, Traveller } from "./traveller.ts";
import { until } from "./until.ts";

/** Three shards, each with a bus that can be cut. */
export type Cell = {
  readonly shards: readonly Shard[];
  readonly mails: readonly ArmedMail[];
  readonly doors: readonly Door[];
  /** Takes the bus away from a shard, or gives it back. */
  away(shard: number, isAway: boolean): void;
};

export const MOMENTS = ["paired", "moved", "left"] as const;
export type Moment = (typeof MOMENTS)[number];

/** The bus is away this long at most, and a chat must be whole, or over for both, so long after the cut. */
const AWAY_MS_MAX = 3_000;
const WHOLE_MS = 10_000;
/** What stands for a chat on a machine that is busy with fifty others. */
const SLACK_MS = 15_000;

/** How often a couple is looked at: fifty at a time need not be looked at more often. */
const LOOK_MS = 10;

const pick = <T>(of: readonly T[], chance: () => number): T => of[Math.floor(chance() * of.length)] as T;

/**
 * Two people who meet, move to another shard and part, again and again, on three shards; at each of the three moments
 * the bus is cut in the middle of the memo that makes it.
 */
export class CutCouple {
  readonly cuts: Record<Moment, number> = { paired: 0, moved: 0, left: 0 };
  /** Proposals and chats that came to nothing for both: told honestly. */
  partedEarly = 0;
  readonly #cell: Cell;
  readonly #time: FastTime;
  readonly #chance: () => number;
  readonly #name: string;
  readonly #people: readonly [Traveller, Traveller];
  /** On which shard of the cell each of the two is. */
  readonly #at: [number, number] = [0, 1];
  #round = 0;

  constructor(name: string, cell: Cell, time: FastTime, chance: () => number) {
    this.#cell = cell;
    this.#time = time;
    this.#chance = chance;
    this.#name = name;
    const [first, second] = cell.doors as readonly [Door, Door];
    this.#people = [new Traveller(first, time, chance), new Traveller(second, time, chance)];
  }

  leave(): void {
    for (const one of this.#people) one.leave();
  }

  /** One chat from its beginning to its end, cut at all three moments; rejects when it is not whole in time. */
  async live(): Promise<void> {
    this.#round++;
    const [a, b] = this.#people;
    const interest = `${this.#name} ${this.#round}`;
    for (const one of [a, b]) one.seek(interest);
    const chat = await this.#met(interest);
    const accept = (): void => {
      for (const one of [a, b]) one.client.tell({ call: "accept" });
    };
    await this.#cut("paired", chat, accept);
    const isOn = await this.#settled(chat);
    if (!isOn) {
      this.partedEarly++;
      for (const one of [a, b]) one.client.tell({ call: "cancel" });
      await this.#over(chat);
      return;
    }
    const mover = this.#chance() < 0.5 ? 0 : 1;
    await this.#cut("moved", chat, () => this.#move(mover), mover);
    if (!(await this.#settled(chat))) {
      this.partedEarly++; // two cuts within a second or two may cost a chat, if both are told
      await this.#over(chat);
      return;
    }
    const leaver = this.#chance() < 0.5 ? a : b;
    await this.#cut("left", chat, () => leaver.client.tell({ call: "end" }), leaver === a ? 0 : 1);
    await this.#over(chat);
    for (const [one, other] of [
      [a, b],
      [b, a],
    ] as const) {
      const [said, heard] = [one.lines("me").join(), other.lines("partner").join()];
      if (said !== heard) throw new Error(`said ${said}, heard ${heard}: ${this.#say()}`);
    }
  }

  /** Waits until the two are proposed to each other; whose search ran out seeks again. */
  #met(interest: string): Promise<string> {
    const [a, b] = this.#people;
    const bothProposed = (): string | undefined => {
      const [one, other] = [a.state.scene, b.state.scene];
      for (const who of [a, b]) if (who.state.scene.scene === "idle") who.seek(interest);
      if (one.scene !== "proposed" || other.scene !== "proposed" || one.chat !== other.chat) return undefined;
      return one.chat;
    };
    return this.#wait("a proposal", bothProposed, 60_000);
  }

  /** Waits for `look`; a failure says how everything stands by then. */
  #wait<T>(what: string, look: () => T, mostMs = WHOLE_MS): Promise<Exclude<T, false | undefined>> {
    return until(what, look, this.#time.real(mostMs) + SLACK_MS, LOOK_MS).catch((fault: unknown) => {
      throw new Error(`${String(fault)}: ${this.#say()}`);
    });
  }

  /** Arms a cut, does what makes the moment, and waits for the cut. */
  async #cut(moment: Moment, chat: string, make: () => void, who = 0): Promise<void> {
    const { shard, instant } = this.#instant(moment, chat, who);
    const mail = this.#cell.mails[shard] as ArmedMail;
    let isCut = false;
    const disarm = mail.arm(instant, () => {
      isCut = true;
      const all = this.#chance() < 0.2 ? [0, 1, 2] : [shard];
      for (const one of all) this.#cell.away(one, true);
      const awayMs = this.#chance() ** 2 * AWAY_MS_MAX;
      this.#time.setTimer(() => {
        for (const one of all) this.#cell.away(one, false);
      }, awayMs);
    });
    make();
    // Now and then the word comes by another way first, and the memo never: then there is nothing to cut.
    const isKnown = (): boolean => moment === "left" && !this.#isHeld(chat);
    await until(`${instant.kind} ${instant.at}`, () => isCut || isKnown(), this.#time.real(WHOLE_MS), LOOK_MS)
      .catch(() => undefined)
      .finally(disarm);
    if (isCut) this.cuts[moment]++;
  }

  #instant(moment: Moment, chat: string, who: number): { readonly shard: number; readonly instant: Instant } {
    const [mine, others] = [this.#at[who] as number, this.#at[1 - who] as number];
    const incoming = pick(["coming", "come"] as const, this.#chance);
    const outgoing = pick(["leaving", "left"] as const, this.#chance);
    const isIncoming = this.#chance() < 0.5;
    if (moment === "paired") {
      const shard = pick(this.#at, this.#chance);
      return { shard, instant: { kind: "paired", at: incoming, about: chat } };
    }
    if (moment === "left") {
      if (isIncoming) return { shard: others, instant: { kind: "left", at: incoming, about: chat } };
      return { shard: mine, instant: { kind: "left", at: outgoing, about: chat } };
    }
    const free = 3 - mine - others;
    const session = this.#people[who as 0 | 1].session;
    // Who comes in elsewhere: `superseded` goes to the shard before, `back` to the partner's.
    if (this.#chance() < 0.5) {
      const instant = { kind: "superseded", about: session } as const;
      return isIncoming
        ? { shard: mine, instant: { ...instant, at: incoming } }
        : { shard: free, instant: { ...instant, at: outgoing } };
    }
    return isIncoming
      ? { shard: others, instant: { kind: "back", at: incoming, about: chat } }
      : { shard: free, instant: { kind: "back", at: outgoing, about: chat } };
  }

  /** To the third shard: by `moving`, socket first, or because the socket is closed or gone. */
  #move(who: 0 | 1): void {
    const one = this.#people[who];
    const before = this.#at[who];
    const free = 3 - this.#at[0] - this.#at[1];
    this.#at[who] = free;
    one.door = this.#cell.doors[free] as Door;
    const chance = this.#chance();
    if (chance < 0.4) return one.vanish();
    const shard = this.#cell.shards[before] as Shard;
    const slot = shard.hub.slots.find(one.session);
    const socket = shard.hub.socketAt(slot);
    if (socket === undefined) throw new Error(`nobody sits where they should: ${this.#say()}`);
    if (chance < 0.7) socket.end(4000, "draining");
    else socket.send(encodeFrame({ type: "moving", after_ms: 0, reason: "drain" } as never));
  }

  /** Waits until the chat is whole for both (true) or over for both (false). */
  async #settled(chat: string): Promise<boolean> {
    const [a, b] = this.#people;
    let hasSaid = false;
    const isWhole = (): boolean => {
      if (a.chat !== chat || b.chat !== chat) return false;
      if (!hasSaid) for (const one of [a, b]) one.say(`${this.#round}.${one.lines("me").length}`);
      hasSaid = true;
      return a.isConfirmed && b.isConfirmed && !a.isAlone && !b.isAlone;
    };
    const isOver = (): boolean => {
      const ends = [a, b].map(({ state: { scene } }) => scene.scene === "idle" || scene.scene === "seeking");
      return ends.every((end) => end) && !this.#isHeld(chat);
    };
    const settled = (): string | undefined => (isWhole() ? "whole" : isOver() ? "over" : undefined);
    return (await this.#wait("a chat that is whole, or over for both", settled)) === "whole";
  }

  /** Waits until nobody is in this chat any more, and both know. */
  async #over(chat: string): Promise<void> {
    const isOver = (): boolean =>
      this.#people.every(({ state }) => state.scene.scene === "idle") && !this.#isHeld(chat);
    await this.#wait("the end for both", isOver);
  }

  /** Whether any shard has somebody present in this chat. */
  #isHeld(chat: string): boolean {
    return this.#cell.shards.some((shard) =>
      [...shard.hub.people()].some(({ value, slot }) => slot >= 0 && value.place === "chatting" && value.chat === chat),
    );
  }

  #say(): string {
    const places = this.#cell.shards.map((shard) =>
      [...shard.hub.people()]
        .filter(({ me }) => this.#people.some(({ session }) => session === me.session))
        .map(({ me, value, slot }) => `${this.#people[0].session === me.session ? "a" : "b"} ${value.place} ${slot}`)
        .join("+"),
    );
    const [a, b] = this.#people;
    const both = [a, b].map((one, at) => `${"ab"[at]} at ${this.#at[at]} ${one.describe()}`).join(", ");
    return `${this.#name} round ${this.#round}, ${both}, shards [${places.join(" | ")}]`;
  }
}
