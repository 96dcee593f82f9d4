import { InvariantError } from "@whisper/shared/base/assert";
import { systemClock } from "@whisper/shared/base/clock";
import { parseAddress } from "@whisper/shared/base/ids";
import { systemRandom } from "@whisper/shared/base/random";
import {
  DRAIN_PER_S,
  HEARTBEAT_EVERY_MS,
  POOL_REPORT_EVERY_MS,
  POOL_SILENT_MS,
  TEXTS_WINDOW_MS,
} from "@whisper/shared/limits";
import { openJetstreamReports } from "./adapters/nats/jetstream-reports.ts";
import { openNatsBus } from "./adapters/nats/nats-bus.ts";
import { NodeKeys } from "./adapters/node-keys.ts";
import { openRedisRecords } from "./adapters/redis/redis-records.ts";
import { openRedisTurn } from "./adapters/redis/redis-turn.ts";
import { openRedisWaitingList } from "./adapters/redis/redis-waiting-list.ts";
import { openUpstashDirectory } from "./adapters/upstash/upstash-directory.ts";
import { startClerk } from "./clerk/clerk.ts";
import { RECORDS_SETTINGS } from "./clerk/records-settings.ts";
import { type PoolConfig, readPoolConfig } from "./config.ts";
import { deskSettings } from "./matcher/desk-settings.ts";
import { startMatcher } from "./matcher/matcher.ts";
import type { Bus, Log } from "./ports.ts";
import { readLimits, roomFor } from "./runtime/descriptor-limit.ts";
import { type Part, type Running, startAll } from "./runtime/lifecycle.ts";
import { createLog } from "./runtime/log.ts";
import { createMail, type Mail } from "./runtime/mail.ts";
import { tellSystemd } from "./runtime/ready-notice.ts";
import { SettingsFault } from "./runtime/settings.ts";
import { stopOnSignals } from "./runtime/signals.ts";
import { systemTimers } from "./runtime/timers.ts";
import { meterOf } from "./shard/meter.ts";
import { SHARD_DEFAULTS, type ShardSettings } from "./shard/settings.ts";
import { handsOf, type PoolWorld, registryOf, startPool, startShard } from "./start-pool.ts";
import { dieWithSupervisor, serveSupervisor } from "./supervisor/supervised.ts";
import { type Supervisor, startSupervisor } from "./supervisor/supervisor.ts";

/**
 * One process of a region: what it does stands in `WHISPER_ROLES`, everything else in the other settings
 * (`config.ts`). Prints one line of JSON when it serves: `{"ready":["shard"],"url":…,"opsUrl":…}`. SIGTERM and SIGINT
 * stop it.
 */
type ShardConfig = NonNullable<PoolConfig["shard"]>;
/** A shard that has not come up by then is started again. */
const SHARD_UP_MS = 20_000;
const clock = systemClock;
const random = systemRandom;
/** What a process says of itself when it serves. */
type Ready = { url?: string; opsUrl?: string; pids?: readonly number[] };
type World = { readonly bus: Bus; readonly log: Log; readonly ready: Ready };

/** A thing that is opened, used by what comes after it, and closed after that has stopped. */
type Open<T> = { readonly part: Part; readonly get: () => T };

function opened<T>(name: string, open: () => Promise<T>, close: (thing: T) => Promise<unknown>): Open<T> {
  let thing: T | undefined;
  const get = (): T => {
    if (thing === undefined) throw new InvariantError("parts start in their order");
    return thing;
  };
  const stop = async (): Promise<void> => {
    await close(get());
  };
  const start = async (): Promise<void> => {
    thing = await open();
  };
  return { part: { name, start, stop }, get };
}

const closing = (thing: { close(): Promise<void> }): Promise<void> => thing.close();
const stopping = (thing: { stop(): Promise<void> }): Promise<void> => thing.stop();
const mailOf = (bus: Bus): Mail => createMail(bus, (run) => void setImmediate(run));
/** A call that fails tells whoever made it, and they tell the log once an absence: a failed dial is no further news. */
const quietly = (): void => {};

/** What the shard of this process runs on, and the parts that must run before it. */
function shardNeeds(config: PoolConfig, shard: ShardConfig, { bus, log }: World) {
  const { region } = config;
  const keys = new NodeKeys({ url: shard.jwksUrl, cachePath: shard.keysCache, regions: [region], clock, log });
  const natsUrl = config.natsUrl.reveal();
  const { reportCopies: copies } = shard;
  const reports = opened("reports", () => openJetstreamReports(natsUrl, region, onBusFault(log), copies), closing);
  const keysPart: Part = { name: "keys", start: () => keys.start(), stop: () => keys.stop() };
  return {
    parts: [keysPart, reports.part],
    world: (): PoolWorld => ({ bus, keys, reports: reports.get(), clock, random, log }),
  };
}

function settingsOf({ region }: PoolConfig, shard: ShardConfig): Omit<ShardSettings, "opsUrl"> {
  const {
    ops: _ops,
    jwksUrl: _jwksUrl,
    keysCache: _keysCache,
    reportCopies: _copies,
    textsPerWindow,
    drainMs,
    graceMs,
    silenceMs,
    partitionMs,
    ...told
  } = shard;
  const socketsMax = roomFor(told.socketsMax, readLimits());
  const drain = { perS: Math.ceil(DRAIN_PER_S / shard.shards), deadlineMs: drainMs };
  const spans = { ...SHARD_DEFAULTS.spans, graceMs, silenceMs, partitionMs };
  const texts = meterOf(textsPerWindow, TEXTS_WINDOW_MS);
  return { ...SHARD_DEFAULTS, ...told, region, socketsMax, texts, drain, spans };
}

/** A pool of this one process: a shard with an ops port. */
function shardParts(config: PoolConfig, world: World): readonly Part[] {
  const { shard, isProduction } = config;
  if (shard === undefined || config.supervisor !== undefined) return [];
  const needs = shardNeeds(config, shard, world);
  const pool = opened(
    "shard",
    async () => {
      const options = { settings: settingsOf(config, shard), ops: shard.ops, tellsOps: !isProduction };
      const started = await startPool(options, needs.world());
      world.ready.url = started.url;
      world.ready.opsUrl = started.opsUrl;
      return started;
    },
    stopping,
  );
  return [...needs.parts, pool.part];
}

/** One of a pool's shards, kept by the supervisor that forked this process. */
function supervisedParts(config: PoolConfig, world: World, stop: () => void): readonly Part[] {
  const { shard } = config;
  if (shard === undefined) return [];
  const needs = shardNeeds(config, shard, world);
  const settings = { ...settingsOf(config, shard), sharesPort: true, reportsLoad: false, hasHeartbeats: true };
  const part = opened(
    "shard",
    async () => {
      const on = needs.world();
      const started = await startShard(settings, on);
      const registry = registryOf(settings, () => started);
      const { incarnation = "" } = parseAddress(started.address) ?? {};
      serveSupervisor(process, incarnation, handsOf(started, on, registry, stop));
      return started;
    },
    stopping,
  );
  return [...needs.parts, part.part];
}

/** The supervisor of a pool, which starts this very program again for each shard. */
function supervisorPart(config: PoolConfig, { bus, log, ready }: World): Open<Supervisor> | undefined {
  const { supervisor: told, shard, region, isProduction, stopMs } = config;
  if (told === undefined || shard === undefined) return undefined;
  const { ops, pool, lat, lon, host, port, url, tls, drainMs } = shard;
  const place = {
    region,
    pool,
    lat,
    lon,
    host,
    port,
    ops,
    tellsOps: !isProduction,
    ...(url === undefined ? {} : { url }),
    ...(tls === undefined ? {} : { tls }),
  };
  const often = { drainMs, heartbeatEveryMs: HEARTBEAT_EVERY_MS, reportEveryMs: POOL_REPORT_EVERY_MS };
  const program = (number: number, listenAt: number) => ({
    file: process.argv[1] ?? "",
    env: environmentOfShard(number, listenAt),
    upMs: SHARD_UP_MS,
    stopMs,
    wellMs: told.wellMs,
  });
  return opened(
    "pool",
    async () => {
      const started = await startSupervisor({ ...place, shards: told.shards, ...often }, { bus, clock, log, program });
      Object.assign(ready, { url: started.url, opsUrl: started.opsUrl, pids: started.pids });
      return started;
    },
    stopping,
  );
}

/** What a shard is told: all that its pool was, but which of its shards it is, and where the pool listens. */
function environmentOfShard(number: number, port: number): Readonly<Record<string, string>> {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) if (value !== undefined) env[name] = value;
  return { ...env, WHISPER_ROLES: "shard", WHISPER_SHARD: String(number), WHISPER_PORT: String(port) };
}

function clerkParts({ clerk: settings, region }: PoolConfig, { bus, log }: World): readonly Part[] {
  if (settings === undefined) return [];
  const redisUrl = settings.redisUrl.reveal();
  const records = opened("records", () => openRedisRecords(redisUrl, RECORDS_SETTINGS, random, quietly), closing);
  const turn = opened("turn", () => openRedisTurn(redisUrl, POOL_SILENT_MS / 2, random, quietly), closing);
  const directory = openUpstashDirectory({ url: settings.upstashUrl, token: settings.upstashToken });
  const clerk = opened(
    "clerk",
    () =>
      startClerk({
        mail: mailOf(bus),
        region,
        records: records.get(),
        directory,
        turn: turn.get(),
        log,
        clock,
        random,
        ...(settings.handoverKey === undefined ? {} : { handoverKey: settings.handoverKey.reveal() }),
      }),
    stopping,
  );
  return [records.part, turn.part, clerk.part];
}

function matcherParts({ matcher: settings, region }: PoolConfig, { bus, log }: World): readonly Part[] {
  if (settings === undefined) return [];
  const desk = deskSettings(region, { sameDeviceMayMeet: settings.sameDevicePairs });
  const list = opened(
    "waiting list",
    () => openRedisWaitingList(settings.redisUrl.reveal(), desk, random, quietly),
    closing,
  );
  const matcher = opened(
    "matcher",
    async () => startMatcher({ mail: mailOf(bus), region, list: list.get(), clock, log, timers: systemTimers }),
    stopping,
  );
  return [list.part, matcher.part];
}

/** What a listener throws is our fault and is told as such; the rest is the bus's. */
const onBusFault =
  (log: Log) =>
  (error: unknown): void => {
    if (error instanceof InvariantError) log.error("promise_broken", { promise: error.message });
    else log.warn("bus_fault");
  };

async function main(): Promise<void> {
  const startedMs = clock.nowMs();
  const isSupervised = process.send !== undefined;
  if (isSupervised) dieWithSupervisor(process);
  const config = readPoolConfig(process.env);
  // A hook after a renewal may send it. The files are looked at anyway, and it must not end a pool.
  if (config.shard?.tls !== undefined) process.on("SIGHUP", () => {});
  const { region, roles, logLevel: level, stopMs } = config;
  const place = config.shard === undefined ? {} : { pool: config.shard.pool };
  const number = config.shard === undefined || config.supervisor !== undefined ? {} : { shard: config.shard.shard };
  const log = createLog({ level, base: { region, roles: roles.join(","), ...place, ...number } });
  const ready: Ready = {};
  const bus = await openNatsBus(config.natsUrl.reveal(), onBusFault(log));
  const world: World = { bus, log, ready };
  const busPart: Part = { name: "bus", start: async () => {}, stop: () => bus.close() };
  let running: Running | undefined;
  const stop = async (): Promise<readonly string[]> => {
    const failed = (await running?.stop()) ?? [];
    log.info("stopped", { failed: failed.length });
    return failed;
  };
  const stopSupervised = (): void => {
    stop().then(
      (failed) => process.exit(failed.length > 0 ? 1 : 0),
      () => process.exit(1),
    );
  };
  const supervisor = supervisorPart(config, world);
  running = await startAll([
    busPart,
    ...clerkParts(config, world),
    ...matcherParts(config, world),
    ...(isSupervised ? supervisedParts(config, world, stopSupervised) : shardParts(config, world)),
    ...(supervisor === undefined ? [] : [supervisor.part]),
  ]);
  log.info("started", { tookMs: clock.nowMs() - startedMs });
  if (isSupervised) return;
  const systemd = { socket: process.env.NOTIFY_SOCKET, path: process.env.PATH ?? "", log };
  const drain = (): Promise<"empty" | "late"> => {
    void tellSystemd("STOPPING=1", systemd);
    return supervisor === undefined ? Promise.resolve("empty") : supervisor.get().leave();
  };
  stopOnSignals(process, { stopMs, clock, drain }, stop);
  process.stdout.write(`${JSON.stringify({ ready: roles, ...ready })}\n`);
  await tellSystemd("READY=1", systemd);
}

main().catch((error: unknown) => {
  // Settings name themselves and never their values; an error of a server or of ours says what it is, and nothing of
  // people.
  const said = error instanceof SettingsFault ? error.message : error instanceof Error ? error.stack : undefined;
  process.stderr.write(`${said ?? "not started"}\n`);
  process.exit(1);
});
