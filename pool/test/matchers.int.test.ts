import { Redis } from "ioredis";
import { afterAll, beforeAll } from "vitest";
import { openRedisWaitingList } from "../src/adapters/redis/redis-waiting-list.ts";
import { deskSettings } from "../src/matcher/desk-settings.ts";
import { startRedis } from "../world/servers/redis.ts";
import type { Server } from "../world/servers/server.ts";
import { memoryBuses, severalMatchersContract } from "./contract/several-matchers.contract.ts";
import { REGION, seededRandom } from "./support/desk-people.ts";

let server: Server;
let admin: Redis;
beforeAll(async () => {
  server = await startRedis();
  admin = new Redis(server.url);
});
afterAll(async () => {
  admin.disconnect();
  await server.stop();
});

severalMatchersContract("Redis", {
  openList: (changed, at) =>
    openRedisWaitingList(server.url, deskSettings(REGION, changed), seededRandom(at + 1), () => undefined),
  joinBus: memoryBuses(),
});
