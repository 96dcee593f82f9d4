import { Redis } from "ioredis";
import { afterAll, beforeAll } from "vitest";
import { startRedis } from "../../world/servers/redis.ts";
import type { Server } from "../../world/servers/server.ts";

const START_MS = 20_000;

/** A Redis of its own for the tests beside this call, up while they run, and a connection that looks into it. */
export function ownRedis(): { readonly url: string; readonly admin: Redis } {
  let up: { readonly server: Server; readonly admin: Redis } | undefined;
  beforeAll(async () => {
    const server = await startRedis();
    up = { server, admin: new Redis(server.url) };
  }, START_MS);
  afterAll(async () => {
    up?.admin.disconnect();
    await up?.server.stop();
  });
  const running = (): NonNullable<typeof up> => {
    if (up === undefined) throw new Error("it runs while tests do");
    return up;
  };
  return {
    get url() {
      return running().server.url;
    },
    get admin() {
      return running().admin;
    },
  };
}
