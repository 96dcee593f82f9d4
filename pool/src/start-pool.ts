import type { Clock } from "@whisper/shared/base/clock";
import type { Random } from "@whisper/shared/base/random";
import type { Secret } from "@whisper/shared/base/secret";
import type { Verifier } from "@whisper/shared/credentials/verify";
import { checkText, cleanInterests } from "./content/check-text.ts";
import type { Bus, Log, Reports } from "./ports.ts";
import { createMail } from "./runtime/mail.ts";
import { buildRegistry, type Readings } from "./runtime/metrics.ts";
import { type Ops, startOps } from "./runtime/ops-server.ts";
import type { ShardSettings } from "./shard/settings.ts";
import { Shard } from "./shard/shard.ts";

export type PoolOptions = {
  readonly settings: Omit<ShardSettings, "opsUrl">;
  readonly ops: { readonly host: string; readonly port: number; readonly token?: Secret<string> };
  /** Whether the directory may say where the ops port is: in development only. */
  readonly tellsOps: boolean;
};

/** What a pool of one shard runs on; `keys.size` says how many keys it can verify tickets with. */
export type PoolWorld = {
  readonly bus: Bus;
  readonly keys: Verifier & { readonly size: number };
  readonly reports: Reports;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
};

export type Pool = {
  readonly shard: Shard;
  readonly url: string;
  readonly opsUrl: string;
  /** Closes every socket, then the ops port. */
  stop(): Promise<void>;
};

/** Starts a pool of one shard with its ops port; rejects when either port is taken, and leaves neither behind. */
export async function startPool(options: PoolOptions, world: PoolWorld): Promise<Pool> {
  const { bus, keys, reports, clock, random, log } = world;
  const mail = createMail(bus, (run) => void setImmediate(run));
  let shard: Shard | undefined;
  const { region, pool, shard: number } = options.settings;
  const ops = await startOps({
    ...options.ops,
    registry: buildRegistry(
      readingsOf(() => shard),
      { region, pool, shard: String(number) },
    ),
    readiness: () => ({ bus: bus.isUp(), keys: keys.size > 0, shard: shard?.report().state === "up" }),
  });
  const settings = options.tellsOps ? { ...options.settings, opsUrl: ops.url } : options.settings;
  const isBlocked = (text: string): boolean => checkText(text).blocked;
  const starting = new Shard(settings, { bus, mail, keys, reports, clock, random, log, isBlocked, cleanInterests });
  try {
    await starting.start();
  } catch (error) {
    await ops.stop();
    throw error;
  }
  shard = starting;
  return poolOf(starting, ops);
}

function poolOf(shard: Shard, ops: Ops): Pool {
  return {
    shard,
    url: shard.report().url,
    opsUrl: ops.url,
    async stop() {
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
  };
}
