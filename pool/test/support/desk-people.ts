import type { Address, ChatId, DeviceHash, RegionName, SessionId } from "@whisper/shared/base/ids";
import type { Random } from "@whisper/shared/base/random";
import type { MemoOf } from "@whisper/shared/bus/memos";
import type { Lane } from "@whisper/shared/credentials/claims";
import type { DeskSettings } from "../../src/matcher/desk-settings.ts";
import type { Letter, WaitingList } from "../../src/ports.ts";

export const REGION = "eu-west" as RegionName;
/** Opens one desk with these settings; the contract closes it. */
export type OpenDesk = (settings: Partial<DeskSettings>) => Promise<WaitingList>;

/** Bytes that follow from a seed alone, so that two desks mint the same chat ids. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state;
  };
  return {
    bytes: (count) => Uint8Array.from({ length: count }, () => next() >>> 24),
    unit: () => next() / 0x1_0000_0000,
  };
}

export const sessionNamed = (name: string): SessionId => name.padEnd(22, "_") as SessionId;
export const deviceNamed = (name: string): DeviceHash => name.padEnd(11, "_") as DeviceHash;
export const addressNamed = (pool: string): Address => `eu-west.${pool}.0.i1` as Address;

type Wish = {
  readonly interests?: readonly string[];
  readonly languages?: readonly string[];
  readonly lane?: Lane;
  readonly device?: string;
  readonly shard?: string;
  readonly epoch?: number;
  readonly seekNo?: number;
  readonly joinedMs?: number;
  readonly waitedMs?: number;
  readonly listNo?: number;
};

/** One stranger as their shard knows them, with the memos it sends. */
export class Person {
  readonly session: SessionId;
  readonly device: DeviceHash;
  readonly lane: Lane;
  address: Address;
  epoch: number;
  seekNo: number;
  readonly wish: Wish;

  constructor(name: string, wish: Wish = {}) {
    this.session = sessionNamed(name);
    this.device = deviceNamed(wish.device ?? name);
    this.lane = wish.lane ?? "live";
    this.address = addressNamed(wish.shard ?? "p1");
    this.epoch = wish.epoch ?? 4_000;
    this.seekNo = wish.seekNo ?? 1;
    this.wish = wish;
  }

  get me() {
    const { session, epoch, address, lane } = this;
    return { session, epoch, address, lane, memo: 1 };
  }
  seek(nowMs: number, changed: Wish = {}): MemoOf<"seek"> {
    const wish = { ...this.wish, ...changed };
    return {
      kind: "seek",
      ...this.me,
      epoch: changed.epoch ?? this.epoch,
      seekNo: changed.seekNo ?? this.seekNo,
      home: REGION,
      device: this.device,
      interests: wish.interests ?? [],
      languages: wish.languages ?? [],
      joinedMs: wish.joinedMs ?? nowMs,
      waitedMs: wish.waitedMs ?? 0,
      listNo: wish.listNo,
    };
  }
  cancel(): MemoOf<"cancel"> {
    return { kind: "cancel", ...this.me, seekNo: this.seekNo };
  }
  aside(): MemoOf<"aside"> {
    return { kind: "aside", ...this.me, seekNo: this.seekNo };
  }
  regain(): MemoOf<"regain"> {
    return { kind: "regain", ...this.me, seekNo: this.seekNo };
  }
  answer(chat: ChatId, taken: boolean): MemoOf<"offer_answer"> {
    return { kind: "offer_answer", ...this.me, chat, seekNo: this.seekNo, taken };
  }
  accept(chat: ChatId): MemoOf<"accept"> {
    return { kind: "accept", ...this.me, chat };
  }
  decline(chat: ChatId): MemoOf<"decline"> {
    return { kind: "decline", ...this.me, chat };
  }
  pairedTaken(chat: ChatId): MemoOf<"paired_taken"> {
    const { session, epoch, address, lane } = this;
    return { kind: "paired_taken", session, epoch, address, lane, chat };
  }
}

/** A desk, its clock, and what it said. */
export class Bench {
  readonly list: WaitingList;
  nowMs = 1_800_000_000_000;
  constructor(list: WaitingList) {
    this.list = list;
  }

  /** Seeks, and answers the letters. */
  seek(person: Person, changed: Wish = {}): Promise<readonly Letter[]> {
    return this.list.seek(person.seek(this.nowMs, changed), this.nowMs);
  }

  /** Lets time pass in steps of at most a second, doing what is due; the shards report that they live. */
  async pass(spanMs: number, shards: readonly string[] = ["p1"]): Promise<readonly Letter[]> {
    const letters: Letter[] = [];
    const endMs = this.nowMs + spanMs;
    while (this.nowMs < endMs) {
      this.nowMs = Math.min(endMs, this.nowMs + 1_000);
      for (const shard of shards) await this.alive(shard);
      letters.push(...(await this.due()));
    }
    return letters;
  }

  /** A shard is heard: the end of a list that nobody asked for and that is never whole. */
  async alive(shard: string, lane: Lane = "live"): Promise<void> {
    const end = { kind: "list_end", address: addressNamed(shard), lane, count: 1_000_000, listNo: 0 } as const;
    await this.list.listEnd(end, this.nowMs);
  }

  async due(most = 64): Promise<readonly Letter[]> {
    const letters: Letter[] = [];
    for (let round = 0; round < 100; round += 1) {
      const turn = await this.list.due(this.nowMs, most);
      letters.push(...turn.letters);
      if (turn.done === 0) return letters;
    }
    throw new Error("the due-list has no end");
  }

  /** Both shards take the offer; answers the letters and the chat. */
  async bringTogether(a: Person, b: Person): Promise<{ readonly chat: ChatId; readonly letters: readonly Letter[] }> {
    await this.seek(a);
    const chat = chatOf(await this.seek(b));
    await this.list.offerAnswer(a.answer(chat, true), this.nowMs);
    return { chat, letters: await this.list.offerAnswer(b.answer(chat, true), this.nowMs) };
  }
}

/** The chat that the first offer among these letters names. */
export function chatOf(letters: readonly Letter[]): ChatId {
  for (const { memo } of letters) if (memo.kind === "offer") return memo.chat;
  throw new Error(`no offer among ${JSON.stringify(kindsOf(letters))}`);
}

/** Who is told what: `a:found`, in order. */
export const kindsOf = (letters: readonly Letter[]): readonly string[] =>
  letters.map(({ memo }) => ("session" in memo ? `${memo.session.replace(/_+$/, "")}:${memo.kind}` : memo.kind));
