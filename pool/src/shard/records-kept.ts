import type { RegionName, SessionId } from "@whisper/shared/base/ids";
import type { Standing } from "../ports.ts";
import { partitionOf } from "../runtime/partitions.ts";
import type { Ask, ClerkCalls } from "./clerk-calls.ts";
import type { Hub, Person } from "./hub.ts";
import type { Chatting, Partner } from "./session.ts";
import { partnersStanding, standingOf } from "./standing.ts";

type Write = Ask<"write">;

/** In how many parts the sockets are walked for the renewal of their records. */
const TOUCH_BATCH_MAX = 500;

/**
 * Keeps the records of this shard's sessions at their home: each change is sent at once, awaited by nobody, and
 * repeated until taken; only the newest of a session matters (DESIGN §7, Writing).
 */
export class RecordsKept {
  readonly #open = new Map<SessionId, Write>();
  readonly #hub: Hub;
  readonly #calls: ClerkCalls;
  readonly #superseded: (session: SessionId, epoch: number) => void;
  #touchAt = 0;

  /** `superseded` hears of a session whose record is above an epoch that this shard wrote or touched it with. */
  constructor(hub: Hub, calls: ClerkCalls, superseded: (session: SessionId, epoch: number) => void) {
    this.#hub = hub;
    this.#calls = calls;
    this.#superseded = superseded;
  }

  /** Writes that the clerk has not taken yet. */
  get size(): number {
    return this.#open.size;
  }

  /** Where a person stands now, with the number that puts it above every earlier write of this epoch. */
  write({ me, no }: Person, standing: Standing): void {
    const { place, details, half, over } = standing;
    const write: Write = {
      kind: "write",
      session: me.session,
      home: me.home,
      epoch: me.epoch,
      rev: no,
      device: me.device,
      place,
      details,
      half,
      over,
      at: undefined,
    };
    this.#open.set(me.session, write);
    this.#send(write);
  }

  #send(write: Write): void {
    this.#calls.ask<"write">(
      write,
      (answer) => {
        if (this.#open.get(write.session) === write) this.#open.delete(write.session);
        if (answer.answer === "lower") this.#superseded(write.session, write.epoch);
      },
      () => {
        if (this.#open.get(write.session) === write) this.#send(write);
      },
    );
  }

  /**
   * Partitions of a home came back empty: everybody of them who has a place is written anew, and so are their partners,
   * of whom no shard may be left; the idle wait for their touch.
   */
  putBackAll(home: RegionName, partitions: ReadonlySet<number>): void {
    const isLost = (one: Pick<Partner, "home" | "session">): boolean =>
      one.home === home && partitions.has(partitionOf(one.session));
    for (const person of this.#hub.people()) {
      const { me, value } = person;
      if (value.place === "idle") continue;
      if (isLost(me)) {
        person.no++;
        this.write(person, standingOf(value));
      }
      if (
        value.place === "chatting" &&
        isLost(value.partner) &&
        this.#hub.personOf(value.partner.session) === undefined
      )
        this.#putBackPartner(person, value);
    }
  }

  /** Below everything that the partner's own shard writes in that epoch, so that its word counts, whenever it comes. */
  #putBackPartner(person: Person, chatting: Chatting): void {
    const { chat, partner } = chatting;
    const { place, details, half, over } = partnersStanding(person.me, chatting);
    const { session, home, epoch, device, address: at } = partner;
    const write: Write = { kind: "write", session, home, epoch, rev: 0, device, place, details, half, over, at };
    const again = (): void => {
      const now = person.value;
      if (now.place === "chatting" && now.chat === chat && now.partner.epoch === epoch)
        this.#putBackPartner(person, now);
    };
    this.#calls.ask<"write">(write, () => undefined, again);
  }

  /** Renews the records of the next `share` (0 to 1) of all slots; those that are missing are written anew. */
  touch(share: number): void {
    const { slots } = this.#hub;
    let left = Math.min(slots.capacity, Math.ceil(slots.capacity * share));
    const byHome = new Map<string, { sessions: SessionId[]; epochs: string[]; home: Person["me"]["home"] }>();
    for (; left > 0; left--) {
      const slot = this.#touchAt;
      this.#touchAt = (this.#touchAt + 1) % slots.capacity;
      if (!slots.isEntered(slot)) continue;
      const { session, epoch, home } = slots.holder(slot);
      const batch = byHome.get(home) ?? { sessions: [], epochs: [], home };
      byHome.set(home, batch);
      batch.sessions.push(session);
      batch.epochs.push(String(epoch));
      if (batch.sessions.length === TOUCH_BATCH_MAX) {
        this.#touchBatch(batch);
        byHome.delete(home);
      }
    }
    for (const batch of byHome.values()) this.#touchBatch(batch);
  }

  #touchBatch(batch: { sessions: SessionId[]; epochs: string[]; home: Person["me"]["home"] }): void {
    this.#calls.ask<"touch">(
      { kind: "touch", ...batch },
      (answer) => {
        for (const session of answer.lower) {
          const epoch = batch.epochs[batch.sessions.indexOf(session as SessionId)];
          if (epoch !== undefined) this.#superseded(session as SessionId, Number(epoch));
        }
        for (const session of answer.missing) this.#putBack(session as SessionId);
      },
      () => undefined, // the next round comes long before the records run out
    );
  }

  #putBack(session: SessionId): void {
    const slot = this.#hub.slots.find(session);
    const person = this.#hub.personOf(session) ?? (slot < 0 ? undefined : this.#hub.personAt(slot));
    if (person === undefined) return;
    person.no++;
    this.write(person, standingOf(person.value));
    this.#hub.settle(person);
  }
}
