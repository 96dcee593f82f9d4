import { Redis } from "ioredis";
import type { Reply, UpstashStore } from "./store.ts";

/** A store on a Redis server: every command it knows. Rejects what is asked while the server is away. */
export function redisStore(url: string): UpstashStore {
  const redis = new Redis(url, { maxRetriesPerRequest: 1, enableOfflineQueue: true });
  redis.on("error", () => {
    // Each command that fails says so to whoever asked; a connection that comes and goes is no further news.
  });
  // ioredis turns replies to lower-case names into JavaScript shapes (hgetall into an object), to upper-case names it
  // does not.
  return {
    call: async ([name = "", ...args]) => (await redis.callBuffer(name.toUpperCase(), ...args)) as Reply,
    async transaction(commands) {
      const multi = redis.multi();
      for (const [name = "", ...args] of commands) multi.callBuffer(name.toUpperCase(), ...args);
      const replies = await multi.exec();
      if (replies === null) throw new Error("EXECABORT Transaction discarded");
      return replies.map(([error, reply]) => error ?? (reply as Reply));
    },
    close: async () => redis.disconnect(),
  };
}
