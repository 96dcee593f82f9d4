import { systemRandom } from "@whisper/shared/base/random";
import { retryAfterMs } from "@whisper/shared/protocol/close-codes";
import { decodeServerFrame } from "@whisper/shared/protocol/codec";
import type { Endpoint } from "@whisper/shared/protocol/server-frames";
import { offeredProtocols } from "@whisper/shared/protocol/version";
import { RawSocket, type SocketEars } from "../engine/raw-socket.ts";
import type { Gauges, Health, Plan, WorkerTick } from "../plan/plan.ts";
import { cut, leave, onAdmitted, onClosed, onOpened, onRefused } from "./coming-in.ts";
import { type ConnectWish, EdgeClient } from "./edge-client.ts";
import { HealthWatch } from "./health.ts";
import { tokenOf } from "./kept-token.ts";
import { onPersonDue, personDueAtMs, settle } from "./life.ts";
import { Measures } from "./measures.ts";
import { endChat, endHalf } from "./meeting.ts";
import { onFrame } from "./on-frame.ts";
import { type Couple, newCouple, newPerson, type Outlet, type Person, partnerOf, type World } from "./person.ts";
import { entersAtMs, isOfShare, scriptOf } from "./scenario-people.ts";
import { Wheel } from "./wheel.ts";

const TURN_MS = 1;
/** What one source address has room for against one server; above about 14,000 the kernel searches for ports. */
const SOCKETS_PER_SOURCE = 9_000;
const PORTS_OF_THE_SYSTEM = 28_000;

/** The people of one worker: their sockets, the clock, and what they measure. */
export class Crew {
  readonly #plan: Plan;
  readonly #people: Person[] = [];
  readonly #couples: Couple[] = [];
  readonly #from: number;
  readonly #startAtMs: number;
  readonly #world: World;
  readonly #wheel: Wheel;
  readonly #edge: EdgeClient;
  readonly #measures = new Measures();
  readonly #health: HealthWatch;
  readonly #timer: NodeJS.Timeout;
  #isHalfway = false;
  #sockets = 0;
  readonly #ears: SocketEars<Person> = {
    opened: (person, socket) => {
      this.#sockets++;
      onOpened(person, socket, this.#world);
    },
    text: (person, socket, bytes, from, to) => {
      const decoded = decodeServerFrame(bytes.toString("utf8", from, to));
      onFrame(person, socket, decoded.ok ? decoded.value : undefined, this.nowMs(), this.#world);
      this.#after(person);
    },
    closed: (person, socket, code, _status, reason) => {
      if (socket.isOpen) this.#sockets--;
      onClosed(person, socket, { code, retryAfterMs: retryAfterMs(reason) }, this.nowMs(), this.#world);
      this.#after(person);
    },
  };

  constructor(plan: Plan, from: number, count: number, startAtMs: number) {
    this.#plan = plan;
    this.#from = from;
    this.#startAtMs = startAtMs;
    this.#edge = new EdgeClient(plan.target, plan.loadPass);
    const room = plan.sourceIps.length === 0 ? PORTS_OF_THE_SYSTEM : plan.sourceIps.length * SOCKETS_PER_SOURCE;
    this.#health = new HealthWatch(room);
    this.#wheel = new Wheel(count);
    const measures = this.#measures;
    this.#world = {
      script: scriptOf(plan),
      hands: {
        ask: (person) => this.#ask(person),
        open: (person, endpoint, ticket) => this.#open(person, endpoint, ticket),
        count: (name, by) => measures.count(name, by),
        time: (name, ms) => measures.time(name, ms),
        left: (lateMs) => this.#health.left(lateMs),
        example: (words) => measures.example(words),
        chance: () => systemRandom.unit(),
        wake: (person) => this.#wake(person),
      },
    };
    for (let at = 0; at < count; at++) this.#add(at, count);
    this.#timer = setInterval(() => this.#turn(), TURN_MS);
  }

  #add(at: number, count: number): void {
    const no = this.#from + at;
    const coupleNo = no >> 1;
    const known = this.#couples.at(-1);
    const couple = known?.no === coupleNo ? known : newCouple(coupleNo, 0);
    if (couple !== known) this.#couples.push(couple);
    const seeks = isOfShare(coupleNo, this.#plan.chatShare);
    const person = newPerson(no, couple, seeks, entersAtMs(this.#plan.rampMs, at, count));
    this.#people.push(person);
    this.#wake(person);
  }

  /** Milliseconds since the run began; below zero before. */
  nowMs(): number {
    return performance.timeOrigin + performance.now() - this.#startAtMs;
  }

  /** The people's last moment, by plan. */
  get endsAtMs(): number {
    return this.#world.script.endsAtMs;
  }

  /** Whether anybody still talks. */
  get isTalking(): boolean {
    return this.#people.some((person) => person.talk !== undefined);
  }

  /** Nobody begins or says anything new; what was said is waited for. */
  finish(): void {
    for (const person of this.#people) {
      const { talk } = person;
      if (talk !== undefined) talk.count = Math.min(talk.count, talk.due);
      if (person.place === "seeking") person.couple.isOver = true;
      else if (talk !== undefined && person.couple.isOver) endHalf(person);
      this.#after(person);
    }
  }

  /** Whoever still talks ends it; everybody leaves. What is under way then is not called lost. */
  leave(): void {
    for (const couple of this.#couples)
      if (couple.people[0]?.talk !== undefined && !couple.isOver) endChat(couple, this.#world);
    for (const person of this.#people) leave(person);
  }

  /** Lets go of clock, edge and sockets. */
  stop(): void {
    clearInterval(this.#timer);
    this.#edge.close();
    this.#health.stop();
    for (const person of this.#people) leave(person);
  }

  get sockets(): number {
    return this.#sockets;
  }

  /** What happened since the last tick. */
  tick(): WorkerTick {
    return { say: "tick", ...this.#feel(), ...this.#measures.take() };
  }

  /** What happened in all. */
  done(): WorkerTick {
    return { say: "done", ...this.#feel(), ...this.#measures.totals() };
  }

  #feel(): { atMs: number; gauges: Gauges; health: Health } {
    let [seeking, chatting] = [0, 0];
    for (const { place, talk } of this.#people) {
      if (talk !== undefined) chatting++;
      else if (place !== "idle") seeking++;
    }
    return {
      atMs: Math.max(0, Math.round(this.nowMs())),
      gauges: { sockets: this.#sockets, seeking, chatting },
      health: this.#health.take(this.#sockets),
    };
  }

  #turn(): void {
    const nowMs = this.nowMs();
    this.#wheel.turn(nowMs, (at) => {
      const person = this.#people[at];
      if (person === undefined) return;
      onPersonDue(person, nowMs, this.#world);
      this.#after(person);
    });
    if (!this.#isHalfway && nowMs >= this.#world.script.halfwayMs) this.#halfway(nowMs);
  }

  #halfway(nowMs: number): void {
    this.#isHalfway = true;
    const { halfway, cutShare } = this.#world.script;
    if (halfway === undefined) return;
    for (const person of this.#people) {
      if (halfway === "cut" && isOfShare(person.no, cutShare)) cut(person, nowMs);
      if (halfway !== "leave" || !isOfShare(person.couple.no, cutShare)) continue;
      if (person.talk !== undefined && !person.couple.isOver) endChat(person.couple, this.#world);
      leave(person);
    }
  }

  #wake(person: Person): void {
    this.#wheel.set(person.no - this.#from, personDueAtMs(person, this.nowMs()));
  }

  /** After whatever happened to somebody. */
  #after(person: Person): void {
    settle(person.couple, this.nowMs(), this.#world);
    this.#wake(person);
  }

  #ask(person: Person): void {
    const wish = this.#wishOf(person);
    if (wish === undefined) return this.#askLater(person);
    const { round } = person.couple;
    this.#edge.connect(wish, (answer) => {
      if (person.couple.round !== round) return; // they have come in anew since
      if (answer.ok) onAdmitted(person, answer.admission, this.nowMs(), this.#world);
      else onRefused(person, answer, this.nowMs(), this.#world);
      this.#after(person);
    });
  }

  #wishOf(person: Person): ConnectWish | undefined {
    const { session, device, seat } = person;
    const { region } = this.#plan;
    if (session !== undefined && device !== undefined)
      return { session: tokenOf(session), device: tokenOf(device), region };
    if (!this.#world.script.isApart || seat === 0) return { region };
    const pool = partnerOf(person)?.outlet === undefined ? undefined : partnerOf(person)?.pool;
    return pool === undefined ? undefined : { region, avoid: [pool] };
  }

  /** The second of a couple that is to be in two pools waits until the first is in one. */
  #askLater(person: Person): void {
    person.phase = "waiting";
    person.returnsAtMs = Math.ceil(this.nowMs() + 50);
  }

  #open(person: Person, endpoint: Endpoint, ticket: string): Outlet {
    const { hostname, port, pathname, protocol } = new URL(endpoint.url);
    const { sourceIps } = this.#plan;
    const source = sourceIps[person.no % Math.max(1, sourceIps.length)];
    const secure = protocol === "wss:";
    return new RawSocket<Person>(
      {
        host: hostname,
        port: Number(port === "" ? (secure ? 443 : 80) : port),
        path: pathname,
        secure,
        ...(source === undefined ? {} : { source }),
        protocols: offeredProtocols(ticket),
      },
      this.#ears,
      person,
    );
  }
}
