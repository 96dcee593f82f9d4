import { systemClock } from "@whisper/shared/base/clock";
import type { ChatId, SessionId } from "@whisper/shared/base/ids";
import { parseAddress } from "@whisper/shared/base/ids";
import type { Random } from "@whisper/shared/base/random";
import type { Memo, MemoOf } from "@whisper/shared/bus/memos";
import { deskSubject, inboxSubject } from "@whisper/shared/bus/subjects";
import type { Mail } from "../../src/runtime/mail.ts";
import type { Person } from "./desk-people.ts";
import { REGION } from "./desk-people.ts";

type Place =
  | { readonly place: "seeking"; readonly offer: ChatId | undefined; readonly offeredMs: number }
  | { readonly place: "accepted"; readonly chat: ChatId; readonly sinceMs: number }
  | { readonly place: "chatting"; readonly chat: ChatId; readonly partner: SessionId };
type Guest = { readonly person: Person; joinedMs: number; now: Place };
type Insisted = MemoOf<"seek" | "cancel" | "offer_answer" | "accept" | "decline">;

export type SmallShardSpans = {
  readonly seekMs: number;
  readonly offerSilentMs: number;
  readonly wordMs: number;
  readonly againMs: number;
};

/**
 * As much of a shard as a desk can see: it repeats what must arrive, holds one offer a person, refuses what is not
 * current, and reports and lists its seekers. Its people accept, one in ten says no at first.
 */
export class SmallShard {
  readonly guests = new Map<SessionId, Guest>();
  readonly #mail: Mail;
  readonly #random: Random;
  readonly #spans: SmallShardSpans;
  readonly #unacknowledged = new Map<number, Memo>();
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #ear: { stop(): void };
  readonly #address: Person["address"];
  readonly #left: (partner: SessionId, chat: ChatId) => void;
  #memoNo = 0;
  #listNo = 0;

  constructor(
    people: readonly Person[],
    mail: Mail,
    random: Random,
    spans: SmallShardSpans,
    left: (partner: SessionId, chat: ChatId) => void,
  ) {
    this.#mail = mail;
    this.#random = random;
    this.#spans = spans;
    this.#left = left;
    const address = people[0]?.address;
    const parts = address === undefined ? undefined : parseAddress(address);
    if (address === undefined || parts === undefined) throw new Error("a shard has people and an address");
    this.#address = address;
    this.#ear = mail.listen(inboxSubject(parts), (memo) => this.#hear(memo));
    this.#timers.push(setInterval(() => this.#repeat(), spans.againMs));
    this.#timers.push(setInterval(() => this.#count(), 300));
    for (const person of people) {
      const guest: Guest = { person, joinedMs: systemClock.nowMs(), now: SEEKING };
      this.guests.set(person.session, guest);
      this.#seekAgain(guest, false);
    }
  }

  stop(): void {
    this.#ear.stop();
    for (const timer of this.#timers) clearInterval(timer);
  }

  chatters(): readonly { readonly session: SessionId; readonly chat: ChatId; readonly partner: SessionId }[] {
    return [...this.guests].flatMap(([session, { now }]) =>
      now.place === "chatting" ? [{ session, chat: now.chat, partner: now.partner }] : [],
    );
  }

  /** The partner is not there: whoever chats with them seeks anew. */
  partnerLeft(session: SessionId, chat: ChatId): void {
    const guest = this.guests.get(session);
    if (guest?.now.place === "chatting" && guest.now.chat === chat) this.#seekAgain(guest, false);
  }

  #insist(memo: Insisted): void {
    const numbered = { ...memo, memo: ++this.#memoNo };
    this.#unacknowledged.set(this.#memoNo, numbered);
    this.#mail.send(deskSubject(REGION), numbered);
  }

  #seekAgain(guest: Guest, keeps: boolean): void {
    const nowMs = systemClock.nowMs();
    guest.person.seekNo += 1;
    if (!keeps) guest.joinedMs = nowMs;
    guest.now = SEEKING;
    this.#insist(guest.person.seek(nowMs, { joinedMs: guest.joinedMs, waitedMs: nowMs - guest.joinedMs }));
  }

  #repeat(): void {
    for (const memo of this.#unacknowledged.values()) this.#mail.send(deskSubject(REGION), memo);
    const nowMs = systemClock.nowMs();
    for (const guest of this.guests.values()) {
      const { now, person } = guest;
      if (now.place === "seeking" && now.offer !== undefined && nowMs > now.offeredMs + this.#spans.offerSilentMs) {
        this.#seekAgain(guest, true);
      } else if (now.place === "seeking" && now.offer === undefined && nowMs > guest.joinedMs + this.#spans.seekMs) {
        this.#insist(person.cancel());
        this.#seekAgain(guest, false);
      } else if (now.place === "accepted" && nowMs > now.sinceMs + this.#spans.wordMs) {
        this.#insist(person.decline(now.chat));
        this.#seekAgain(guest, true);
      }
    }
  }

  #seekers(): readonly Guest[] {
    return [...this.guests.values()].filter(({ now }) => now.place === "seeking" && now.offer === undefined);
  }

  #count(): void {
    this.#listNo += 1;
    const count = this.#seekers().length;
    this.#mail.send(deskSubject(REGION), {
      ...{ kind: "count", address: this.#address, lane: "live", count, listNo: this.#listNo },
    });
  }

  #list(listNo: number): void {
    const seekers = this.#seekers();
    const nowMs = systemClock.nowMs();
    for (const { person, joinedMs } of seekers) {
      const memo = person.seek(nowMs, { joinedMs, waitedMs: nowMs - joinedMs, listNo });
      this.#mail.send(deskSubject(REGION), { ...memo, memo: ++this.#memoNo });
    }
    this.#mail.send(deskSubject(REGION), {
      ...{ kind: "list_end", address: this.#address, lane: "live", count: seekers.length, listNo },
    });
  }

  #hear(memo: Memo): void {
    if (memo.kind === "desk_took") this.#unacknowledged.delete(memo.memo);
    else if (memo.kind === "list_wanted") this.#list(memo.listNo);
    else if ("session" in memo) {
      const guest = this.guests.get(memo.session);
      if (guest !== undefined) this.#hearFor(guest, memo);
    }
  }

  #hearFor(guest: Guest, memo: Memo): void {
    const { now, person } = guest;
    switch (memo.kind) {
      case "offer": {
        const isFree = now.place === "seeking" && (now.offer === undefined || now.offer === memo.chat);
        const isShown = now.place === "accepted" && now.chat === memo.chat;
        const taken = isShown || (isFree && memo.seekNo === person.seekNo && memo.epoch === person.epoch);
        if (taken && !isShown) guest.now = { place: "seeking", offer: memo.chat, offeredMs: systemClock.nowMs() };
        this.#insist({ ...person.answer(memo.chat, taken), seekNo: memo.seekNo });
        return;
      }
      case "found":
        this.#found(guest, memo);
        return;
      case "cancelled":
        if (now.place === "seeking" && now.offer === memo.chat) this.#seekAgain(guest, true);
        return;
      case "declined":
      case "expired":
        if (now.place === "accepted" && now.chat === memo.chat) this.#seekAgain(guest, memo.kind === "declined");
        return;
      case "paired":
        this.#paired(guest, memo);
        return;
      default:
        return;
    }
  }

  #found(guest: Guest, { chat }: MemoOf<"found">): void {
    const { now, person } = guest;
    if (now.place !== "seeking") {
      if (now.chat !== chat) this.#insist(person.decline(chat));
      return;
    }
    if (now.offer !== chat || this.#random.unit() < 0.1) {
      this.#insist(person.decline(chat));
      if (now.offer === chat) this.#seekAgain(guest, false);
      return;
    }
    guest.now = { place: "accepted", chat, sinceMs: systemClock.nowMs() };
    this.#insist(person.accept(chat));
  }

  #paired(guest: Guest, memo: MemoOf<"paired">): void {
    const { now, person } = guest;
    this.#mail.send(deskSubject(REGION), person.pairedTaken(memo.chat));
    if (now.place === "chatting" && now.chat === memo.chat) return;
    if (now.place === "accepted" && now.chat === memo.chat) {
      guest.now = { place: "chatting", chat: memo.chat, partner: memo.partner };
    } else {
      this.#left(memo.partner, memo.chat);
    }
  }
}

const SEEKING: Place = Object.freeze({ place: "seeking", offer: undefined, offeredMs: 0 });
