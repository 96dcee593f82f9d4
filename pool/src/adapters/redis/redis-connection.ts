import { Cluster, Redis, type RedisOptions } from "ioredis";
import { type RedisPlace, redisPlaceOf } from "../../runtime/redis-place.ts";

/** A reply that takes longer counts as lost: whoever asked asks again, and every script bears being run twice. */
const REPLY_MS = 1_000;
const REDIAL_MS_MAX = 1_000;
/** A connection that is owed an answer and hears nothing for so long is dead, whatever TCP thinks of it: dial again. */
const SILENT_MS = 2_000;
const DIAL_MS = 2_000;
/** A cluster that is not whole, or sentinels without a master, may keep a dial going; a start does not wait longer. */
const START_MS = 5_000;
/** How often a call follows a slot that has moved, or tries again after a node has gone, a tenth of a second apart. */
const FOLLOWED_MAX = 6;
const FOLLOW_AGAIN_MS = 100;

/** A region's Redis, whatever its form. In a cluster each call goes to the master of its first key. */
export type RegionRedis = Redis | Cluster;

/**
 * A connection that dials again for ever, finds a promoted master and follows slots that move. Rejects when Redis
 * cannot be reached at the start; afterwards each call rejects within about a second while it is away, and nothing is
 * queued here beyond that. `onFault` hears each failed dial.
 */
export async function connectRedis(url: string, onFault: (error: Error) => void): Promise<RegionRedis> {
  const place = redisPlaceOf(url);
  if (place === undefined) throw new TypeError("this is no address of a Redis");
  const { redis, served } = made(place);
  redis.on("error", onFault);
  redis.on("node error", onFault);
  let late: NodeJS.Timeout | undefined;
  const given = new Promise<never>((_, reject) => {
    late = setTimeout(() => reject(new Error(`Redis was not ready within ${START_MS} ms`)), START_MS);
  });
  const connected = redis.connect();
  try {
    await Promise.race([connected, given]);
    served();
  } catch (error) {
    connected.catch(onFault); // a dial that was given up ends in its own time
    redis.disconnect();
    throw error;
  } finally {
    clearTimeout(late);
  }
  return redis;
}

/** The servers that a script or a library must be sent to. */
export const mastersOf = (redis: RegionRedis): readonly Redis[] =>
  redis instanceof Cluster ? redis.nodes("master") : [redis];

const redialMs = (times: number): number => Math.min(times * 50, REDIAL_MS_MAX);
const PATIENCE = { commandTimeout: REPLY_MS, socketTimeout: SILENT_MS, connectTimeout: DIAL_MS } as const;
const ALONE = {
  ...PATIENCE,
  lazyConnect: true,
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  retryStrategy: redialMs,
} as const satisfies RedisOptions;
const nothing = (): void => undefined;

function made(place: RedisPlace): { readonly redis: RegionRedis; served(): void } {
  if (place.form === "one") return { redis: new Redis(place.url, ALONE), served: nothing };
  return place.form === "cluster" ? { redis: clusterOf(place), served: nothing } : sentinelOf(place);
}

function clusterOf({ hosts, tls, login }: Extract<RedisPlace, { form: "cluster" }>): Cluster {
  return new Cluster([...hosts], {
    lazyConnect: true,
    enableOfflineQueue: false,
    clusterRetryStrategy: redialMs,
    maxRedirections: FOLLOWED_MAX,
    retryDelayOnFailover: FOLLOW_AGAIN_MS,
    retryDelayOnClusterDown: FOLLOW_AGAIN_MS,
    retryDelayOnTryAgain: FOLLOW_AGAIN_MS,
    slotsRefreshTimeout: REPLY_MS,
    // A certificate is for a name, so that names stay as they were given.
    ...(tls ? { dnsLookup: (name, found) => found(null, name) } : {}),
    redisOptions: { ...PATIENCE, ...login, ...(tls ? { tls: {} } : {}) },
  });
}

function sentinelOf(place: Extract<RedisPlace, { form: "sentinel" }>) {
  const { hosts, tls, login, master, sentinelLogin } = place;
  let hasServed = false;
  const redis = new Redis({
    ...ALONE,
    ...login,
    sentinels: [...hosts],
    name: master,
    // At the start sentinels that are away are a rejection; later they are asked for ever.
    sentinelRetryStrategy: (times) => (hasServed ? redialMs(times) : null),
    sentinelCommandTimeout: REPLY_MS,
    ...(sentinelLogin.username === undefined ? {} : { sentinelUsername: sentinelLogin.username }),
    ...(sentinelLogin.password === undefined ? {} : { sentinelPassword: sentinelLogin.password }),
    ...(tls ? { tls: {}, sentinelTLS: {}, enableTLSForSentinelMode: true } : {}),
    // A master that became a replica while we held on to it refuses to write: ask the sentinels again.
    reconnectOnError: (error) => error.message.startsWith("READONLY"),
  });
  const served = (): void => {
    hasServed = true;
  };
  return { redis, served };
}
