import type { ChatId } from "@whisper/shared/base/ids";
import { expect } from "vitest";
import { type Desk, isTrace, type Seeker } from "../../src/matcher/desk.ts";
import type { Letter, WaitingList } from "../../src/ports.ts";
import { type Act, PEOPLE, SHARDS } from "./desk-acts.ts";
import { addressNamed, Person } from "./desk-people.ts";

// Random lives of a desk: what seven people on three shards say, in any order, doubled, late, or never.

type Call = (list: WaitingList, nowMs: number) => Promise<unknown>;

/** Lives one sequence on `desk` and, step for step, on the lists beside it; all must answer the same. */
export class Life {
  readonly #desk: Desk;
  readonly #lists: readonly WaitingList[];
  readonly #people: readonly Person[];
  readonly #calls: Call[] = [];
  readonly #chats: ChatId[] = [];
  readonly #listNos = [0, 0, 0];
  readonly #neverMeet = new Map<string, number>();
  #nowMs = 1_800_000_000_000;

  constructor(desk: Desk, lists: readonly WaitingList[]) {
    this.#desk = desk;
    this.#lists = lists;
    // The last of them is in the other lane, and two share a device.
    this.#people = Array.from(
      { length: PEOPLE },
      (_, i) =>
        new Person(`s${i}`, {
          device: i === 1 ? "d0" : `d${i}`,
          lane: i === PEOPLE - 1 ? "test" : "live",
          shard: SHARDS[i % SHARDS.length] ?? "p1",
          seekNo: 10,
        }),
    );
  }

  async live(all: readonly Act[]): Promise<void> {
    for (const act of all) {
      for (const call of this.#callsOf(act)) {
        const before = this.#live();
        await this.#run(call);
        this.#checkPlaces();
        this.#checkMeetings(before);
      }
    }
  }

  async #run(call: Call): Promise<void> {
    this.#calls.push(call);
    const answers: unknown[] = [];
    for (const list of this.#lists) {
      const answer = await call(list, this.#nowMs);
      answers.push({ answer, live: await list.size("live"), test: await list.size("test") });
    }
    const [first, ...others] = answers;
    for (const other of others) expect(other).toEqual(first);
    for (const { memo } of lettersIn(first)) if (memo.kind === "offer") this.#chats.push(memo.chat);
  }

  #callsOf(act: Act): readonly Call[] {
    if (!("both" in act)) return [this.#callOf(act)];
    // An answer is of somebody who is in a proposal, where there is one.
    const live = [...this.#desk.proposals.values()];
    const proposal = live[act.who % Math.max(1, live.length)];
    if (proposal === undefined || act.older) return [this.#callOf(act)];
    const sides = act.both ? proposal.sides : proposal.sides.slice(act.who % 2, (act.who % 2) + 1);
    const people = sides.flatMap((side) => this.#people.filter(({ session }) => session === side.session));
    return people.map((person) => this.#answer(act.act, person, false));
  }

  #callOf(act: Act): Call {
    switch (act.act) {
      case "pass":
        this.#nowMs += act.span;
        return (list, nowMs) => list.due(nowMs, act.most);
      case "seek":
        return this.#seek(act);
      case "never": {
        const [a, b] = [this.#person(act.a), this.#person(act.b)];
        const { address, lane } = a;
        const never = { kind: "never", memo: 1, address, lane, a: a.device, b: b.device, forMs: act.forMs } as const;
        const key = pairOf(lane, a.device, b.device);
        this.#neverMeet.set(key, Math.max(this.#neverMeet.get(key) ?? 0, this.#nowMs + act.forMs));
        return (list, nowMs) => list.never(never, nowMs);
      }
      case "count":
      case "end":
        return this.#list(act);
      case "again":
        // The same memo once more, late: whoever sent it repeats until it is acknowledged.
        return this.#calls.at(-1 - (act.back % Math.max(1, this.#calls.length))) ?? ((list, n) => list.due(n, 1));
      case "cancel":
      case "aside":
      case "regain":
        return this.#number(act.act, this.#person(act.who), act.more);
      default:
        return this.#answer(act.act, this.#person(act.who), act.older);
    }
  }

  #person(at: number): Person {
    const person = this.#people[at];
    if (person === undefined) throw new Error("seven people");
    return person;
  }

  #seek(act: Extract<Act, { act: "seek" }>): Call {
    const person = this.#person(act.who);
    person.seekNo = Math.max(1, person.seekNo + act.more);
    const known = this.#desk.known.get(`${person.lane}:${person.session}`);
    const joinedMs = act.keeps && known !== undefined && known.joinedMs > 0 ? known.joinedMs : this.#nowMs;
    const { interests, languages, waitedMs } = act;
    const listNo = act.list ? (this.#listNos[act.who % SHARDS.length] ?? 0) : undefined;
    const memo = { ...person.seek(this.#nowMs, { interests, languages, waitedMs, joinedMs }), listNo };
    return (list, nowMs) => list.seek(memo, nowMs);
  }

  #number(act: "cancel" | "aside" | "regain", person: Person, by: number): Call {
    if (act === "regain") {
      person.epoch = Math.max(4, person.epoch + 4 * by);
      person.address = addressNamed(SHARDS[person.epoch % 3] ?? "p1");
      const memo = person.regain();
      return (list, nowMs) => list.regain(memo, nowMs);
    }
    const seekNo = Math.max(1, person.seekNo + Math.min(0, by));
    if (act === "aside") {
      const memo = { ...person.aside(), seekNo };
      return (list, nowMs) => list.setAside(memo, nowMs);
    }
    const memo = { ...person.cancel(), seekNo };
    return (list, nowMs) => list.cancel(memo, nowMs);
  }

  #answer(act: "take" | "refuse" | "accept" | "decline" | "told", person: Person, older: boolean): Call {
    const known = this.#desk.known.get(`${person.lane}:${person.session}`);
    const now = known !== undefined && !isTrace(known) ? known.chat : undefined;
    const chat = (older ? this.#chats.at(-3) : undefined) ?? now ?? this.#chats.at(-1) ?? ("c".repeat(22) as ChatId);
    // Usually the shard's numbers are the desk's own; `older` says what a zombie would say.
    if (!older && known !== undefined) {
      person.epoch = known.epoch;
      person.seekNo = known.seekNo;
    }
    if (act === "accept") {
      const memo = person.accept(chat);
      return (list, nowMs) => list.accept(memo, nowMs);
    }
    if (act === "decline") {
      const memo = person.decline(chat);
      return (list, nowMs) => list.decline(memo, nowMs);
    }
    if (act === "told") {
      const memo = person.pairedTaken(chat);
      return (list, nowMs) => list.pairedTaken(memo, nowMs);
    }
    const memo = person.answer(chat, act === "take");
    return (list, nowMs) => list.offerAnswer(memo, nowMs);
  }

  #list(act: Extract<Act, { act: "count" | "end" }>): Call {
    const address = addressNamed(SHARDS[act.shard] ?? "p1");
    const listNo = Math.max(0, (this.#listNos[act.shard] ?? 0) + act.more);
    this.#listNos[act.shard] = Math.max(listNo, this.#listNos[act.shard] ?? 0);
    const here = this.#desk.index("a", "live", address).size;
    const listed = this.#desk.listed.get(`live:${address}`)?.size ?? 0;
    const count = Math.max(0, (act.act === "count" ? here : listed) + act.off);
    const memo = { address, lane: "live", count, listNo } as const;
    if (act.act === "count") return (list, nowMs) => list.count({ kind: "count", ...memo }, nowMs);
    return (list, nowMs) => list.listEnd({ kind: "list_end", ...memo }, nowMs);
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  #live(): ReadonlySet<string> {
    return new Set(this.#desk.proposals.keys());
  }

  /**
   * Every seeker is waiting, set aside, proposed or gone, and stands in exactly the lists that this place calls for.
   */
  #checkPlaces(): void {
    const waiting: string[] = [];
    const inProposal = new Map<string, string>();
    for (const [key, known] of this.#desk.known) {
      if (isTrace(known)) {
        expect(this.#desk.index("w", known.lane).scoreOf(known.session), "a trace waits nowhere").toBeUndefined();
        continue;
      }
      const item = `s:${key}`;
      if (known.state === "waiting") {
        waiting.push(key);
        this.#checkWaiting(known);
        expect(this.#desk.due.scoreOf(item), "who waits has a next moment").toBeDefined();
      } else if (known.state === "aside") {
        expect(this.#desk.due.scoreOf(item), "who is set aside has an end").toBeDefined();
      } else {
        inProposal.set(key, `${known.lane}:${known.chat}`);
        expect(this.#desk.proposals.has(`${known.lane}:${known.chat}`), "the proposal is there").toBe(true);
      }
    }
    expect(this.#desk.index("w", "live").size + this.#desk.index("w", "test").size).toBe(waiting.length);
    for (const [key, proposal] of this.#desk.proposals) {
      expect(this.#desk.due.scoreOf(`p:${key}`), "a proposal has a next moment").toBeDefined();
      if (proposal.stage === "paired") continue;
      for (const side of proposal.sides) {
        expect(inProposal.get(`${proposal.lane}:${side.session}`), "nobody is in two live proposals").toBe(key);
      }
    }
  }

  #checkWaiting(seeker: Seeker): void {
    const { lane, session } = seeker;
    for (const [kind, name] of [["x", seeker.same] as const, ["a", seeker.address] as const, ["w", ""] as const]) {
      expect(this.#desk.index(kind, lane, name).scoreOf(session), `who waits is in ${kind}`).toBeDefined();
    }
    for (const tag of seeker.interests) {
      expect(this.#desk.index("i", lane, tag).scoreOf(session)).toBe(seeker.joinedMs);
      expect(this.#desk.index("j", lane, tag).scoreOf(session) !== undefined).toBe(seeker.open >= 1);
    }
    expect(this.#desk.index("o", lane).scoreOf(session) !== undefined).toBe(seeker.open >= 2);
  }

  /** Whoever met in this step was allowed to. */
  #checkMeetings(before: ReadonlySet<string>): void {
    for (const [key, { sides, lane }] of this.#desk.proposals) {
      const [a, b] = sides;
      const pair = pairOf(lane, a.device, b.device);
      if (!before.has(key)) {
        expect(a.device, "no device meets itself").not.toBe(b.device);
        expect(this.#people.filter(({ session }) => session === a.session || session === b.session)).toMatchObject([
          { lane },
          { lane },
        ]);
        expect(this.#neverMeet.get(pair) ?? 0, "no avoided pair meets").toBeLessThanOrEqual(this.#nowMs);
      }
      const { stage, sinceMs } = this.#desk.proposals.get(key) ?? { stage: "offered", sinceMs: 0 };
      const apartMs = stage === "paired" ? 3_600_000 : stage === "found" ? 600_000 : 0;
      if (apartMs > 0) this.#neverMeet.set(pair, Math.max(this.#neverMeet.get(pair) ?? 0, sinceMs + apartMs));
    }
  }
}

const pairOf = (lane: string, a: string, b: string): string => `${lane} ${[a, b].sort().join(" ")}`;

function lettersIn(step: unknown): readonly Letter[] {
  const { answer } = step as {
    readonly answer: readonly Letter[] | { readonly letters: readonly Letter[] } | undefined;
  };
  if (answer === undefined) return [];
  return "letters" in answer ? answer.letters : answer;
}
