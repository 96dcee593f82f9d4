import { InvariantError } from "@whisper/shared/base/assert";
import { systemClock } from "@whisper/shared/base/clock";
import { systemRandom } from "@whisper/shared/base/random";
import { POOL_SILENT_MS, TEXTS_WINDOW_MS } from "@whisper/shared/limits";
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
import { type Part, startAll } from "./runtime/lifecycle.ts";
import { createLog } from "./runtime/log.ts";
import { createMail, type Mail } from "./runtime/mail.ts";
import { SettingsFault } from "./runtime/settings.ts";
import { stopOnSignals } from "./runtime/signals.ts";
import { systemTimers } from "./runtime/timers.ts";
import { meterOf } from "./shard/meter.ts";
import { SHARD_DEFAULTS } from "./shard/settings.ts";
import { startPool } from "./start-pool.ts";

/**
 * One process of a region: what it does stands in `WHISPER_ROLES`, everything else in the other settings
 * (`config.ts`). Prints one line of JSON when it serves: `{"ready":["shard"],"url":…,"opsUrl":…}`. SIGTERM and SIGINT
 * stop it.
 */
const clock = systemClock;
const random = systemRandom;
/** What a process says of itself when it serves. */
type Ready = { url?: string; opsUrl?: string };
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

function shardParts(config: PoolConfig, { bus, log, ready }: World): readonly Part[] {
  const { shard, region, isProduction } = config;
  if (shard === undefined) return [];
  const { ops, jwksUrl, keysCache, textsPerWindow, ...settings } = shard;
  const keys = new NodeKeys({ url: jwksUrl, cachePath: keysCache, clock, log });
  const reports = opened(
    "reports",
    () => openJetstreamReports(config.natsUrl.reveal(), region, onBusFault(log)),
    closing,
  );
  const pool = opened(
    "shard",
    async () => {
      const texts = meterOf(textsPerWindow, TEXTS_WINDOW_MS);
      const started = await startPool(
        { settings: { ...SHARD_DEFAULTS, ...settings, region, texts }, ops, tellsOps: !isProduction },
        { bus, keys, reports: reports.get(), clock, random, log },
      );
      ready.url = started.url;
      ready.opsUrl = started.opsUrl;
      return started;
    },
    stopping,
  );
  return [{ name: "keys", start: () => keys.start(), stop: () => keys.stop() }, reports.part, pool.part];
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
  const config = readPoolConfig(process.env);
  const { region, roles, logLevel: level } = config;
  const place = config.shard === undefined ? {} : { pool: config.shard.pool, shard: config.shard.shard };
  const log = createLog({ level, base: { region, roles: roles.join(","), ...place } });
  const ready: Ready = {};
  const bus = await openNatsBus(config.natsUrl.reveal(), onBusFault(log));
  const world: World = { bus, log, ready };
  const busPart: Part = { name: "bus", start: async () => {}, stop: () => bus.close() };
  const running = await startAll([
    busPart,
    ...clerkParts(config, world),
    ...matcherParts(config, world),
    ...shardParts(config, world),
  ]);
  stopOnSignals(process, { stopMs: config.stopMs, clock }, async () => {
    const failed = await running.stop();
    log.info("stopped", { failed: failed.length });
    return failed;
  });
  log.info("started", { tookMs: clock.nowMs() - startedMs });
  process.stdout.write(`${JSON.stringify({ ready: roles, ...ready })}\n`);
}

main().catch((error: unknown) => {
  // Settings name themselves and never their values; an error of a server or of ours says what it is, and nothing of
  // people.
  const said = error instanceof SettingsFault ? error.message : error instanceof Error ? error.stack : undefined;
  process.stderr.write(`${said ?? "not started"}\n`);
  process.exit(1);
});
