import { systemClock } from "@whisper/shared/base/clock";
import {
  type Address,
  addressOf,
  type ChatId,
  type DeviceHash,
  type PoolName,
  parseAddress,
  type RegionName,
  type SessionId,
} from "@whisper/shared/base/ids";
import type { Memo, MemoOf } from "@whisper/shared/bus/memos";
import { deskSubject, inboxSubject } from "@whisper/shared/bus/subjects";
import type { Mail } from "../src/runtime/mail.ts";

type Person = {
  readonly session: SessionId;
  readonly device: DeviceHash;
  readonly address: Address;
  readonly interest: string;
  seekNo: number;
  joinedMs: number;
  /** The offer that was taken, then accepted. */
  chat: ChatId | undefined;
  isAccepted: boolean;
  partner: SessionId | undefined;
};

type Numbered = MemoOf<"seek" | "offer_answer" | "accept">;

/** What a crowd saw of its desk. */
export type CrowdSays = {
  readonly paired: number;
  /** People who were paired twice, or with somebody who was paired with another. */
  readonly doublePairs: number;
  /** Memos that had to be sent again. */
  readonly again: number;
};

const SHARDS = 10;
const EPOCH = 4_000;
const LANE = "live";
const AGAIN_MS = 2_000;
/** A shard that is not heard for 5 s loses its seekers' places. */
const HEARD_MS = 1_000;
/** A list that nobody asked for and that is never whole: all that it says is that the shard is there. */
const NEVER_WHOLE = { count: 1_000_000, listNo: 0 };

const nameOf = (no: number, letters: number): string => String(no).padStart(letters, "0");

/**
 * As much of a region's shards as a desk can see, with people who take every offer and accept every proposal.
 */
export class DeskCrowd {
  readonly #mail: Mail;
  readonly #region: RegionName;
  readonly #people: readonly Person[];
  readonly #bySession = new Map<SessionId, Person>();
  readonly #open = new Map<number, { readonly memo: Numbered; readonly sentMs: number }>();
  readonly #timers: NodeJS.Timeout[] = [];
  #memoNo = 0;
  #begun = 0;
  #isRow = false;
  #paired = 0;
  #again = 0;
  #twice = 0;
  #onTook: ((memo: number) => void) | undefined;
  #onFound: ((session: SessionId) => void) | undefined;

  /** `interestOf` says what each seeks, by number; numbers begin at `from`. */
  constructor(mail: Mail, region: RegionName, people: number, interestOf: (no: number) => string, from = 0) {
    this.#mail = mail;
    this.#region = region;
    const addresses = Array.from({ length: SHARDS }, (_, at) =>
      addressOf({ region, pool: `p${at}` as PoolName, shard: 0, incarnation: "bench" }),
    );
    this.#people = Array.from({ length: people }, (_, at) => ({
      session: nameOf(from + at, 22) as SessionId,
      device: nameOf(from + at, 11) as DeviceHash,
      address: addresses[at % SHARDS] as Address,
      interest: interestOf(from + at),
      ...{ seekNo: 0, joinedMs: 0, chat: undefined, isAccepted: false, partner: undefined },
    }));
    for (const person of this.#people) this.#bySession.set(person.session, person);
    for (const address of addresses) {
      const parts = parseAddress(address);
      if (parts !== undefined) mail.listen(inboxSubject(parts), (memo) => this.#hear(memo));
    }
    const alive = (): void => {
      for (const address of addresses)
        mail.send(deskSubject(region), { kind: "list_end", address, lane: LANE, ...NEVER_WHOLE });
    };
    this.#timers.push(
      setInterval(alive, HEARD_MS),
      setInterval(() => this.#repeat(), AGAIN_MS / 4),
    );
  }

  /** The first `atOnce` begin to seek; whoever is paired is followed by the next. */
  begin(atOnce: number): void {
    this.#isRow = true;
    for (let i = 0; i < atOnce; i++) this.#next();
  }

  /**
   * How long it takes from the seek of somebody whose partner waits to `found` at both, for each of the couples in
   * turn, nobody else being there.
   */
  async waits(): Promise<readonly number[]> {
    const took: number[] = [];
    for (let at = 0; at + 1 < this.#people.length; at += 2) {
      await new Promise<void>((resolve) => {
        const memo = this.#memoNo + 1;
        this.#onTook = (no) => {
          if (no === memo) resolve();
        };
        this.#next();
      });
      this.#onTook = undefined;
      const fromMs = performance.now();
      await new Promise<void>((resolve) => {
        let left = 2;
        this.#onFound = () => {
          if (--left === 0) resolve();
        };
        this.#next();
      });
      took.push(performance.now() - fromMs);
    }
    return took;
  }

  says(): CrowdSays {
    let doublePairs = 0;
    for (const { session, chat, partner } of this.#people) {
      const other = partner === undefined ? undefined : this.#bySession.get(partner);
      if (other !== undefined && other.partner !== undefined && (other.partner !== session || other.chat !== chat))
        doublePairs++;
    }
    return { paired: this.#paired, doublePairs: doublePairs + this.#twice, again: this.#again };
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
  }

  #next(): void {
    const person = this.#people[this.#begun];
    if (person === undefined) return;
    this.#begun++;
    person.joinedMs = systemClock.nowMs();
    this.#seek(person);
  }

  #seek(person: Person): void {
    const { session, device, address, interest, joinedMs } = person;
    person.seekNo++;
    person.chat = undefined;
    person.isAccepted = false;
    this.#insist({
      ...{ kind: "seek", memo: 0, session, epoch: EPOCH, address, lane: LANE, seekNo: person.seekNo },
      ...{ home: this.#region, device, interests: [interest], languages: [], joinedMs },
      ...{ waitedMs: systemClock.nowMs() - joinedMs, listNo: undefined },
    });
  }

  #insist(memo: Numbered): void {
    const numbered = { ...memo, memo: ++this.#memoNo };
    this.#open.set(this.#memoNo, { memo: numbered, sentMs: performance.now() });
    this.#mail.send(deskSubject(this.#region), numbered);
  }

  #repeat(): void {
    const nowMs = performance.now();
    for (const [no, { memo, sentMs }] of this.#open) {
      if (nowMs - sentMs < AGAIN_MS) return; // they stand in the order in which they were sent
      this.#open.delete(no);
      this.#open.set(no, { memo, sentMs: nowMs });
      this.#again++;
      this.#mail.send(deskSubject(this.#region), memo);
    }
  }

  #hear(memo: Memo): void {
    if (memo.kind === "desk_took") {
      this.#open.delete(memo.memo);
      this.#onTook?.(memo.memo);
      return;
    }
    const person = "session" in memo ? this.#bySession.get(memo.session) : undefined;
    if (person !== undefined) this.#hearFor(person, memo);
  }

  #hearFor(person: Person, memo: Memo): void {
    const { session, address } = person;
    const of = { memo: 0, session, epoch: EPOCH, address, lane: LANE } as const;
    switch (memo.kind) {
      case "offer": {
        const { chat, seekNo } = memo;
        const taken = person.partner === undefined && (person.chat ?? chat) === chat && seekNo === person.seekNo;
        if (taken) person.chat = chat;
        return this.#insist({ kind: "offer_answer", ...of, chat, seekNo, taken });
      }
      case "found":
        if (person.chat !== memo.chat || person.isAccepted) return;
        person.isAccepted = true;
        this.#onFound?.(session);
        return this.#insist({ kind: "accept", ...of, chat: memo.chat });
      case "paired":
        return this.#onPaired(person, memo);
      case "cancelled":
      case "declined":
      case "expired":
        if (person.chat === memo.chat && person.partner === undefined) this.#seek(person);
        return;
      default:
    }
  }

  #onPaired(person: Person, { chat, partner }: MemoOf<"paired">): void {
    const { session, address } = person;
    this.#mail.send(deskSubject(this.#region), {
      ...{ kind: "paired_taken", session, epoch: EPOCH, address, lane: LANE, chat },
    });
    if (person.partner !== undefined) {
      if (person.partner !== partner || person.chat !== chat) this.#twice++;
      return;
    }
    if (person.chat !== chat) this.#twice++; // paired into what they had not accepted
    person.partner = partner;
    this.#paired++;
    if (this.#isRow) this.#next();
  }
}
