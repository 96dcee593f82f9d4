import { setTimeout as pause } from "node:timers/promises";
import type { Clock } from "@whisper/shared/base/clock";
import { addressOf, type PoolName, type RegionName } from "@whisper/shared/base/ids";
import type { Secret } from "@whisper/shared/base/secret";
import { heartbeatOf } from "@whisper/shared/bus/heartbeat";
import { clerkSubject, heartbeatSubject } from "@whisper/shared/bus/subjects";
import type { Bus, Log } from "../ports.ts";
import { type Control, listenForOrders } from "../runtime/control.ts";
import { type DrainProgress, NOT_DRAINING, sumOfDrains } from "../runtime/drain-progress.ts";
import { createMail } from "../runtime/mail.ts";
import { MERGED_TYPE, mergedMetrics } from "../runtime/merged-metrics.ts";
import { buildPoolRegistry } from "../runtime/metrics.ts";
import { type ActAnswer, actsOf, type Ops, startOps } from "../runtime/ops-server.ts";
import { socketUrlOf } from "../runtime/socket-url.ts";
import { requireCertificate, type TlsFiles } from "../runtime/tls-files.ts";
import { leavesArena } from "./arena.ts";
import type { Order } from "./channel.ts";
import { KeptShard, type ShardProgram } from "./kept-shard.ts";
import { poolReport } from "./pool-load.ts";
import { reservePort } from "./port-reservation.ts";

export type SupervisorSettings = {
  readonly region: RegionName;
  readonly pool: PoolName;
  readonly lat: number;
  readonly lon: number;
  readonly host: string;
  /** 0: any. */
  readonly port: number;
  readonly url?: string;
  /** With these files the shards serve TLS alone; they must hold a pair that can be served. */
  readonly tls?: TlsFiles;
  readonly shards: number;
  readonly ops: { readonly host: string; readonly port: number; readonly token?: Secret<string> };
  /** Whether the directory may say where the ops port is: in development only. */
  readonly tellsOps: boolean;
  readonly heartbeatEveryMs: number;
  readonly reportEveryMs: number;
  /** How long a drain may take while people have somewhere to go. */
  readonly drainMs: number;
};

export type SupervisorWorld = {
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
  /** How shard `number` is started, listening on `port`. */
  program(number: number, port: number): ShardProgram;
};

/** How often a drain is looked at while somebody waits for its end, and how long after its time it is given up. */
const DRAIN_LOOK_MS = 200;
const DRAIN_OVER_MS = 2_000;

/**
 * Starts a pool; resolves when all its shards serve, rejects when a port is taken, a shard does not start, or the
 * certificate cannot be served.
 */
export async function startSupervisor(settings: SupervisorSettings, world: SupervisorWorld): Promise<Supervisor> {
  if (settings.tls !== undefined) requireCertificate(settings.tls, world.clock.nowMs());
  const { port, release } = await reservePort(settings.host, settings.port);
  const supervisor = new Supervisor(settings, world, port);
  try {
    await supervisor.start();
  } catch (error) {
    await supervisor.stop();
    release();
    throw error;
  }
  return supervisor;
}

/**
 * Keeps the shards of a pool alive and speaks for them: heartbeats, exit notices, load, metrics, orders. Holds no
 * person's socket, so whatever a person sends cannot hurt it.
 */
export class Supervisor {
  readonly url: string;
  readonly #settings: SupervisorSettings;
  readonly #world: SupervisorWorld;
  readonly #shards: readonly KeptShard[];
  readonly #mail;
  readonly #registry;
  #ops: Ops | undefined;
  #timers: readonly NodeJS.Timeout[] = [];
  #isDraining = false;
  #isCordoned = false;
  #isLeaving = false;
  #control: Control | undefined;
  /** The shard that leaves the arena, until it serves afresh. */
  #leavingShard: number | undefined;
  #renewed = 0;

  constructor(settings: SupervisorSettings, world: SupervisorWorld, port: number) {
    const { region, pool, shards } = settings;
    this.#settings = settings;
    this.#world = world;
    this.#mail = createMail(world.bus, (run) => void setImmediate(run));
    this.url = socketUrlOf(settings, port);
    this.#shards = Array.from({ length: shards }, (_, number): KeptShard => {
      const onUp = (): void => this.#cameUp(number);
      const onExit = (incarnation: string): void => this.#exited(number, incarnation);
      return new KeptShard(number, world.program(number, port), { clock: world.clock, log: world.log, onUp, onExit });
    });
    this.#registry = buildPoolRegistry(
      {
        shardsUp: () => this.#up.length,
        restarts: () => this.#shards.reduce((sum, { restarts }) => sum + restarts, 0),
        drainLeft: () => this.progress().left,
        ordersDropped: () => this.#control?.dropped() ?? 0,
        renewed: () => this.#renewed,
      },
      { region, pool },
    );
  }

  async start(): Promise<void> {
    const { ops, heartbeatEveryMs, reportEveryMs } = this.#settings;
    this.#ops = await startOps({
      ...ops,
      registry: { contentType: MERGED_TYPE, metrics: () => this.#metrics() },
      readiness: () => this.#readiness(),
      views: { "/drain": () => this.progress() },
      acts: actsOf((order) => this.#set(order)),
    });
    this.#control = listenForOrders(this.#mail, this.#settings, (order) => void this.#set(order));
    this.#timers = [
      setInterval(() => this.#beat(), heartbeatEveryMs),
      setInterval(() => this.#reportLoad(), reportEveryMs),
    ];
    await Promise.all(this.#shards.map((shard) => shard.start()));
    this.#beat();
    this.#reportLoad();
  }

  get opsUrl(): string {
    return this.#ops?.url ?? "";
  }

  /** The processes that hold the pool's sockets now. */
  get pids(): readonly number[] {
    return this.#shards.flatMap(({ pid }) => pid ?? []);
  }

  get #up(): readonly KeptShard[] {
    return this.#shards.filter(({ isUp }) => isUp);
  }

  get #state(): "up" | "draining" | "cordoned" {
    return this.#isDraining ? "draining" : this.#isCordoned ? "cordoned" : "up";
  }

  /** How far the drain is; a shard that cannot say has as many people left as it has sockets. */
  progress(): DrainProgress {
    if (!this.#isDraining) return NOT_DRAINING;
    return sumOfDrains(
      this.#up.map(({ load }): DrainProgress => {
        const { sockets } = load;
        return load.drain ?? { state: "draining", total: sockets, left: sockets, moved: 0, closed: 0 };
      }),
    );
  }

  /**
   * Drains for good, and resolves when nobody is left or the time is up; the time stands still while people have
   * nowhere to go.
   */
  async leave(): Promise<"empty" | "late"> {
    this.#isLeaving = true;
    this.#set("drain");
    const { log } = this.#world;
    // The shards keep to their time themselves; one that does not answer any more is not waited for without end.
    const looks = Math.ceil((this.#settings.drainMs + DRAIN_OVER_MS) / DRAIN_LOOK_MS);
    for (let looked = 0; looked <= looks; ) {
      await pause(DRAIN_LOOK_MS);
      for (const shard of this.#shards) shard.askLoad();
      const { left, state, closed } = this.progress();
      // The first look is at what was known before the drain, the second at what the shards made of it.
      if (left === 0 && looked > 0) {
        log.info("pool_left", { left });
        return closed > 0 ? "late" : "empty";
      }
      if (state !== "no_room") looked++;
    }
    log.warn("pool_left", { left: this.progress().left });
    return "late";
  }

  /** Closes every socket and ends every shard, the ops port last. */
  async stop(): Promise<void> {
    this.#isDraining = true;
    this.#control?.stop();
    for (const timer of this.#timers) clearInterval(timer);
    this.#reportLoad();
    await Promise.all(this.#shards.map((shard) => shard.stop()));
    this.#mail.flush();
    await this.#ops?.stop();
  }

  #cameUp(number: number): void {
    const shard = this.#shards[number];
    // Its orders were given to an incarnation before it.
    if (this.#isDraining) shard?.order("drain");
    if (this.#isCordoned) shard?.order("cordon");
    this.#beat([number]);
  }

  #exited(shard: number, incarnation: string): void {
    const { region, pool } = this.#settings;
    const address = addressOf({ region, pool, shard, incarnation });
    this.#mail.send(heartbeatSubject(region, pool), { kind: "exited", address });
    this.#mail.flush();
  }

  #beat(numbers?: readonly number[]): void {
    const { region, pool } = this.#settings;
    const lines = this.#shards
      .filter(({ number }) => numbers?.includes(number) ?? true)
      .flatMap((shard) => shard.line(shard.number === this.#leavingShard ? "draining" : this.#state) ?? []);
    this.#mail.send(heartbeatSubject(region, pool), heartbeatOf({ region, pool, url: this.url }, lines));
    if (numbers !== undefined) return;
    this.#lookAtArena();
    for (const shard of this.#shards) shard.beat();
  }

  /** Drains a shard of which too many promises broke, and starts it afresh once it is empty; then the next may go. */
  #lookAtArena(): void {
    if (this.#isDraining) return; // all of them go anyway
    const leaving = leavesArena(
      this.#leavingShard,
      this.#shards.map(({ number, isUp, load }) => ({ number, isUp, isUnwell: load.unwell })),
    );
    if (leaving !== this.#leavingShard && leaving !== undefined)
      this.#world.log.error("shard_unwell", { number: leaving });
    this.#leavingShard = leaving;
    const shard = this.#shards.find(({ number }) => number === leaving);
    if (shard?.load.drain?.state !== "done") shard?.order("drain");
    else if (shard.renew()) this.#renewed++;
  }

  #reportLoad(): void {
    const { region, pool, lat, lon, tellsOps } = this.#settings;
    const place = { region, pool, lat, lon, url: this.url, ...(tellsOps ? { ops: this.opsUrl } : {}) };
    // Of one that leaves the arena no place is free.
    const loads = this.#up.map(({ load, number }) =>
      number === this.#leavingShard ? { ...load, max: load.sockets } : load,
    );
    const report = poolReport(place, this.#state, loads, this.#world.clock.nowMs());
    this.#mail.send(clerkSubject(region), { kind: "load", report: JSON.stringify(report) });
  }

  /** Obeys an order to the pool, however often it comes; answers how the drain stands. */
  #set(order: Exclude<Order, "stop">): ActAnswer {
    if (order === "undrain" && this.#isLeaving) return { status: 409, body: { pool: "leaving", ...this.progress() } };
    if (order === "drain" || order === "undrain") this.#isDraining = order === "drain";
    else this.#isCordoned = order === "cordon";
    for (const shard of this.#shards) {
      shard.order(order);
      shard.askLoad();
    }
    this.#world.log.info("pool_ordered", { order });
    this.#reportLoad(); // at once, so that nobody is sent to a pool that drains
    this.#beat(this.#shards.map(({ number }) => number));
    return { status: 200, body: { pool: this.#state, ...this.progress() } };
  }

  #readiness(): Readonly<Record<string, boolean>> {
    const up = this.#up;
    return {
      bus: this.#world.bus.isUp() && up.some(({ load }) => load.bus),
      keys: up.some(({ load }) => load.keys),
      handover: up.some(({ load }) => load.handover),
      shards: up.length > 0,
      open: this.#state === "up",
    };
  }

  async #metrics(): Promise<string> {
    const of = await Promise.all(this.#shards.map((shard) => shard.askMetrics()));
    const own = await this.#registry.getMetricsAsJSON();
    return mergedMetrics([own, ...of.filter((one) => one !== undefined)]);
  }
}
