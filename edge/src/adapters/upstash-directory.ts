import { Redis } from "@upstash/redis/cloudflare";
import { DIRECTORY_KEY } from "@whisper/shared/directory/pool-report";
import type { EdgeConfig } from "../config.ts";
import type { DirectoryStore } from "../ports.ts";
import { listingOf } from "./listing.ts";

/** A read that takes longer counts as "away": a person waits for it at most once in 10 s. */
const READ_MS_MAX = 1_500;

/** The directory over Upstash's REST protocol. Only ever reads; the clerks write it. */
export function openUpstashDirectory(where: EdgeConfig["directory"]): DirectoryStore {
  const redis = new Redis({
    url: where.url,
    token: where.token.reveal(),
    automaticDeserialization: false,
    responseEncoding: false,
    enableAutoPipelining: false,
    enableTelemetry: false,
    retry: false,
    signal: () => AbortSignal.timeout(READ_MS_MAX),
  });
  return {
    async read() {
      const fields = pairsIn(await redis.hgetall(DIRECTORY_KEY));
      const listing = fields === undefined ? undefined : listingOf(fields);
      if (listing === undefined) throw new TypeError("the directory is empty");
      return listing;
    },
  };
}

/** A hash as the wire has it, field after value, which is what the client hands on when it does not deserialize. */
function pairsIn(raw: unknown): Readonly<Record<string, unknown>> | undefined {
  if (!Array.isArray(raw) || raw.length % 2 !== 0) return undefined;
  return Object.fromEntries(raw.flatMap((field: unknown, at) => (at % 2 === 0 ? [[String(field), raw[at + 1]]] : [])));
}
