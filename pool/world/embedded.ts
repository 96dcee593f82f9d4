import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { InvariantError } from "@whisper/shared/base/assert";
import { systemClock } from "@whisper/shared/base/clock";
import { systemRandom } from "@whisper/shared/base/random";
import { TEXTS_PER_WINDOW, TEXTS_WINDOW_MS } from "@whisper/shared/limits";
import { hashDirectory } from "../src/adapters/hash-directory.ts";
import { createMemoryNetwork } from "../src/adapters/memory/memory-bus.ts";
import { NodeKeys } from "../src/adapters/node-keys.ts";
import type { Bus } from "../src/ports.ts";
import { type Part, type Running, startAll } from "../src/runtime/lifecycle.ts";
import { createLog } from "../src/runtime/log.ts";
import { meterOf } from "../src/shard/meter.ts";
import { SHARD_DEFAULTS } from "../src/shard/settings.ts";
import { type Pool, type PoolOptions, type PoolWorld, startPool } from "../src/start-pool.ts";
import { embeddedRegion } from "./embedded-region.ts";
import type { Engine, EngineOptions, PoolThere, WorldLimits } from "./engine.ts";
import { neighboursOf, type PoolPlan, type WorldPlan } from "./plan.ts";
import { memoryStore } from "./upstash/memory-store.ts";
import { startUpstash, type UpstashServer } from "./upstash/upstash-server.ts";

/** Everything behind the edge in this one process, in memory: no server is needed (DESIGN §12). */
export function embeddedEngine({ plan, limits, scratch, host, onLog }: EngineOptions): Engine {
  const log = createLog({ level: "warn", base: {}, write: onLog });
  const network = createMemoryNetwork();
  const newBus = (): Bus =>
    network.join((error) => {
      log.error("promise_broken", { promise: error instanceof InvariantError ? error.message : "unexpected" });
    });
  const store = memoryStore(systemClock);
  const token = randomBytes(24).toString("base64url");
  let endpoint: UpstashServer | undefined;
  let running: Running | undefined;
  return {
    async openDirectory() {
      endpoint = await startUpstash({ store, token });
      return { url: endpoint.url, token };
    },
    async openPools(jwksUrl) {
      const directory = hashDirectory((commands) => Promise.all(commands.map(store.call)), store.close);
      const cachePath = join(scratch, "keys.json");
      const keys = new NodeKeys({ url: jwksUrl, cachePath, regions: plan.regions, clock: systemClock, log });
      const keysPart: Part = { name: "keys", start: () => keys.start(), stop: () => keys.stop() };
      const regions = plan.regions.map((region) => embeddedRegion(region, { newBus, directory, log }));
      const pools = plan.pools.map((pool) => {
        const reports = regions.find(({ region }) => region === pool.region)?.reports;
        if (reports === undefined) throw new TypeError("a pool was planned outside of all regions");
        const world = { bus: newBus(), keys, reports, clock: systemClock, random: systemRandom, log };
        return poolPart(optionsOf(pool, plan.regions, host, limits), world);
      });
      running = await startAll([keysPart, ...regions.flatMap(({ parts }) => parts), ...pools.map(({ part }) => part)]);
      return pools.flatMap(({ pool }) => thereOf(pool()));
    },
    async stop() {
      const failed = await running?.stop();
      await endpoint?.stop();
      return failed ?? [];
    },
    onLoss: () => {}, // one process: nothing of it can be lost alone
    mortals: () => [],
  };
}

function optionsOf(
  { opsPort, ...place }: PoolPlan,
  regions: WorldPlan["regions"],
  host: string,
  limits: WorldLimits,
): PoolOptions {
  return {
    settings: {
      ...SHARD_DEFAULTS,
      ...place,
      host,
      neighbours: neighboursOf(place.region, regions),
      shard: 0,
      socketsMax: limits.socketsMax ?? SHARD_DEFAULTS.socketsMax,
      texts: meterOf(limits.textsPerWindow ?? TEXTS_PER_WINDOW, TEXTS_WINDOW_MS),
    },
    ops: { host, port: opsPort },
    tellsOps: true,
  };
}

function poolPart(options: PoolOptions, world: PoolWorld): { readonly part: Part; pool(): Pool | undefined } {
  let pool: Pool | undefined;
  const part: Part = {
    name: "shard",
    async start() {
      pool = await startPool(options, world);
    },
    stop: async () => pool?.stop(),
  };
  return { part, pool: () => pool };
}

function thereOf(pool: Pool | undefined): readonly PoolThere[] {
  if (pool === undefined) return [];
  const { region, pool: name, url } = pool.shard.report();
  return [{ region, pool: name, url, opsUrl: pool.opsUrl, pid: process.pid }];
}
