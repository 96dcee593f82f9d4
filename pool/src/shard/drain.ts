import { DRAIN_AGAIN_MS } from "@whisper/shared/limits";
import { encodeFrame } from "@whisper/shared/protocol/codec";
import type { Endpoint } from "@whisper/shared/protocol/server-frames";
import type { ClerkCalls } from "./clerk-calls.ts";
import { drawEndpoints, type Room } from "./drain-room.ts";
import { DrainWindow, lateness } from "./drain-window.ts";
import type { Hub } from "./hub.ts";
import { charged, type Meter, meterOf, waitMs } from "./meter.ts";

export type DrainWorld = {
  readonly hub: Hub;
  readonly calls: ClerkCalls;
  readonly nowMs: () => number;
  /** From 0 to 1. */
  readonly chance: () => number;
  readonly room: () => Room;
  /** Sockets that were moved away from and are not left yet. */
  readonly lingering: () => number;
  send(slot: number, wire: string): void;
  /** Ends what is left at the deadline, to come back elsewhere at once. */
  close(slot: number): void;
};

export type DrainSettings = {
  /** People of this shard told to move per second, at most. */
  readonly perS: number;
  /** Counted only while there is room elsewhere. */
  readonly deadlineMs: number;
};

/**
 * How far a drain is. `held` are the sockets still here, `told` those asked to move, `closed` those ended at the
 * deadline.
 */
export type DrainState = {
  readonly state: "up" | "draining" | "no_room" | "drained";
  readonly held: number;
  readonly told: number;
  readonly closed: number;
};

/** Who is to be told next, and with what. Without a ticket the client asks the edge for one, which takes longer. */
type Passage = {
  readonly slot: number;
  readonly epoch: number;
  readonly endpoints: readonly Endpoint[];
  readonly ticket: string | undefined;
};

/** The pace is kept over this span, so that no burst of people arrives at the pools that take them. */
const PACE_MS = 100;
/** Who was told so lately is counted as on their way even if gone: heartbeats do not show them where they went. */
const UNSEEN_MS = 2_000;

/**
 * Moves everybody to other pools, make before break: each is told where to go and given a hand-over ticket, opens the
 * new socket first, and leaves this one when it is back there (DESIGN §10). At a rate, within the room there is, with
 * an end. Tickets are asked for in bulk, those of the next second at a time.
 */
export class Drain {
  readonly #world: DrainWorld;
  readonly #settings: DrainSettings;
  /** When each slot's holder was last asked for, then told; 0 for neither. Nobody comes in while a pool drains. */
  readonly #askedMs: Float64Array;
  readonly #toldEpoch: Float64Array;
  readonly #pace: Meter;
  /** Tickets that were asked for and have not come, and those that have. */
  #asked = 0;
  #ready: Passage[] = [];
  /** Those told not long ago who are still here. */
  #leaving: { readonly slot: number; readonly epoch: number; readonly toldMs: number }[] = [];
  readonly #window: DrainWindow;
  /** Which drain this is: what was asked for in another counts no more. */
  #round = 0;
  #isOn = false;
  #at = 0;
  #paceMs = 0;
  #leftMs = 0;
  #turnedMs = 0;
  #told = 0;
  #closed = 0;
  #hasRoom = true;

  constructor(world: DrainWorld, settings: DrainSettings) {
    this.#world = world;
    this.#settings = settings;
    const { capacity } = world.hub.slots;
    this.#askedMs = new Float64Array(capacity);
    this.#toldEpoch = new Float64Array(capacity);
    this.#window = new DrainWindow(settings.perS);
    this.#pace = meterOf(Math.max(1, (settings.perS * PACE_MS) / 1_000), PACE_MS);
  }

  /** Begins; a drain that runs already goes on as it was. */
  start(): void {
    if (this.#isOn) return;
    const { hub, nowMs, chance } = this.#world;
    this.#isOn = true;
    this.#at = Math.floor(chance() * hub.slots.capacity);
    this.#leftMs = this.#settings.deadlineMs;
    this.#turnedMs = nowMs();
    this.#told = 0;
    this.#closed = 0;
    this.#askedMs.fill(0);
    this.#leaving = [];
    this.#window.reset();
    this.#forgetAsked();
  }

  /** Undone: who was told already moves all the same, the rest stays. */
  undo(): void {
    this.#isOn = false;
    this.#forgetAsked();
  }

  #forgetAsked(): void {
    this.#round++;
    this.#asked = 0;
    this.#ready = [];
  }

  get isOn(): boolean {
    return this.#isOn;
  }

  progress(): DrainState {
    const held = this.#world.hub.slots.held + this.#world.lingering();
    const counts = { held, told: this.#told, closed: this.#closed };
    if (!this.#isOn) return { state: "up", ...counts };
    if (held === 0) return { state: "drained", ...counts };
    return { state: this.#hasRoom ? "draining" : "no_room", ...counts };
  }

  /** Each turn of the shard's loop: tells as many as the pace and the room allow. */
  turn(nowMs: number): void {
    if (!this.#isOn || this.#world.hub.slots.held === 0) return;
    const room = this.#world.room();
    this.#hasRoom = room.places > 0;
    // The deadline stands still while there is nowhere to go: nobody is thrown out for that.
    if (this.#hasRoom) this.#leftMs -= nowMs - this.#turnedMs;
    this.#turnedMs = nowMs;
    if (this.#leftMs <= 0) return this.#closeAll();
    this.#moveWindow(nowMs);
    this.#tellReady(nowMs);
    if (this.#hasRoom) this.#askAhead(room, nowMs);
  }

  #tellReady(nowMs: number): void {
    let told = 0;
    for (const passage of this.#ready) {
      if (waitMs(this.#pace, this.#paceMs, nowMs) > 0 || this.#leaving.length >= this.#window.size) break;
      told++;
      if (this.#tell(passage, nowMs)) this.#paceMs = charged(this.#pace, this.#paceMs, nowMs);
    }
    this.#ready.splice(0, told);
  }

  /** Asks for the tickets of those who are to be told within the next second. */
  #askAhead(room: Room, nowMs: number): void {
    let places = room.places - this.#spokenFor(nowMs);
    const { capacity } = this.#world.hub.slots;
    for (let looked = 0; looked < capacity && places > 0; looked++) {
      if (this.#asked + this.#ready.length >= Math.min(this.#settings.perS, this.#window.size)) return;
      const slot = this.#at;
      this.#at = (this.#at + 1) % capacity;
      if (!this.#isToBeTold(slot, nowMs)) continue;
      places--;
      this.#ask(slot, drawEndpoints(room, this.#world.chance), nowMs);
    }
  }

  /** Whether the holder of this slot was told to move. */
  wasTold(slot: number): boolean {
    const { slots } = this.#world.hub;
    return slots.isEntered(slot) && this.#toldEpoch[slot] === slots.epochOf(slot);
  }

  #isToBeTold(slot: number, nowMs: number): boolean {
    const { slots } = this.#world.hub;
    if (!slots.isEntered(slot)) return false;
    const askedMs = this.#askedMs[slot] as number;
    return askedMs === 0 || nowMs - askedMs > DRAIN_AGAIN_MS;
  }

  /** How many places elsewhere are spoken for, though no heartbeat may show it yet. */
  #spokenFor(nowMs: number): number {
    const { slots } = this.#world.hub;
    let count = 0;
    for (let slot = 0; slot < slots.capacity; slot++) {
      const agoMs = nowMs - (this.#askedMs[slot] as number);
      if (agoMs <= UNSEEN_MS || (agoMs <= DRAIN_AGAIN_MS && slots.isEntered(slot))) count++;
    }
    return count;
  }

  /** Looks who of those told has left since the last turn, and moves the window by it. */
  #moveWindow(nowMs: number): void {
    const { slots } = this.#world.hub;
    const way = { count: 0, late: 0 };
    const stay = this.#leaving.filter(({ slot, epoch, toldMs }) => {
      const isHere = slots.isEntered(slot) && slots.epochOf(slot) === epoch;
      const how = lateness(nowMs - toldMs);
      if (isHere && how !== "straggler") way.count++;
      if (isHere && how === "late") way.late++;
      return isHere && how !== "straggler";
    });
    this.#window.turn(this.#leaving.length - stay.length, way, nowMs);
    this.#leaving = stay;
  }

  #ask(slot: number, endpoints: readonly Endpoint[], nowMs: number): void {
    const { hub, calls } = this.#world;
    const { session, home, lane, epoch } = hub.slots.holder(slot);
    const round = this.#round;
    this.#askedMs[slot] = nowMs;
    this.#asked++;
    const answered = (ticket: string | undefined): void => {
      if (round !== this.#round) return;
      this.#asked--;
      this.#ready.push({ slot, epoch, endpoints, ticket });
    };
    const pools = endpoints.map(({ pool }) => pool);
    calls.ask<"handover">(
      { kind: "handover", session, home, pools, lane, network: "" },
      (answer) => answered(answer.ticket),
      () => answered(undefined),
    );
  }

  /** Whether they were still there to be told. */
  #tell({ slot, epoch, endpoints, ticket }: Passage, nowMs: number): boolean {
    const { hub, send } = this.#world;
    if (!hub.slots.isEntered(slot) || hub.slots.epochOf(slot) !== epoch) return false;
    if (this.#toldEpoch[slot] !== epoch) this.#told++;
    this.#leaving.push({ slot, epoch, toldMs: nowMs });
    this.#toldEpoch[slot] = epoch;
    this.#askedMs[slot] = nowMs;
    const way = ticket === undefined ? {} : { endpoints, ticket };
    send(slot, encodeFrame({ type: "moving", after_ms: 0, reason: "drain", ...way }));
    return true;
  }

  #closeAll(): void {
    const { hub, close } = this.#world;
    for (let slot = 0; slot < hub.slots.capacity; slot++) {
      if (hub.socketAt(slot) === undefined) continue;
      this.#closed++;
      close(slot);
    }
  }
}
