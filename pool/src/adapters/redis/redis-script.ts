import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { RegionRedis } from "./redis-connection.ts";

/**
 * A Lua script that Redis runs as one atomic change; sent whole only to a server that does not know it (yet, or any
 * more).
 */
export type RedisScript = {
  run(redis: RegionRedis, keys: readonly string[], args: readonly (string | number | Buffer)[]): Promise<unknown>;
};

/** A script made of the Lua files of this folder with these names, one after the other. */
export const luaScript = (...names: readonly string[]): RedisScript => scriptOf(luaOf(...names));

/** The Lua files of this folder with these names, one after the other. */
export const luaOf = (...names: readonly string[]): string =>
  names.map((name) => readFileSync(new URL(`./${name}.lua`, import.meta.url), "utf8")).join("\n");

/** A script with this source. */
function scriptOf(source: string): RedisScript {
  const sha = createHash("sha1").update(source).digest("hex");
  return {
    async run(redis, keys, args) {
      try {
        return await redis.evalsha(sha, keys.length, ...keys, ...args);
      } catch (error) {
        if (!(error instanceof Error && error.message.startsWith("NOSCRIPT"))) throw error;
        return await redis.eval(source, keys.length, ...keys, ...args);
      }
    },
  };
}
