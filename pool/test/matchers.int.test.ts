import { afterAll, beforeAll } from "vitest";
import { openNatsBus } from "../src/adapters/nats/nats-bus.ts";
import { openRedisWaitingList } from "../src/adapters/redis/redis-waiting-list.ts";
import { deskSettings } from "../src/matcher/desk-settings.ts";
import type { Bus } from "../src/ports.ts";
import { startNats } from "../world/servers/nats.ts";
import { startRedis } from "../world/servers/redis.ts";
import type { Server } from "../world/servers/server.ts";
import { memoryBuses, type SeveralParts, severalMatchersContract } from "./contract/several-matchers.contract.ts";
import { REGION, seededRandom } from "./support/desk-people.ts";

let server: Server;
let nats: Server;
const buses: Bus[] = [];
beforeAll(async () => {
  [server, nats] = await Promise.all([startRedis(), startNats()]);
});
afterAll(async () => {
  await Promise.all(buses.map((bus) => bus.close()));
  await Promise.all([server.stop(), nats.stop()]);
});

/** A list of its own: the two tests must not meet. */
const openListIn =
  (database: number): SeveralParts["openList"] =>
  (changed, at) =>
    openRedisWaitingList(
      `${server.url}/${database}`,
      deskSettings(REGION, changed),
      seededRandom(at + 1),
      () => undefined,
    );

severalMatchersContract("Redis", { openList: openListIn(0), joinBus: memoryBuses() });
severalMatchersContract("Redis and NATS", {
  openList: openListIn(1),
  joinBus: async () => {
    const bus = await openNatsBus(nats.url, (error) => {
      throw error;
    });
    buses.push(bus);
    return bus;
  },
});
