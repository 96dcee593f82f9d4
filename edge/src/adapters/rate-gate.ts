import type { Log, Meter } from "../ports.ts";

/** The Workers rate-limiting binding, as far as we use it. */
export type RateLimitBinding = { limit(options: { readonly key: string }): Promise<{ readonly success: boolean }> };

const MINUTE_MS = 60_000;
const NETWORKS_MAX = 10_000;

/** A meter by the platform's own counters, shared by the isolates of a data centre. Away: it lets people in. */
export function bindingMeter(binding: RateLimitBinding, log: Log): Meter {
  return {
    async take(network) {
      try {
        return (await binding.limit({ key: network })).success ? "taken" : { retryAfterS: MINUTE_MS / 1_000 };
      } catch {
        log.warn("meter_away");
        return "taken";
      }
    },
  };
}

type Bucket = { tokens: number; atMs: number };

/**
 * A token bucket per network in this isolate's memory: full at first, `perMin` a minute. Knows 10,000 networks, oldest
 * go first.
 */
export function bucketMeter(perMin: number): Meter {
  const buckets = new Map<string, Bucket>();
  const perMs = perMin / MINUTE_MS;
  return {
    async take(network, nowMs) {
      const bucket = buckets.get(network) ?? { tokens: perMin, atMs: nowMs };
      bucket.tokens = Math.min(perMin, bucket.tokens + Math.max(0, nowMs - bucket.atMs) * perMs);
      bucket.atMs = nowMs;
      if (!buckets.has(network)) {
        if (buckets.size >= NETWORKS_MAX) for (const oldest of buckets.keys()) if (buckets.delete(oldest)) break;
        buckets.set(network, bucket);
      }
      if (bucket.tokens < 1) return { retryAfterS: Math.max(1, Math.ceil((1 - bucket.tokens) / perMs / 1_000)) };
      bucket.tokens -= 1;
      return "taken";
    },
  };
}
