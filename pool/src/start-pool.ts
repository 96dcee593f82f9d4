import type { Clock } from "@whisper/shared/base/clock";
import type { Random } from "@whisper/shared/base/random";
import type { Secret } from "@whisper/shared/base/secret";
import type { PoolOrder } from "@whisper/shared/bus/memos";
import type { Verifier } from "@whisper/shared/credentials/verify";
import { checkText, cleanInterests } from "./content/check-text.ts";
import type { Bus, Log, Reports } from "./ports.ts";
import { type Control, listenForOrders } from "./runtime/control.ts";
import { type DrainProgress, NOT_DRAINING } from "./runtime/drain-progress.ts";
import { createMail } from "./runtime/mail.ts";
import { buildRegistry, type Readings, type Registry } from "./runtime/metrics.ts";
import { type ActAnswer, actsOf, type Ops, startOps } from "./runtime/ops-server.ts";
import type { ShardSettings } from "./shard/settings.ts";
import { Shard } from "./shard/shard.ts";
import type { SupervisedHands } from "./supervisor/supervised.ts";

export type PoolOptions = {
  readonly settings: Omit<ShardSettings, "opsUrl">;
  readonly ops: { readonly host: string; readonly port: number; readonly token?: Secret<string> };
  /** Whether the directory may say where the ops port is: in development only. */
  readonly tellsOps: boolean;
};

/**
 * What a pool of one shard runs on; `keys.size` says how many keys it can verify tickets with, `keys.handsOver` whether
 * one of them is for tickets of its region's clerks.
 */
export type PoolWorld = {
  readonly bus: Bus;
  readonly keys: Verifier & { readonly size: number; readonly handsOver: boolean };
  readonly reports: Reports;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
};

export type Pool = {
  readonly shard: Shard;
  readonly url: string;
  readonly opsUrl: string;
  /** Orders on the bus that could not be read, were no orders, or were another pool's. */
  ordersDropped(): number;
  /** Closes every socket, then the ops port. */
  stop(): Promise<void>;
};

/** The numbers of a shard, also before there is one. */
export const registryOf = (
  { region, pool, shard }: Pick<ShardSettings, "region" | "pool" | "shard">,
  there: () => Shard | undefined,
): Registry => buildRegistry(readingsOf(there), { region, pool, shard: String(shard) });

/** Starts one shard; rejects when its port is taken. */
export async function startShard(settings: ShardSettings, world: PoolWorld): Promise<Shard> {
  const mail = createMail(world.bus, (run) => void setImmediate(run));
  const shard = new Shard(settings, { ...world, mail, isBlocked: (text) => checkText(text).blocked, cleanInterests });
  await shard.start();
  return shard;
}

/** Starts a pool of one shard with its ops port; rejects when either port is taken, and leaves neither behind. */
export async function startPool(options: PoolOptions, world: PoolWorld): Promise<Pool> {
  const { bus, keys } = world;
  let shard: Shard | undefined;
  let hands: SupervisedHands | undefined;
  const registry = registryOf(options.settings, () => shard);
  const progress = (): DrainProgress => hands?.load().drain ?? NOT_DRAINING;
  const obey = (order: PoolOrder): ActAnswer => {
    hands?.obey(order);
    world.log.info("pool_ordered", { order });
    return { status: 200, body: { pool: shard?.report().state, ...progress() } };
  };
  const ops = await startOps({
    ...options.ops,
    registry,
    views: { "/drain": progress },
    acts: actsOf(obey),
    readiness: () => ({
      bus: bus.isUp(),
      keys: keys.size > 0,
      handover: keys.handsOver,
      shard: shard?.report().state === "up",
    }),
  });
  const settings = options.tellsOps ? { ...options.settings, opsUrl: ops.url } : options.settings;
  try {
    shard = await startShard(settings, world);
    hands = handsOf(shard, world, registry, () => {});
    const mail = createMail(bus, (run) => void setImmediate(run));
    return poolOf(shard, ops, listenForOrders(mail, settings, obey));
  } catch (error) {
    await ops.stop();
    throw error;
  }
}

function poolOf(shard: Shard, ops: Ops, control: Control): Pool {
  return {
    shard,
    url: shard.report().url,
    opsUrl: ops.url,
    ordersDropped: control.dropped,
    async stop() {
      control.stop();
      await shard.stop();
      await ops.stop();
    },
  };
}

/** Every number is read from the shard itself when it is asked for; before there is one, all are 0. */
function readingsOf(shard: () => Shard | undefined): Readings {
  const placed = (place: "seeking" | "chatting"): number => {
    let count = 0;
    for (const person of shard()?.hub.people() ?? []) if (person.value.place === place) count++;
    return count;
  };
  const counts = () => shard()?.numbers.counts;
  return {
    sockets: () => shard()?.hub.slots.held ?? 0,
    chats: () => placed("chatting"),
    seekers: () => placed("seeking"),
    texts: (type) => {
      if (type === "blocked") return counts()?.text_blocked ?? 0;
      return (type === "sent" ? counts()?.text_sent : counts()?.text_shown) ?? 0;
    },
    upgrades: (result) => shard()?.numbers.upgrades[result] ?? 0,
    broken: () => shard()?.numbers.broken ?? 0,
    reportsLost: () => shard()?.numbers.reportsLost ?? 0,
    memory: () => process.memoryUsage.rss(),
    cpu: () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1e6;
    },
  };
}

/** What a shard tells its supervisor and does for it; `stop` ends the process. */
export function handsOf(shard: Shard, { bus, keys }: PoolWorld, registry: Registry, stop: () => void): SupervisedHands {
  let drainedFrom = 0;
  const progress = (): DrainProgress => {
    const { state, held, closed } = shard.drainState;
    const moved = Math.max(0, drainedFrom - held - closed);
    return { state: DRAIN_STATE[state], total: drainedFrom, left: held, moved, closed };
  };
  return {
    load() {
      const { sockets, live, socketsMax: max } = shard.report();
      const load = {
        sockets,
        live,
        max,
        bus: bus.isUp(),
        keys: keys.size > 0,
        handover: keys.handsOver,
        unwell: shard.isUnwell,
      };
      return shard.drainState.state === "up" ? load : { ...load, drain: progress() };
    },
    metrics: () => registry.getMetricsAsJSON(),
    obey(order) {
      if (order === "stop") return stop();
      if (order === "cordon" || order === "uncordon") shard.cordon(order === "cordon");
      else if (order === "drain" && shard.drainState.state === "up") {
        drainedFrom = shard.report().sockets;
        shard.startDrain();
      } else if (order === "undrain") shard.undoDrain();
    },
  };
}

const DRAIN_STATE = { up: "open", draining: "draining", no_room: "no_room", drained: "done" } as const;
