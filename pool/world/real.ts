import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { bundle } from "./bundle.ts";
import type { Engine, EngineOptions } from "./engine.ts";
import type { Mortal } from "./mortal.ts";
import { type Lost, lossOf, planBuses, type RegionServers, startRegionServers } from "./real-region.ts";
import { type DirectoryThere, poolRole, regionRoles, rolePart } from "./real-roles.ts";
import { startRedis } from "./servers/redis.ts";
import type { Server } from "./servers/server.ts";
import { redisStore } from "./upstash/redis-store.ts";
import { startUpstash, type UpstashServer } from "./upstash/upstash-server.ts";

/**
 * Everything behind the edge as in production: for each region its own Redis and NATS with streams, joined by gateways,
 * a process for each role, and for each pool a supervisor with its shards.
 */
export function realEngine(options: EngineOptions): Engine {
  const { plan, root, say, scratch, host } = options;
  const tellers: ((what: string) => void)[] = [];
  const lost: Lost = (what) => {
    for (const tell of tellers) tell(what);
  };
  let directory: Awaited<ReturnType<typeof startDirectory>> | undefined;
  let regions: readonly RegionServers[] = [];
  let roles: readonly ReturnType<typeof rolePart>[] = [];
  let mortals: readonly Mortal[] = [];
  return {
    async openDirectory() {
      say("starting redis-server and nats-server");
      directory = await startDirectory(lost);
      const buses = await planBuses(plan, host);
      const begun = await Promise.allSettled(
        plan.regions.map((region, at) => startRegionServers(region, buses[at] ?? {}, scratch, lost)),
      );
      regions = begun.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
      for (const one of begun) if (one.status === "rejected") throw one.reason;
      return { url: directory.endpoint.url, token: directory.token };
    },
    async openPools(jwksUrl) {
      const there = directory;
      if (there === undefined) throw new TypeError("the servers were not started");
      const program = await bundle(root, join(root, "pool/src/main.ts"), "pool");
      const begin = async (told: Parameters<typeof rolePart>[0][]): Promise<void> => {
        const parts = told.map((one) => rolePart(one, program, options, lost));
        roles = [...roles, ...parts];
        await allOf(parts.map(({ part }) => part.start()));
      };
      await begin(regions.flatMap((servers) => regionRoles(servers, there)));
      await begin(
        regions.flatMap((servers) =>
          plan.pools
            .filter(({ region }) => region === servers.region)
            .map((place) => poolRole(place, servers, jwksUrl, options)),
        ),
      );
      mortals = [there.part, ...regions.flatMap((servers) => servers.mortals), ...roles.map(({ mortal }) => mortal)];
      return roles.flatMap(({ there: pools }) => pools());
    },
    async stop() {
      const failed = await stopAll(roles.filter(({ mortal }) => mortal.kind === "pool"));
      failed.push(...(await stopAll(roles.filter(({ mortal }) => mortal.kind !== "pool"))));
      await directory?.stop();
      await Promise.all(regions.map((servers) => servers.stop()));
      return failed;
    },
    onLoss: (tell) => void tellers.push(tell),
    mortals: () => mortals,
  };
}

/** Resolves when all have; rejects with the first fault once all have ended somehow, so that none is left behind. */
async function allOf(started: readonly Promise<void>[]): Promise<void> {
  for (const one of await Promise.allSettled(started)) if (one.status === "rejected") throw one.reason;
}

/** Stops all at once, and names those that would not. */
async function stopAll(roles: readonly ReturnType<typeof rolePart>[]): Promise<string[]> {
  const stopped = await Promise.allSettled(roles.map(({ part }) => part.stop()));
  return roles.flatMap(({ part }, at) => (stopped[at]?.status === "rejected" ? [part.name] : []));
}

/** The edge's directory, on a Redis of its own: it is nobody's region. What dies of it is its endpoint. */
async function startDirectory(lost: Lost): Promise<DirectoryThere & { readonly part: Mortal; stop(): Promise<void> }> {
  const redis: Server = await startRedis();
  let isStopping = false;
  redis.gone.then(() => {
    if (!isStopping) lossOf("redis-server", lost)(redis);
  });
  const token = randomBytes(24).toString("base64url");
  const begin = (port: number): Promise<UpstashServer> => startUpstash({ store: redisStore(redis.url), token, port });
  const endpoint = await begin(0);
  let current: UpstashServer | undefined = endpoint;
  const end = async (): Promise<void> => {
    await current?.stop();
    current = undefined;
  };
  const start = async (): Promise<void> => {
    current = await begin(endpoint.port);
  };
  const part: Mortal = { kind: "directory", region: "", pool: "", pid: () => undefined, kill: end, start };
  const stop = async (): Promise<void> => {
    isStopping = true;
    await end();
    await redis.stop();
  };
  return { endpoint, token, part, stop };
}
