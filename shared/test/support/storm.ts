import type { ChatId, SessionId } from "../../src/base/ids.ts";
import { step, wakeAtMs } from "../../src/client/client-step.ts";
import type { ClientEffect, ClientEvent, ClientState } from "../../src/client/state.ts";
import { restore } from "../../src/client/storage.ts";
import type { ClientFrameWire } from "../../src/protocol/codec.ts";
import { decodeClientFrame, decodeServerFrame, encodeFrame } from "../../src/protocol/codec.ts";
import type { ServerFrame } from "../../src/protocol/server-frames.ts";
import type { Act, Planned, Weather } from "./weather.ts";

/**
 * Two client brains and a small honest model of what lies between them, in virtual time: sockets keep order and lose
 * only their end; the way between two shards loses, doubles and reorders; sockets are cut, seen or unseen; tabs are
 * reloaded between any two effects. The model follows the relay rules of docs/PROTOCOL.md (D) and knows nothing of how
 * a client is written.
 */
export const CHAT = "ChatChatChatChatChat22" as ChatId;
const SESSIONS = ["AAAAAAAAAAAAAAAAAAAAAA", "BBBBBBBBBBBBBBBBBBBBBB"] as SessionId[];

type Wire = { readonly no: number; readonly life: number; isOpen: boolean; isDead: boolean; lastAtMs: number };
type Person = {
  state: ClientState;
  life: number;
  kept: Record<"tab" | "chat" | "device", string | null>;
  wires: Wire[];
  alarmMs: number | undefined;
  dieAfterEffects: number | undefined;
  /** Every text that this tab has ever kept as said. */
  readonly said: Set<string>;
};
type Half = { high: number; seen: number; wire: Wire | undefined; isToldAway: boolean; sentAny: boolean };

const CODES = { now: 4000, pause: 4100, abnormal: 1006, unseen: 1006 } as const;

export class Storm {
  nowMs = 1_000_000;
  weather: Weather;
  readonly people: readonly [Person, Person];
  readonly faults: string[] = [];
  readonly #halves: readonly [Half, Half];
  readonly #unit: () => number;
  #queue: { readonly atMs: number; readonly no: number; readonly run: () => void }[] = [];
  #no = 0;

  /** With `dropping`, the first of the two drops what the meter refuses, as the edge does for legacy clients. */
  constructor(unit: () => number, weather: Weather, dropping = false) {
    this.#unit = unit;
    this.weather = weather;
    const half = (): Half => ({ high: 0, seen: 0, wire: undefined, isToldAway: false, sentAny: false });
    this.#halves = [half(), half()];
    this.people = [this.#newPerson(0, dropping), this.#newPerson(1, false)];
    for (const who of [0, 1] as const) this.#tell(who, { event: "call", call: { call: "connect" } });
  }

  plan(acts: readonly Planned[]) {
    const startMs = this.nowMs;
    for (const one of acts) this.#at(startMs + one.atMs, () => this.#act(one.who, one.what));
  }

  /** Runs until `untilMs` of virtual time from now, or until `isDone`. */
  run(forMs: number, isDone: () => boolean = () => false) {
    const endMs = this.nowMs + forMs;
    for (let turns = 0; turns < 200_000; turns++) {
      if (isDone()) return;
      const nextMs = Math.min(this.#queue[0]?.atMs ?? endMs, ...this.people.map((p) => p.alarmMs ?? endMs));
      if (nextMs >= endMs) {
        this.nowMs = endMs;
        return;
      }
      this.nowMs = Math.max(this.nowMs, nextMs);
      const next = this.#queue[0];
      if (next !== undefined && next.atMs <= this.nowMs) {
        this.#queue.shift();
        next.run();
        continue;
      }
      for (const who of [0, 1] as const) {
        const person = this.people[who];
        if (person.alarmMs !== undefined && person.alarmMs <= this.nowMs) this.#tell(who, { event: "woke" });
      }
    }
    this.faults.push("the clients never come to rest");
  }

  #newPerson(who: 0 | 1, dropsWhenLimited: boolean): Person {
    const tab = JSON.stringify({ v: 1, session: `token-${who}`, wish: { interests: [], languages: [] } });
    const talk = { chat: CHAT, shared: [], lastId: 0, delivered: 0, outbox: [], last: 0, lines: [] };
    const kept = { tab, chat: JSON.stringify({ v: 1, ...talk }), device: `device-${who}` };
    const state = restore(kept, this.nowMs, { dropsWhenLimited });
    return {
      state,
      life: 0,
      kept,
      wires: [],
      alarmMs: undefined,
      dieAfterEffects: undefined,
      said: new Set(),
    };
  }

  #at(atMs: number, run: () => void) {
    const one = { atMs, no: this.#no++, run };
    let i = this.#queue.length;
    while (i > 0 && (this.#queue[i - 1] as { atMs: number }).atMs > atMs) i--;
    this.#queue.splice(i, 0, one);
  }
  #later(run: () => void) {
    this.#at(this.nowMs + this.#unit() * this.weather.delayMsMax, run);
  }

  #act(who: 0 | 1, what: Act) {
    const person = this.people[who];
    const half = this.#halves[who];
    const wire = half.wire;
    switch (what.act) {
      case "say":
        return this.#tell(who, { event: "call", call: { call: "say", text: what.text } });
      case "cut":
        return wire === undefined ? undefined : this.#cut(who, wire, CODES[what.how], what.how === "unseen");
      case "reload":
        person.dieAfterEffects = what.afterEffects;
        if (what.afterEffects === 0) this.#reload(who);
        return;
      case "crash":
        half.high = what.knows ? (this.#halves[1 - who]?.seen ?? 0) : -1;
        return wire === undefined ? undefined : this.#cut(who, wire, 1006, false);
      case "moving": {
        const way = { endpoints: [{ url: "ws://other", region: "eu-west", pool: "b" }], ticket: "handover" };
        if (wire !== undefined)
          this.#toClient(who, wire, { type: "moving", after_ms: 0, reason: "draining", ...(what.withWay ? way : {}) });
      }
    }
  }

  // The tab.

  #tell(who: 0 | 1, event: ClientEvent) {
    const person = this.people[who];
    const { next, effects } = step(person.state, event, this.nowMs, this.#unit());
    person.state = next;
    for (const effect of effects) {
      this.#run(who, effect);
      if (person.dieAfterEffects !== undefined && --person.dieAfterEffects <= 0) {
        this.#reload(who); // between two effects of one step: the rest never happens
        return;
      }
    }
    person.alarmMs = wakeAtMs(person.state);
  }

  #reload(who: 0 | 1) {
    const person = this.people[who];
    person.dieAfterEffects = undefined;
    person.life++;
    for (const wire of person.wires) this.#at(this.nowMs + this.#unit() * 50, () => this.#closed(who, wire));
    person.wires = [];
    person.state = restore(person.kept, this.nowMs, person.state.habits);
    person.alarmMs = undefined;
    this.#tell(who, { event: "call", call: { call: "connect" } });
  }

  #run(who: 0 | 1, effect: ClientEffect) {
    const person = this.people[who];
    const { life } = person;
    const isAlive = (): boolean => person.life === life;
    switch (effect.do) {
      case "keep":
        person.kept[effect.what] = effect.value ?? null;
        if (effect.what === "chat" && effect.value !== undefined) this.#noteSaid(who);
        return;
      case "ask":
        return this.#later(() => isAlive() && this.#answer(who, effect.ask));
      case "open": {
        const wire: Wire = { no: effect.socket, life, isOpen: false, isDead: false, lastAtMs: 0 };
        person.wires.push(wire);
        return this.#later(() => isAlive() && this.#open(who, wire));
      }
      case "send": {
        const wire = person.wires.find((one) => one.no === effect.socket);
        return wire === undefined ? undefined : this.#toShard(who, wire, effect.frame);
      }
      case "close": {
        const wire = person.wires.find((one) => one.no === effect.socket);
        person.wires = person.wires.filter((one) => one !== wire);
        if (wire !== undefined) this.#inOrder(wire, () => this.#closed(who, wire));
      }
    }
  }

  #noteSaid(who: 0 | 1) {
    const { state, said } = this.people[who];
    for (const line of state.transcript) if (line.from === "me") said.add(line.text);
  }

  #answer(who: 0 | 1, ask: number) {
    if (this.#unit() < this.weather.refused) {
      const refusal = { code: "unreachable", retryAfterMs: undefined, words: "", challenge: undefined } as const;
      return this.#tell(who, { event: "refused", ask, refusal });
    }
    const endpoints = ["a", "b"].map((pool) => ({ url: `ws://${pool}`, region: "eu-west", pool }));
    const sessionId = SESSIONS[who] as SessionId;
    const admission = { session: `token-${who}-${ask}`, sessionId, device: `device-${who}`, ticket: "t", endpoints };
    this.#tell(who, { event: "admitted", ask, admission });
  }

  // The sockets: in order, losing only their end.

  #inOrder(wire: Wire, run: () => void) {
    const atMs = Math.max(wire.lastAtMs, this.nowMs + this.#unit() * 20);
    wire.lastAtMs = atMs;
    this.#at(atMs, run);
  }
  #toShard(who: 0 | 1, wire: Wire, frame: ClientFrameWire) {
    const bytes = encodeFrame(frame);
    this.#inOrder(wire, () => {
      if (!wire.isDead && this.#halves[who].wire === wire) this.#onBytes(who, wire, bytes);
    });
  }
  #toClient(who: 0 | 1, wire: Wire, frame: ServerFrame) {
    const decoded = decodeServerFrame(encodeFrame(frame));
    if (!decoded.ok) {
      this.faults.push(`the model sent a frame that is none: ${frame.type}`);
      return;
    }
    this.#inOrder(wire, () => {
      const person = this.people[who];
      if (!wire.isDead && wire.life === person.life && person.wires.includes(wire))
        this.#tell(who, { event: "frame", socket: wire.no, frame: decoded.value });
    });
  }
  #open(who: 0 | 1, wire: Wire) {
    const person = this.people[who];
    if (!person.wires.includes(wire)) return;
    if (this.#unit() < this.weather.refused) {
      person.wires = person.wires.filter((one) => one !== wire);
      return this.#tell(who, { event: "closed", socket: wire.no, code: 1006, reason: "" });
    }
    this.#tell(who, { event: "opened", socket: wire.no });
    this.#admit(who, wire);
  }
  #cut(who: 0 | 1, wire: Wire, code: number, isUnseen: boolean) {
    wire.isDead = true;
    const person = this.people[who];
    this.#closed(who, wire);
    if (isUnseen) return;
    this.#later(() => {
      if (wire.life !== person.life || !person.wires.includes(wire)) return;
      person.wires = person.wires.filter((one) => one !== wire);
      this.#tell(who, { event: "closed", socket: wire.no, code, reason: "" });
    });
  }

  // The shards.

  #admit(who: 0 | 1, wire: Wire) {
    const half = this.#halves[who];
    const other = this.#halves[1 - who] as Half;
    const old = half.wire;
    half.wire = wire;
    if (old !== undefined) this.#cut(who, old, 4302, false);
    const received = half.high < 0 ? {} : { received: half.high };
    this.#toClient(who, wire, { type: "session_created", session_id: SESSIONS[who] as SessionId, resume: true });
    this.#toClient(who, wire, { type: "resumed", place: "chatting", chat_id: CHAT, ...received });
    if (other.wire === undefined) this.#toClient(who, wire, { type: "partner_away", grace: 60 });
    half.isToldAway = other.wire === undefined;
    this.#tellPresence((1 - who) as 0 | 1);
  }
  #closed(who: 0 | 1, wire: Wire) {
    const half = this.#halves[who];
    wire.isDead = true;
    if (half.wire !== wire) return;
    half.wire = undefined;
    this.#tellPresence((1 - who) as 0 | 1);
  }
  /** Acknowledged and repeated until taken, so it arrives; late it may be, but it says what is so then. */
  #tellPresence(to: 0 | 1) {
    this.#later(() => {
      const half = this.#halves[to];
      const isAway = (this.#halves[1 - to] as Half).wire === undefined;
      if (half.wire === undefined) return;
      if (isAway && !half.isToldAway) this.#toClient(to, half.wire, { type: "partner_away", grace: 60 });
      if (!isAway) this.#toClient(to, half.wire, { type: "partner_back" });
      half.isToldAway = isAway;
    });
  }

  #onBytes(who: 0 | 1, wire: Wire, bytes: string) {
    const decoded = decodeClientFrame(bytes);
    if (!decoded.ok) {
      this.faults.push(`a client sent a frame that is none: ${decoded.code}`);
      return;
    }
    const frame = decoded.value;
    const half = this.#halves[who];
    const to = (1 - who) as 0 | 1;
    if (frame.type === "ping") return this.#toClient(who, wire, { type: "pong" });
    if (frame.type === "received") return this.#between(() => this.#received(to, Math.min(frame.id, half.seen)));
    if (frame.type !== "message") return;
    const high = half.high < 0 ? frame.id - 1 : half.high;
    const { received } = frame;
    if (frame.id > high + 1) return this.#toClient(who, wire, refusal("out_of_order", high + 1));
    if (received !== undefined) this.#between(() => this.#received(to, Math.min(received, half.seen)));
    if (frame.text?.includes("poison")) return this.#cut(who, wire, 4101, false);
    if (frame.text?.includes("odd")) return this.#toClient(who, wire, refusal("invalid_message", frame.id));
    half.high = high; // the first number offered tells a shard that knew none, even when the text itself is refused
    if (frame.id > high && this.#unit() < this.weather.limited)
      return this.#toClient(who, wire, { type: "rate_limited", retry_after: 1, id: frame.id });
    half.high = Math.max(high, frame.id);
    const isBlocked = frame.text?.includes("bad") === true;
    const text = isBlocked ? undefined : frame.text;
    this.#between(() => this.#text(to, frame.id, text));
    if (isBlocked) this.#toClient(who, wire, refusal("message_blocked", frame.id));
  }
  /** The way between two shards. */
  #between(run: () => void) {
    const times = this.#unit() < this.weather.lost ? 0 : this.#unit() < this.weather.doubled ? 2 : 1;
    for (let i = 0; i < times; i++) this.#later(run);
  }
  #text(to: 0 | 1, id: number, text: string | undefined) {
    const half = this.#halves[to];
    if (half.wire === undefined) return;
    half.seen = Math.max(half.seen, id);
    const words = text === undefined ? { void: true as const } : { text };
    this.#toClient(to, half.wire, {
      type: "message",
      from: "partner",
      id,
      ...words,
      ts: Math.floor(this.nowMs / 1_000),
    });
  }
  #received(to: 0 | 1, id: number) {
    const half = this.#halves[to];
    if (half.wire === undefined) return;
    this.#toClient(to, half.wire, { type: "delivered", chat_id: CHAT, id: Math.min(id, Math.max(0, half.high)) });
  }
}

const refusal = (code: "out_of_order" | "invalid_message" | "message_blocked", id: number): ServerFrame => ({
  type: "error",
  code,
  message: "",
  id,
});
