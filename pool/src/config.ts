import { isPoolName, isRegionName, type PoolName, type RegionName } from "@whisper/shared/base/ids";
import { Secret } from "@whisper/shared/base/secret";
import type { SigningJwk } from "@whisper/shared/credentials/signing-keys";
import * as L from "@whisper/shared/limits";
import * as v from "valibot";
import { parseHandoverKey } from "./clerk/handover-setting.ts";
import { LOG_LEVELS, type LogLevel } from "./runtime/log.ts";
import { redisPlaceOf } from "./runtime/redis-place.ts";
import {
  decimal,
  type Env,
  optional,
  readSettings,
  refuseUnknown,
  type Settings,
  SettingsFault,
  setting,
  urlOf,
  wholeNumber,
  yesOrNo,
} from "./runtime/settings.ts";
import type { TlsFiles } from "./runtime/tls-files.ts";
import { LIFE_GOOD_MS } from "./supervisor/back-off.ts";

const ROLES = ["pool", "shard", "clerk", "matcher"] as const;
export type Role = (typeof ROLES)[number];

const port = wholeNumber(0, 65_535);
const count = wholeNumber(1, 1_000_000_000);
const secret = (schema: v.GenericSchema<string, string>): v.GenericSchema<string, Secret<string>> =>
  v.pipe(
    schema,
    v.transform((text) => new Secret(text)),
  );
const roles: v.GenericSchema<string, readonly Role[]> = v.pipe(
  v.string(),
  v.transform((text) => text.split(",").map((role) => role.trim())),
  v.array(v.picklist(ROLES)),
  // A pool's shards are processes of their own.
  v.check((list) => new Set(list).size === list.length && !(list.includes("pool") && list.includes("shard"))),
);
const regionName = v.pipe(v.string(), v.custom<RegionName>(isRegionName));
const regionNames = v.pipe(
  v.string(),
  v.transform((text) => (text === "" ? [] : text.split(",").map((name) => name.trim()))),
  v.array(v.custom<RegionName>(isRegionName)),
  v.maxLength(2),
);
const poolName = v.pipe(v.string(), v.custom<PoolName>(isPoolName));
const socketUrl = v.pipe(
  urlOf("ws", "wss"),
  v.check((text) => /^wss?:\/\/[^\s/]{1,253}\/v1\/socket$/.test(text)),
);
const natsUrls = secret(
  v.pipe(
    v.string(),
    v.check((text) => areNatsUrls(text.split(",").map((url) => url.trim()))),
  ),
);
const wholePath = v.pipe(v.string(), v.regex(/^\/[^\0]{1,4000}$/));
const redisUrl = secret(
  v.pipe(
    v.string(),
    v.check((text) => redisPlaceOf(text) !== undefined),
  ),
);

/** One user for all servers of a bus: the library knows no more. */
function areNatsUrls(urls: readonly string[]): boolean {
  if (!urls.every((url) => v.is(urlOf("nats", "tls"), url))) return false;
  const users = urls.map((url) => new URL(url)).map(({ username, password }) => `${username}:${password}`);
  return new Set(users.filter((user) => user !== ":")).size <= 1;
}

/** What every process of a region is told. */
export const COMMON_SETTINGS = {
  WHISPER_ROLES: setting(`what this process does: one or more of ${ROLES.join(", ")}, by comma`, roles),
  WHISPER_ENV: setting("production or development", v.picklist(["production", "development"]), "production"),
  WHISPER_REGION: setting("the region's name: lower-case letters, digits and dashes, 24 at most", regionName),
  WHISPER_NATS_URL: setting(
    "the region's bus: nats://host:port or tls://host:port, by comma all of its servers, with one user for all",
    natsUrls,
  ),
  WHISPER_LOG_LEVEL: setting(`one of ${LOG_LEVELS.join(", ")}`, v.picklist(LOG_LEVELS), "info"),
  WHISPER_STOP_MS: setting("how long stopping may take, 100 to 600000 ms", wholeNumber(100, 600_000), "10000"),
} as const satisfies Settings;

/** What a shard is told beside it. */
export const SHARD_SETTINGS = {
  WHISPER_OPS_HOST: setting("where the ops port listens, an address", v.pipe(v.string(), v.ip()), "127.0.0.1"),
  WHISPER_OPS_PORT: setting("the ops port, 0 to 65535; 0 for any", port, "9101"),
  WHISPER_OPS_TOKEN: optional(
    "what the ops port asks for, 16 characters or more",
    secret(v.pipe(v.string(), v.minLength(16))),
  ),
  WHISPER_LAT: setting("degrees north of the equator, -90 to 90", decimal(-90, 90)),
  WHISPER_LON: setting("degrees east of Greenwich, -180 to 180", decimal(-180, 180)),
  WHISPER_NEIGHBOURS: setting(
    "the nearest other regions, two at most, by comma: their desks list who has waited 10 s",
    regionNames,
    "",
  ),
  WHISPER_POOL: setting("the pool's name: lower-case letters, digits and dashes, 24 at most", poolName),
  WHISPER_SHARD: setting("the shard's number in its pool, 0 to 255", wholeNumber(0, 255), "0"),
  WHISPER_HOST: setting("where sockets are listened for, an address", v.pipe(v.string(), v.ip()), "0.0.0.0"),
  WHISPER_PORT: setting("the port for sockets, 0 to 65535; 0 for any", port, "9001"),
  WHISPER_URL: optional("what clients are told: wss://host/v1/socket", socketUrl),
  WHISPER_TLS_CERT: optional(
    "the certificate and its chain, the path (from /) of a PEM file: with it and its key a shard serves wss: itself, and takes up renewed files",
    wholePath,
  ),
  WHISPER_TLS_KEY: optional("that certificate's private key, the path (from /) of a PEM file", wholePath),
  WHISPER_TLS_LOOK_MS: setting(
    "how often a shard looks whether its certificate was renewed, 100 to 3600000 ms",
    wholeNumber(100, 3_600_000),
    String(L.TLS_LOOK_MS),
  ),
  WHISPER_SOCKETS_MAX: setting("sockets one shard holds, 1 to 1000000", wholeNumber(1, 1_000_000), "18000"),
  WHISPER_UPGRADES_PER_S: setting("sockets let in per second, 1 or more", count, "2000"),
  WHISPER_FORGED_PER_WINDOW: setting(
    "forged tickets of one network that a shard looks at in 50 s; past it none of its tickets; raise it behind a proxy that hides addresses",
    count,
    String(L.FORGED_PER_WINDOW),
  ),
  WHISPER_REPORT_COPIES: setting("servers of the bus that keep each report, 1 to 5", wholeNumber(1, 5), "1"),
  WHISPER_TEXTS_PER_WINDOW: setting("texts one person may send in 10 s", count, String(L.TEXTS_PER_WINDOW)),
  WHISPER_GRACE_MS: setting(
    "how long a place is kept for somebody whose socket is gone, 1000 to 600000 ms",
    wholeNumber(1_000, 600_000),
    String(L.GRACE_MS),
  ),
  WHISPER_SILENCE_MS: setting(
    "how long for somebody whose shard was only not heard any more, 1000 to 3600000 ms",
    wholeNumber(1_000, 3_600_000),
    String(L.SILENCE_MS),
  ),
  WHISPER_PARTITION_MS: setting(
    "the same for a shard of another region, 1000 to 3600000 ms",
    wholeNumber(1_000, 3_600_000),
    String(L.PARTITION_MS),
  ),
  WHISPER_DRAIN_MS: setting(
    "how long a drain may take while people have somewhere to go, 0 to 3600000 ms",
    wholeNumber(0, 3_600_000),
    String(L.DRAIN_MS),
  ),
  WHISPER_JWKS_URL: setting("the edge's keys: https://host/.well-known/jwks.json", urlOf("http", "https")),
  WHISPER_KEYS_CACHE: setting("the file that keeps the edge's keys over a restart", v.pipe(v.string(), v.minLength(1))),
} as const satisfies Settings;

/** What a pool's supervisor is told beside all that its shards are told. */
export const POOL_SETTINGS = {
  WHISPER_SHARDS: setting(
    "shards of the pool, each a process that shares its port, 1 to 256",
    wholeNumber(1, 256),
    "1",
  ),
  WHISPER_SHARD_WELL_MS: setting(
    "a shard that lived this long before it died is started again without a longer pause, 1 to 3600000 ms",
    wholeNumber(1, 3_600_000),
    String(LIFE_GOOD_MS),
  ),
} as const satisfies Settings;

/** What a clerk is told beside it. */
export const CLERK_SETTINGS = {
  WHISPER_REDIS_URL: setting(
    "the region's Redis: redis://host:port, redis+cluster://host:port,host:port or redis+sentinel://host:port,host:port/master-name; rediss for TLS, user:password@ before the hosts",
    redisUrl,
  ),
  WHISPER_UPSTASH_URL: setting("the directory's REST endpoint: https://host", urlOf("http", "https")),
  WHISPER_UPSTASH_TOKEN: setting("the directory's token", secret(v.pipe(v.string(), v.minLength(1)))),
  WHISPER_HANDOVER_KEY: optional(
    "the private Ed25519 JWK of all clerks of the region, its kid the region's name, a dash and 7 characters; without it a clerk makes its own, and hands nobody over for its first 75 s",
    secret(v.string()),
  ),
} as const satisfies Settings;

/** What a matcher is told beside it. */
export const MATCHER_SETTINGS = {
  WHISPER_REDIS_URL: CLERK_SETTINGS.WHISPER_REDIS_URL,
  WHISPER_SAME_DEVICE_PAIRS: setting("1 lets two tabs of one browser meet, development only; else 0", yesOrNo, "0"),
} as const satisfies Settings;

/** Everything one process of a region is told, read once. */
export type PoolConfig = {
  readonly roles: readonly Role[];
  readonly region: RegionName;
  readonly isProduction: boolean;
  readonly natsUrl: Secret<string>;
  readonly logLevel: LogLevel;
  readonly stopMs: number;
  /** Only for a supervisor, which has all that a shard has as well. */
  readonly supervisor?: { readonly shards: number; readonly wellMs: number };
  readonly shard?: {
    readonly ops: { readonly host: string; readonly port: number; readonly token?: Secret<string> };
    readonly lat: number;
    readonly lon: number;
    readonly neighbours: readonly RegionName[];
    readonly pool: PoolName;
    readonly shard: number;
    /** How many the pool has. */
    readonly shards: number;
    readonly host: string;
    readonly port: number;
    readonly url?: string;
    readonly tls?: TlsFiles;
    readonly tlsLookMs?: number;
    readonly socketsMax: number;
    readonly upgradesPerS: number;
    readonly forgedPerWindow: number;
    readonly reportCopies: number;
    readonly textsPerWindow: number;
    readonly graceMs: number;
    readonly silenceMs: number;
    readonly partitionMs: number;
    readonly drainMs: number;
    readonly jwksUrl: string;
    readonly keysCache: string;
  };
  readonly clerk?: {
    readonly redisUrl: Secret<string>;
    readonly upstashUrl: string;
    readonly upstashToken: Secret<string>;
    readonly handoverKey?: Secret<SigningJwk>;
  };
  readonly matcher?: { readonly redisUrl: Secret<string>; readonly sameDevicePairs: boolean };
};

const LOOPBACK = /^(127\.|::1$)/;

/**
 * Reads `WHISPER_*` once: throws one `SettingsFault` with all that is wrong; the result is frozen, its secrets
 * unprintable.
 */
export function readPoolConfig(env: Env): PoolConfig {
  const faults: string[] = [];
  const common = readSettings(COMMON_SETTINGS, env, faults);
  const does = (role: Role): boolean => common.WHISPER_ROLES?.includes(role) === true;
  const supervisor = does("pool") ? readSupervisor(env, faults) : undefined;
  const shard = does("shard") || does("pool") ? readShard(env, faults, common.WHISPER_ENV === "production") : undefined;
  const clerk = does("clerk") ? readClerk(env, faults, common.WHISPER_REGION) : undefined;
  const matcher = does("matcher") ? readMatcher(env, faults, common.WHISPER_ENV === "production") : undefined;
  refuseUnknown([COMMON_SETTINGS, SHARD_SETTINGS, POOL_SETTINGS, CLERK_SETTINGS, MATCHER_SETTINGS], env, faults);
  if (faults.length > 0) throw new SettingsFault([...new Set(faults)]);
  return Object.freeze({
    roles: Object.freeze(common.WHISPER_ROLES),
    region: common.WHISPER_REGION,
    isProduction: common.WHISPER_ENV === "production",
    natsUrl: common.WHISPER_NATS_URL,
    logLevel: common.WHISPER_LOG_LEVEL,
    stopMs: common.WHISPER_STOP_MS,
    ...(supervisor === undefined ? {} : { supervisor: Object.freeze(supervisor) }),
    ...(shard === undefined ? {} : { shard: Object.freeze(shard) }),
    ...(clerk === undefined ? {} : { clerk: Object.freeze(clerk) }),
    ...(matcher === undefined ? {} : { matcher: Object.freeze(matcher) }),
  });
}

function readShard(env: Env, faults: string[], isProduction: boolean): NonNullable<PoolConfig["shard"]> {
  const read = readSettings(SHARD_SETTINGS, env, faults);
  const url = read.WHISPER_URL;
  const isGiven = env.WHISPER_URL !== undefined && env.WHISPER_URL !== "";
  if (isProduction && (url === undefined ? !isGiven : !url.startsWith("wss:")))
    faults.push("WHISPER_URL must be a wss: address in production: it is where clients go");
  const tls = tlsOf(read.WHISPER_TLS_CERT, read.WHISPER_TLS_KEY, faults);
  if (tls !== undefined && url?.startsWith("ws:") === true)
    faults.push("WHISPER_URL must be a wss: address: with WHISPER_TLS_CERT a shard serves nothing else");
  const token = read.WHISPER_OPS_TOKEN;
  if (read.WHISPER_OPS_HOST !== undefined && !LOOPBACK.test(read.WHISPER_OPS_HOST) && token === undefined)
    faults.push("WHISPER_OPS_TOKEN is missing: the ops port is open beyond this machine");
  return {
    ops: Object.freeze({
      host: read.WHISPER_OPS_HOST,
      port: read.WHISPER_OPS_PORT,
      ...(token === undefined ? {} : { token }),
    }),
    lat: read.WHISPER_LAT,
    lon: read.WHISPER_LON,
    neighbours: read.WHISPER_NEIGHBOURS,
    pool: read.WHISPER_POOL,
    shard: read.WHISPER_SHARD,
    shards: readSettings(POOL_SETTINGS, env, faults).WHISPER_SHARDS,
    host: read.WHISPER_HOST,
    port: read.WHISPER_PORT,
    ...(url === undefined ? {} : { url }),
    ...(tls === undefined ? {} : { tls, tlsLookMs: read.WHISPER_TLS_LOOK_MS }),
    socketsMax: read.WHISPER_SOCKETS_MAX,
    upgradesPerS: read.WHISPER_UPGRADES_PER_S,
    forgedPerWindow: read.WHISPER_FORGED_PER_WINDOW,
    reportCopies: read.WHISPER_REPORT_COPIES,
    textsPerWindow: read.WHISPER_TEXTS_PER_WINDOW,
    graceMs: read.WHISPER_GRACE_MS,
    silenceMs: read.WHISPER_SILENCE_MS,
    partitionMs: read.WHISPER_PARTITION_MS,
    drainMs: read.WHISPER_DRAIN_MS,
    jwksUrl: read.WHISPER_JWKS_URL,
    keysCache: read.WHISPER_KEYS_CACHE,
  };
}

function tlsOf(cert: string | undefined, key: string | undefined, faults: string[]): TlsFiles | undefined {
  if (cert !== undefined && key !== undefined) return Object.freeze({ cert, key });
  if (key !== undefined)
    faults.push("WHISPER_TLS_CERT is missing: WHISPER_TLS_KEY is given, and is nothing without it");
  if (cert !== undefined)
    faults.push("WHISPER_TLS_KEY is missing: WHISPER_TLS_CERT is given, and is nothing without it");
  return undefined;
}

function readSupervisor(env: Env, faults: string[]): NonNullable<PoolConfig["supervisor"]> {
  const read = readSettings(POOL_SETTINGS, env, faults);
  return { shards: read.WHISPER_SHARDS, wellMs: read.WHISPER_SHARD_WELL_MS };
}

/** `region` is absent when its own setting is wrong, which is a fault already. */
function readClerk(env: Env, faults: string[], region: RegionName | undefined): NonNullable<PoolConfig["clerk"]> {
  const read = readSettings(CLERK_SETTINGS, env, faults);
  const given = read.WHISPER_HANDOVER_KEY?.reveal();
  const handoverKey = given === undefined || region === undefined ? undefined : parseHandoverKey(given, region);
  if (given !== undefined && region !== undefined && handoverKey === undefined)
    faults.push(`WHISPER_HANDOVER_KEY is wrong: ${CLERK_SETTINGS.WHISPER_HANDOVER_KEY.says}`);
  return {
    redisUrl: read.WHISPER_REDIS_URL,
    upstashUrl: read.WHISPER_UPSTASH_URL,
    upstashToken: read.WHISPER_UPSTASH_TOKEN,
    ...(handoverKey === undefined ? {} : { handoverKey: new Secret(handoverKey) }),
  };
}

function readMatcher(env: Env, faults: string[], isProduction: boolean): NonNullable<PoolConfig["matcher"]> {
  const read = readSettings(MATCHER_SETTINGS, env, faults);
  if (isProduction && read.WHISPER_SAME_DEVICE_PAIRS)
    faults.push("WHISPER_SAME_DEVICE_PAIRS is for development: production refuses it");
  return { redisUrl: read.WHISPER_REDIS_URL, sameDevicePairs: read.WHISPER_SAME_DEVICE_PAIRS };
}
