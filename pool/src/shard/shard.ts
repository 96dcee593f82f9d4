import type { Clock } from "@whisper/shared/base/clock";
import { type Address, addressOf, newIncarnation, parseAddress } from "@whisper/shared/base/ids";
import type { Random } from "@whisper/shared/base/random";
import type { ShardLine } from "@whisper/shared/bus/heartbeat";
import type { Memo } from "@whisper/shared/bus/memos";
import { CONTROL_ALL, clerkSubject, inboxSubject } from "@whisper/shared/bus/subjects";
import { audienceOf } from "@whisper/shared/credentials/claims";
import type { Verifier } from "@whisper/shared/credentials/verify";
import type { PoolReport } from "@whisper/shared/directory/pool-report";
import type { Bus, Log, Reports } from "../ports.ts";
import type { Mail } from "../runtime/mail.ts";
import { socketUrlOf } from "../runtime/socket-url.ts";
import { Arena } from "./arena.ts";
import { ClerkCalls } from "./clerk-calls.ts";
import { Deadlines } from "./deadlines.ts";
import { Drain, type DrainState } from "./drain.ts";
import { roomOf } from "./drain-room.ts";
import { Entrance, endSocket } from "./entrance.ts";
import type { Entry } from "./entry.ts";
import type { Event } from "./event.ts";
import { Forwards } from "./forwards.ts";
import { onBytes } from "./frames-in.ts";
import { openFrontDoor } from "./front-door.ts";
import { Gate } from "./gate.ts";
import { Hub, type Person } from "./hub.ts";
import type { InboxWorld } from "./inbox.ts";
import { Lingering } from "./lingering.ts";
import { Moved } from "./moved.ts";
import { ShardNumbers } from "./numbers.ts";
import { Outward } from "./outward.ts";
import { askHome } from "./questions.ts";
import { RecordsKept } from "./records-kept.ts";
import { Repeater } from "./repeater.ts";
import { Reporting } from "./report.ts";
import type { Hands } from "./run-effects.ts";
import { RunLoop } from "./run-loop.ts";
import { SeekerLists } from "./seeker-lists.ts";
import type { ShardSettings } from "./settings.ts";
import { Takeover } from "./takeover.ts";
import { Watch } from "./watch.ts";

/** What a shard needs from the world. */
export type ShardWorld = {
  readonly bus: Pick<Bus, "isUp" | "onUp">;
  readonly mail: Mail;
  readonly keys: Verifier;
  readonly reports: Reports;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly isBlocked: (text: string) => boolean;
  readonly cleanInterests: (tags: readonly string[]) => readonly string[];
};

/** How often deadlines are looked at. */
const TURN_MS = 50;

/**
 * One process of a pool: sockets in, memos in, deadlines in; decisions by `step`; acts by `runEffects`. From bytes in
 * to bytes out nothing waits, so nothing can happen in the middle of a frame (DESIGN §7, ARCHITECTURE).
 */
export class Shard {
  readonly address: Address;
  readonly numbers = new ShardNumbers();
  readonly hub: Hub;
  readonly repeater: Repeater;
  readonly #settings: ShardSettings;
  readonly #world: ShardWorld;
  readonly #deadlines: Deadlines<Person>;
  readonly #calls: ClerkCalls;
  readonly #records: RecordsKept;
  readonly #lists: SeekerLists;
  readonly #entrance: Entrance;
  readonly #gate: Gate;
  readonly #loop: RunLoop;
  readonly #watch: Watch;
  readonly #drain: Drain;
  #isStopping = false;
  readonly #moved: Moved;
  readonly #lingering = new Lingering();
  readonly #arena = new Arena();
  readonly #forwards = new Forwards();
  #isCordoned = false;
  readonly #outward: Outward;
  readonly #takeover: Takeover;
  readonly #reporting: Reporting;
  readonly #apply = (person: Person, event: Event): void => this.#loop.apply(person, event);
  #listening: Entry | undefined;
  #stops: (() => void)[] = [];

  constructor(settings: ShardSettings, world: ShardWorld) {
    const { clock, mail, random } = world;
    this.#settings = settings;
    this.#world = world;
    const incarnation = newIncarnation(random);
    this.address = addressOf({ ...settings, incarnation });
    const nowMs = clock.nowMs;
    this.hub = new Hub(settings.socketsMax, this.address);
    this.#deadlines = new Deadlines<Person>(nowMs(), (person) => this.#loop.apply(person, { event: "wake" }));
    this.repeater = new Repeater(nowMs);
    this.#calls = new ClerkCalls({
      address: this.address,
      nowMs,
      send: (memo) => mail.send(clerkSubject(settings.region), memo),
    });
    this.#outward = new Outward({
      own: this.address,
      region: settings.region,
      hub: this.hub,
      mail,
      numbers: this.numbers,
      local: (memo) => this.#loop.receive(memo),
    });
    this.#takeover = new Takeover({
      own: this.address,
      hub: this.hub,
      repeater: this.repeater,
      outward: this.#outward,
      isMoving: (slot) => this.#drain.wasTold(slot),
      went: (session, address) => this.#forwards.went(session, address, nowMs()),
      linger: (socket) => this.#lingering.add(socket, nowMs()),
      unwatch: (person) => this.#deadlines.clear(person),
    });
    this.#reporting = new Reporting({
      region: settings.region,
      reports: world.reports,
      nowMs,
      tell: (session, wire) => this.#outward.send(this.hub.slots.find(session), wire, "frame"),
      lost: () => this.numbers.reportsLost++,
    });
    this.#moved = new Moved(this.hub, this.#apply);
    this.#records = new RecordsKept(this.hub, this.#calls, (session, epoch) =>
      this.#takeover.supersede(session, epoch),
    );
    this.#lists = new SeekerLists({
      hub: this.hub,
      address: this.address,
      region: settings.region,
      neighbours: settings.neighbours,
      postDesk: (memo, desk) => this.#outward.postDesk(memo, desk),
      repeater: this.repeater,
      nowMs,
    });
    const { texts, textBytes, typing, spans } = settings;
    const { upgradesPerS, forgedPerWindow } = settings;
    const word = (): number => Math.floor(random.unit() * 0xff_ff_ff_ff);
    const audience = audienceOf(settings.region, settings.pool);
    this.#gate = new Gate({ audience, upgradesPerS, forgedPerWindow, keys: world.keys, nowMs, salt: word() });
    this.#loop = new RunLoop({
      hub: this.hub,
      rules: {
        texts,
        textBytes,
        typing,
        spans,
        neighbours: settings.neighbours,
        isBlocked: world.isBlocked,
        cleanInterests: world.cleanInterests,
      },
      hands: this.#hands(),
      inbox: this.#inbox(),
      nowMs,
      judges: () => this.#watch.judges(),
      stillMs: () => this.#watch.stillMs,
      wakeAt: (person, atMs) => this.#deadlines.set(person, atMs),
      broke: (person, promise) => this.#broke(person, promise),
    });
    this.#watch = new Watch(
      {
        own: this.address,
        hub: this.hub,
        bus: world.bus,
        mail,
        nowMs,
        hasHeartbeats: settings.hasHeartbeats,
        line: () => this.#line(),
        apply: this.#apply,
      },
      { ...settings, incarnation },
    );
    this.#drain = new Drain(
      {
        hub: this.hub,
        calls: this.#calls,
        nowMs,
        chance: random.unit,
        room: () => roomOf(settings.region, this.#watch.siblings(), settings),
        lingering: () => this.#lingering.size,
        send: (slot, wire) => this.#outward.send(slot, wire, "frame"),
        close: (slot) => this.#outward.end(slot, "draining"),
      },
      settings.drain,
    );
    this.#entrance = new Entrance({
      own: this.address,
      hub: this.hub,
      calls: this.#calls,
      spans,
      nowMs,
      attempt: word,
      isDraining: () => this.#isStopping || this.#drain.isOn,
      apply: this.#apply,
      came: (session) => this.#forwards.came(session),
      supersede: (session, epoch, before) => this.#takeover.tellBefore(session, epoch, before),
      count: (result) => this.numbers.entered(result),
    });
  }

  /** Listens for sockets and memos; rejects when the port is taken. */
  async start(): Promise<void> {
    const { mail, clock } = this.#world;
    const { region, pool, shard } = this.#settings;
    const inbox = mail.listen(inboxSubject({ region, pool, shard }), (memo) => this.#loop.receive(memo));
    const front = openFrontDoor(this.#settings, this.#door(), this.#world);
    this.#listening = front.entry;
    const turn = setInterval(() => this.#turn(clock.nowMs()), TURN_MS);
    const { seekersEveryMs, touchEveryMs, touchSliceMs, reportEveryMs } = this.#settings;
    const lists = setInterval(() => this.#lists.tell(), seekersEveryMs);
    const touch = setInterval(() => this.#records.touch(touchSliceMs / touchEveryMs), touchSliceMs);
    const load = setInterval(() => this.#reportLoad(), reportEveryMs);
    this.#reportLoad();
    const control = mail.listen(CONTROL_ALL, (memo) => this.#order(memo));
    const watch = this.#watch.start();
    const bus = this.#world.bus.onUp(() => this.#reconnected());
    this.#stops = [
      () => inbox.stop(),
      () => control.stop(),
      watch,
      () => bus.stop(),
      () => front.stop(),
      ...[turn, lists, touch, load].map((timer) => () => clearInterval(timer)),
    ];
  }

  /** Closes every socket and stops. People keep their places in their records, and come back elsewhere. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#listening?.pause();
    this.#reportLoad();
    for (let slot = 0; slot < this.hub.slots.capacity; slot++) {
      const socket = this.hub.socketAt(slot);
      if (socket !== undefined) endSocket(socket, "draining");
    }
    this.#listening?.close();
    for (const stop of this.#stops) stop();
    this.#world.mail.flush();
  }

  /** Takes no more newcomers and moves everybody to other pools; twice is as once. */
  startDrain(): DrainState {
    if (!this.#drain.isOn) {
      this.#listening?.pause();
      this.#drain.start();
      this.#reportLoad();
    }
    return this.#drain.progress();
  }

  /** Takes newcomers again; who was told to move moves all the same. */
  undoDrain(): DrainState {
    if (this.#drain.isOn) {
      this.#drain.undo();
      this.#listening?.resume();
      this.#reportLoad();
    }
    return this.#drain.progress();
  }

  /** Leaves or rejoins the directory; who is here stays. */
  cordon(isOn: boolean): void {
    this.#isCordoned = isOn;
    this.#reportLoad();
  }

  /** Whether so many promises broke lately that it wishes to be drained and started afresh. */
  get isUnwell(): boolean {
    return this.#arena.isUnwell;
  }

  /** How far a drain is. */
  get drainState(): DrainState {
    return this.#drain.progress();
  }

  /** The port it listens on. */
  get port(): number {
    return this.#listening?.port ?? 0;
  }

  /** What this shard says about itself in the directory. */
  report(): PoolReport {
    const { region, pool, lat, lon, socketsMax, opsUrl } = this.#settings;
    const sockets = this.hub.slots.held;
    return {
      region,
      pool,
      lat,
      lon,
      sockets,
      socketsMax,
      live: sockets - this.hub.slots.heldByTests,
      url: socketUrlOf(this.#settings, this.port),
      state: this.#isStopping || this.#drain.isOn ? "draining" : this.#isCordoned ? "cordoned" : "up",
      atMs: this.#world.clock.nowMs(),
      ...(opsUrl === undefined ? {} : { ops: opsUrl }),
    };
  }

  #broke(person: Person, promise: string): void {
    this.numbers.broken++;
    this.#arena.broke(this.#world.clock.nowMs());
    this.#world.log.error("promise_broken", { promise });
    const socket = person.slot < 0 ? undefined : this.hub.socketAt(person.slot);
    if (socket !== undefined) endSocket(socket, "our_fault");
  }

  #door() {
    const { frames, frameBytes } = this.#settings;
    const framesWorld = {
      hub: this.hub,
      nowMs: this.#world.clock.nowMs,
      frames,
      frameBytes,
      apply: this.#apply,
      send: (slot: number, wire: string) => this.#outward.send(slot, wire, "frame"),
      broken: (slot: number) => this.#outward.end(slot, "broken_client"),
    };
    return {
      check: (protocols: string, address: Uint8Array) => {
        const checked = this.#gate.check(protocols, address);
        if (!checked.ok) this.numbers.refused(checked.code);
        return checked;
      },
      opened: this.#entrance.open.bind(this.#entrance),
      frame: (slot: number, bytes: ArrayBuffer, isBinary: boolean) => {
        if (slot >= 0) onBytes(slot, bytes, isBinary, framesWorld);
      },
      closed: (slot: number) => this.#closed(slot),
    };
  }

  #closed(slot: number): void {
    const isMoving = this.#drain.wasTold(slot);
    const person = this.hub.leave(slot);
    if (person === undefined) return;
    // Who was told to move leaves when they are back elsewhere: that word is on its way, and they are not away.
    if (isMoving) this.#moved.left(person, this.#world.clock.nowMs());
    else this.#loop.apply(person, { event: "gone" });
  }

  #inbox(): InboxWorld {
    return {
      own: this.address,
      hub: this.hub,
      repeater: this.repeater,
      calls: this.#calls,
      apply: (person, event) => this.#loop.run(person, event),
      post: (to, memo) => this.#outward.post(to, memo),
      wentTo: (session) => this.#forwards.of(session),
      superseded: (memo) => this.#takeover.yield(memo),
      listWanted: () => this.#lists.send(),
      dropped: () => this.numbers.memosDropped++,
    };
  }

  #hands(): Hands {
    const outward = this.#outward;
    return {
      nowMs: this.#world.clock.nowMs,
      send: (slot, wire, kind) => outward.send(slot, wire, kind),
      post: (to, memo) => outward.post(to, memo),
      postDesk: (memo, desk) => outward.postDesk(memo, desk),
      insist: (session, memo, post) =>
        this.repeater.insist<Memo & { readonly memo: number }>(memo as never, session, post),
      write: (person, standing) => this.#records.write(person, standing),
      ask: (person, memo) => askHome(person, memo, { hub: this.hub, calls: this.#calls, apply: this.#apply }),
      report: ({ me }, effect) => this.#reporting.file(me, effect),
      count: (what) => this.numbers.count(what),
    };
  }

  #turn(nowMs: number): void {
    this.#watch.turn(nowMs);
    this.#drain.turn(nowMs);
    this.#moved.turn(nowMs);
    this.#lingering.turn(nowMs);
    this.#forwards.turn(nowMs);
    this.#deadlines.turn(nowMs);
    this.repeater.turn(nowMs, this.#world.bus.isUp());
    this.#calls.turn(nowMs);
    this.#reporting.turn(nowMs);
  }

  /** A word to all shards. */
  #order(memo: Memo): void {
    if (memo.kind !== "reborn") {
      this.numbers.memosDropped++;
      return;
    }
    if (memo.desk !== undefined) this.#lists.sendTo(memo.home);
    this.#records.putBackAll(memo.home, new Set(memo.partitions.map(Number)));
  }

  /** The bus is back, and what was published meanwhile is lost: say it again, and look for partners elsewhere. */
  #reconnected(): void {
    this.repeater.all();
    this.#calls.all();
    for (const person of this.hub.people()) {
      if (person.value.place === "chatting" && person.value.partner.address !== this.address) {
        this.#loop.apply(person, { event: "bus_back" });
      }
    }
  }

  #line(): ShardLine {
    const { shard, socketsMax } = this.#settings;
    const { incarnation } = parseAddress(this.address) ?? { incarnation: "" };
    const { sockets, live, state } = this.report();
    return { shard, incarnation, sockets, live, max: socketsMax, state, answered: true };
  }

  #reportLoad(): void {
    if (!this.#settings.reportsLoad) return;
    const { mail } = this.#world;
    mail.send(clerkSubject(this.#settings.region), { kind: "load", report: JSON.stringify(this.report()) });
  }
}
