import type { ServerFrame } from "@whisper/shared/protocol/server-frames";
import { planOf } from "../../src/bench/small-plan.ts";
import { type Admission, onAdmitted, onClosed, onOpened, onRefused } from "../../src/people/coming-in.ts";
import { onPersonDue, personDueAtMs, settle } from "../../src/people/life.ts";
import { onFrame } from "../../src/people/on-frame.ts";
import { type Couple, newCouple, newPerson, type Outlet, type Person, type World } from "../../src/people/person.ts";
import { interestOf, scriptOf } from "../../src/people/scenario-people.ts";
import type { CountName, HistogramName, Plan } from "../../src/plan/plan.ts";

export const CHAT = "c".repeat(22);
export const SESSION = "s".repeat(22);
const ENDPOINTS = ["p1", "p2", "p3"].map((pool) => ({ url: `ws://h/${pool}`, region: "eu-west", pool }));

/** A socket that is played: what was said on it, and how it ended. */
export type PlayedOutlet = Outlet & { readonly pool: string; readonly ticket: string; said: string[]; end: string };

/** A couple whose server is played by the test, on a clock that the test moves. */
export class PlayedPeople {
  readonly couple: Couple = newCouple(0, 0);
  readonly counts: Partial<Record<CountName, number>> = {};
  readonly times: Partial<Record<HistogramName, number[]>> = {};
  readonly examples: string[] = [];
  readonly late: number[] = [];
  readonly asked: Person[] = [];
  readonly outlets: PlayedOutlet[] = [];
  readonly world: World;
  nowMs = 0;
  chance = 0.5;
  #tickets = 0;

  constructor(given: Partial<Plan> = {}) {
    this.world = {
      script: scriptOf(planOf("http://h", { holdMs: 600_000, textEveryMs: 1_000, scenario: "drain", ...given })),
      hands: {
        ask: (person) => void this.asked.push(person),
        open: (_person, { pool }, ticket) => this.#outlet(pool, ticket),
        count: (name, by = 1) => {
          this.counts[name] = (this.counts[name] ?? 0) + by;
        },
        time: (name, ms) => {
          this.times[name] = [...(this.times[name] ?? []), ms];
        },
        left: (lateMs) => void this.late.push(lateMs),
        example: (words) => void this.examples.push(words),
        chance: () => this.chance,
        wake: () => {},
      },
    };
    newPerson(0, this.couple, true, 0);
    newPerson(1, this.couple, true, 0);
  }

  get a(): Person {
    return this.#at(0);
  }
  get b(): Person {
    return this.#at(1);
  }

  #at(seat: number): Person {
    const person = this.couple.people[seat];
    if (person === undefined) throw new Error("a couple has two");
    return person;
  }

  #outlet(pool: string, ticket: string): PlayedOutlet {
    const outlet: PlayedOutlet = {
      ...{ pool, ticket, said: [], end: "" },
      write: () => {},
      say: (wire) => void outlet.said.push(wire),
      close: () => {
        outlet.end ||= "closed";
      },
      reset: () => {
        outlet.end ||= "reset";
      },
    };
    this.outlets.push(outlet);
    return outlet;
  }

  /** The socket opened last. */
  get newest(): PlayedOutlet {
    const outlet = this.outlets.at(-1);
    if (outlet === undefined) throw new Error("nobody opened a socket");
    return outlet;
  }

  /** What somebody says on is a played socket. */
  outletOf(person: Person): PlayedOutlet {
    const found = this.outlets.find((one) => one === person.outlet);
    if (found === undefined) throw new Error("they have no socket");
    return found;
  }

  /** The clock goes on, deadline by deadline. */
  passTo(untilMs: number): void {
    for (let turns = 0; turns < 10_000; turns++) {
      const [next] = this.couple.people
        .map((person) => ({ person, atMs: personDueAtMs(person, this.nowMs) }))
        .sort((x, y) => x.atMs - y.atMs);
      if (next === undefined || next.atMs > untilMs) {
        this.nowMs = untilMs;
        return;
      }
      this.nowMs = Math.max(this.nowMs, next.atMs);
      onPersonDue(next.person, this.nowMs, this.world);
      settle(this.couple, this.nowMs, this.world);
    }
    throw new Error("deadlines without end");
  }

  admit(person: Person, admission: Partial<Admission> = {}): void {
    const whole = {
      session: "a.b.c",
      device: "d.e.f",
      ticket: `t${++this.#tickets}`,
      endpoints: ENDPOINTS,
      ...admission,
    };
    onAdmitted(person, whole, this.nowMs, this.world);
  }

  refuse(person: Person, code: string, retryAfterMs?: number): void {
    onRefused(person, { code, retryAfterMs }, this.nowMs, this.world);
  }

  opened(person: Person, outlet = this.newest): void {
    onOpened(person, outlet, this.world);
  }

  closed(person: Person, outlet: Outlet, code: number, retryAfterMs?: number): void {
    onClosed(person, outlet, { code, retryAfterMs }, this.nowMs, this.world);
    settle(this.couple, this.nowMs, this.world);
  }

  /** The server says something, on the newest socket of theirs if not told otherwise. */
  hear(person: Person, frame: ServerFrame | undefined, outlet = person.young ?? person.outlet): void {
    if (outlet !== undefined) onFrame(person, outlet, frame, this.nowMs, this.world);
    settle(this.couple, this.nowMs, this.world);
  }

  greet(person: Person, resume = false): void {
    this.opened(person);
    this.hear(person, frame({ type: "session_created", session_id: SESSION, resume }));
  }

  /** From nothing to being in. */
  enter(person: Person): void {
    this.passTo(this.nowMs);
    this.admit(person);
    this.greet(person);
  }

  /** Both are in, have met, and begin to chat now. */
  meet(): void {
    this.enter(this.a);
    this.enter(this.b);
    this.passTo(this.nowMs);
    const shared_interests = [interestOf(this.world.script, 0, this.couple.round)];
    for (const one of this.couple.people) {
      this.hear(one, frame({ type: "match_found", chat_id: CHAT, shared_interests, accept_deadline: 15 }));
      this.hear(one, frame({ type: "match_accepted", chat_id: CHAT }));
    }
    for (const outlet of this.outlets) outlet.said = [];
  }

  /** The numbers of the texts that somebody wrote, in order. */
  numbersOf(person: Person, outlet = this.outletOf(person)): readonly number[] {
    return framesOf(outlet)
      .filter(({ type }) => type === "message")
      .map(({ id }) => Number(id));
  }

  /** The wire words of somebody's text, as a server would hand it on. */
  textOf(person: Person, id: number): ServerFrame {
    const { talk } = person;
    if (talk === undefined) throw new Error("they do not talk");
    return frame({ type: "message", from: "partner", id, text: `${talk.opening}${id}${talk.filling}`, ts: 1 });
  }
}

/** A server's frame without its branded ids. */
export const frame = (fields: { readonly type: ServerFrame["type"]; readonly [name: string]: unknown }): ServerFrame =>
  fields as ServerFrame;

export const framesOf = (
  outlet: PlayedOutlet,
): readonly { readonly type: string; readonly [name: string]: unknown }[] =>
  outlet.said.map((wire) => JSON.parse(wire));
