import type { PoolName, RegionName } from "@whisper/shared/base/ids";
import { DRAIN_AGAIN_MS, TICKET_AUDIENCE_MAX } from "@whisper/shared/limits";
import { encodeFrame } from "@whisper/shared/protocol/codec";
import type { Endpoint } from "@whisper/shared/protocol/server-frames";
import type { ClerkCalls } from "./clerk-calls.ts";
import type { Hub } from "./hub.ts";
import { charged, meterOf, waitMs } from "./meter.ts";

/**
 * Where people can go: the region's other pools that take newcomers, and how many places of theirs are this pool's to
 * fill.
 */
export type Room = { readonly endpoints: readonly Endpoint[]; readonly free: number };

export type DrainWorld = {
  readonly hub: Hub;
  readonly calls: ClerkCalls;
  readonly nowMs: () => number;
  /** From 0 to 1. */
  readonly chance: () => number;
  readonly room: () => Room;
  send(slot: number, wire: string): void;
  /** Ends what is left at the deadline, to come back elsewhere at once. */
  close(slot: number): void;
};

export type DrainSettings = {
  /** People told to move per second, at most. */
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

/**
 * Moves everybody to other pools, make before break: each is told where to go and given a hand-over ticket, opens the
 * new socket first, and leaves this one when it is back there (DESIGN §10). At a rate, within the room there is, with
 * an end.
 */
export class Drain {
  readonly #world: DrainWorld;
  readonly #settings: DrainSettings;
  /** When each slot's holder was told, 0 for not; a slot that is taken again was told to somebody else. */
  readonly #toldMs: Float64Array;
  readonly #toldEpoch: Float64Array;
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
    this.#toldMs = new Float64Array(capacity);
    this.#toldEpoch = new Float64Array(capacity);
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
    this.#toldMs.fill(0);
  }

  /** Undone: who was told already moves all the same, the rest stays. */
  undo(): void {
    this.#isOn = false;
  }

  get isOn(): boolean {
    return this.#isOn;
  }

  progress(): DrainState {
    const { held } = this.#world.hub.slots;
    const counts = { held, told: this.#told, closed: this.#closed };
    if (!this.#isOn) return { state: "up", ...counts };
    if (held === 0) return { state: "drained", ...counts };
    return { state: this.#hasRoom ? "draining" : "no_room", ...counts };
  }

  /** Each turn of the shard's loop: tells as many as the pace and the room allow. */
  turn(nowMs: number): void {
    if (!this.#isOn || this.#world.hub.slots.held === 0) return;
    const { endpoints, free } = this.#world.room();
    this.#hasRoom = endpoints.length > 0 && free > 0;
    // The deadline stands still while there is nowhere to go: nobody is thrown out for that.
    if (this.#hasRoom) this.#leftMs -= nowMs - this.#turnedMs;
    this.#turnedMs = nowMs;
    if (this.#leftMs <= 0) return this.#closeAll();
    if (!this.#hasRoom) return;
    const pace = meterOf(this.#settings.perS, 1_000);
    let places = free - this.#onTheirWay(nowMs);
    const { capacity } = this.#world.hub.slots;
    for (let looked = 0; looked < capacity && places > 0 && waitMs(pace, this.#paceMs, nowMs) === 0; looked++) {
      const slot = this.#at;
      this.#at = (this.#at + 1) % capacity;
      if (!this.#isToBeTold(slot, nowMs)) continue;
      this.#paceMs = charged(pace, this.#paceMs, nowMs);
      places--;
      this.#tell(slot, endpoints, nowMs);
    }
  }

  /** Whether the holder of this slot was told to move. */
  wasTold(slot: number): boolean {
    const { slots } = this.#world.hub;
    return (
      (this.#toldMs[slot] as number) > 0 && slots.isEntered(slot) && this.#toldEpoch[slot] === slots.holder(slot).epoch
    );
  }

  #isToBeTold(slot: number, nowMs: number): boolean {
    const { slots } = this.#world.hub;
    if (!slots.isEntered(slot)) return false;
    const toldMs = this.#toldMs[slot] as number;
    return toldMs === 0 || this.#toldEpoch[slot] !== slots.holder(slot).epoch || nowMs - toldMs > DRAIN_AGAIN_MS;
  }

  /** Who was told lately and is still here: their places elsewhere are spoken for. */
  #onTheirWay(nowMs: number): number {
    const { slots } = this.#world.hub;
    let count = 0;
    for (let slot = 0; slot < slots.capacity; slot++) {
      if (nowMs - (this.#toldMs[slot] as number) <= DRAIN_AGAIN_MS && slots.isEntered(slot)) count++;
    }
    return count;
  }

  #tell(slot: number, endpoints: readonly Endpoint[], nowMs: number): void {
    const { hub, calls, send } = this.#world;
    const { session, home, lane, epoch } = hub.slots.holder(slot);
    if (this.#toldEpoch[slot] !== epoch || this.#toldMs[slot] === 0) this.#told++;
    this.#toldMs[slot] = nowMs;
    this.#toldEpoch[slot] = epoch;
    const still = (): boolean => hub.slots.isEntered(slot) && hub.slots.holder(slot).epoch === epoch;
    const move = (ticket: string | undefined): void => {
      if (!still()) return;
      // Without a ticket the client asks the edge for one, which costs it a little longer.
      const way = ticket === undefined ? {} : { endpoints, ticket };
      send(slot, encodeFrame({ type: "moving", after_ms: 0, reason: "drain", ...way }));
    };
    const pools = endpoints.slice(0, TICKET_AUDIENCE_MAX).map(({ pool }) => pool);
    calls.ask<"handover">(
      { kind: "handover", session, home, pools, lane, network: "" },
      (answer) => move(answer.ticket),
      () => move(undefined),
    );
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

/**
 * The room that heartbeats tell of: `siblings` are the region's other pools, of which `draining` share it with this
 * one.
 */
export function roomOf(
  region: RegionName,
  siblings: readonly {
    readonly pool: PoolName;
    readonly url: string | undefined;
    readonly lines: readonly {
      readonly sockets: number;
      readonly max: number;
      readonly state: string;
      readonly answered: boolean;
    }[];
  }[],
): Room {
  const freeOf = ({ lines }: (typeof siblings)[number]): number =>
    lines.reduce(
      (sum, line) => (line.state === "up" && line.answered ? sum + Math.max(0, line.max - line.sockets) : sum),
      0,
    );
  const open = siblings
    .map((sibling) => ({ ...sibling, free: freeOf(sibling) }))
    .filter(({ free, url }) => free > 0 && url !== undefined)
    .sort((a, b) => b.free - a.free);
  const draining = siblings.filter(({ lines }) => lines.some(({ state }) => state === "draining")).length;
  const free = open.reduce((sum, one) => sum + one.free, 0);
  return {
    endpoints: open.slice(0, TICKET_AUDIENCE_MAX).map(({ pool, url }) => ({ url: url ?? "", region, pool })),
    free: Math.floor(free / (draining + 1)),
  };
}
