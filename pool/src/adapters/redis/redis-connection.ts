import { Redis } from "ioredis";

/** A reply that takes longer counts as lost: whoever asked asks again, and every script bears being run twice. */
const REPLY_MS = 1_000;
const REDIAL_MS_MAX = 1_000;
/** A connection that is owed an answer and hears nothing for so long is dead, whatever TCP thinks of it: dial again. */
const SILENT_MS = 2_000;

/**
 * A connection that dials again for ever. Rejects when Redis cannot be reached at the start; afterwards each call
 * rejects while it is away, and nothing is queued here. `onFault` hears each failed dial.
 */
export async function connectRedis(url: string, onFault: (error: Error) => void): Promise<Redis> {
  const redis = new Redis(url, {
    lazyConnect: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: REPLY_MS,
    socketTimeout: SILENT_MS,
    retryStrategy: (times) => Math.min(times * 50, REDIAL_MS_MAX),
  });
  redis.on("error", onFault);
  try {
    await redis.connect();
  } catch (error) {
    redis.disconnect();
    throw error;
  }
  return redis;
}
