import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { type Part, type Running, startAll } from "../src/runtime/lifecycle.ts";
import { bundle } from "./bundle.ts";
import type { Engine, EngineOptions, PoolThere } from "./engine.ts";
import type { PoolPlan } from "./plan.ts";
import { readyLine } from "./ready-line.ts";
import { type Child, startChild, WorldFault } from "./servers/child.ts";
import { startNats } from "./servers/nats.ts";
import { startRedis } from "./servers/redis.ts";
import type { Server } from "./servers/server.ts";
import { redisStore } from "./upstash/redis-store.ts";
import { startUpstash, type UpstashServer } from "./upstash/upstash-server.ts";

const ROLE_READY_MS = 20_000;

type Env = Readonly<Record<string, string>>;
type Servers = {
  readonly redis: Server;
  readonly nats: Server;
  readonly endpoint: UpstashServer;
  readonly token: string;
};

/** Everything behind the edge as in production: Redis, NATS with streams, and a process for each role. */
export function realEngine(options: EngineOptions): Engine {
  const { plan, root, say } = options;
  const tellers: ((what: string) => void)[] = [];
  const lost = (what: string): void => {
    for (const tell of tellers) tell(what);
  };
  let servers: Servers | undefined;
  let running: Running | undefined;
  return {
    async openDirectory() {
      say("starting redis-server and nats-server");
      servers = await startServers(plan.regions[0] ?? "", lost);
      return { url: servers.endpoint.url, token: servers.token };
    },
    async openPools(jwksUrl) {
      const there = servers;
      if (there === undefined) throw new TypeError("the servers were not started");
      const program = await bundle(root, join(root, "pool/src/main.ts"), "pool.mjs");
      const roles = plan.pools.flatMap((pool) => rolesOf(pool, there, jwksUrl, options));
      const children = roles.map(({ name, env }) => rolePart(name, program, env, options, lost));
      running = await startAll(children.map(({ part }) => part));
      return children.flatMap(({ there }) => there());
    },
    async stop() {
      const failed = (await running?.stop()) ?? [];
      await servers?.endpoint.stop();
      await Promise.all([servers?.nats.stop(), servers?.redis.stop()]);
      return failed;
    },
    onLoss: (tell) => void tellers.push(tell),
  };
}

async function startServers(region: string, lost: (what: string) => void): Promise<Servers> {
  const redis = await startRedis();
  try {
    const nats = await startNats({ jetstream: true, domain: region });
    const token = randomBytes(24).toString("base64url");
    const endpoint = await startUpstash({ store: redisStore(redis.url), token });
    redis.gone.then(() => lost(`redis-server has ended; it said:\n${redis.output().trim()}`));
    nats.gone.then(() => lost(`nats-server has ended; it said:\n${nats.output().trim()}`));
    return { redis, nats, endpoint, token };
  } catch (error) {
    await redis.stop();
    throw error;
  }
}

/** The processes of one pool's region and what each is told. */
function rolesOf(pool: PoolPlan, servers: Servers, jwksUrl: string, { limits, host, scratch }: EngineOptions) {
  const all: Env = {
    WHISPER_ENV: "development",
    WHISPER_REGION: pool.region,
    WHISPER_NATS_URL: servers.nats.url,
    WHISPER_LOG_LEVEL: "warn",
    WHISPER_STOP_MS: "3000",
  };
  const redis: Env = { WHISPER_REDIS_URL: servers.redis.url };
  const directory: Env = { WHISPER_UPSTASH_URL: servers.endpoint.url, WHISPER_UPSTASH_TOKEN: servers.token };
  const { socketsMax, textsPerWindow } = limits;
  const shard: Env = {
    WHISPER_POOL: pool.pool,
    WHISPER_LAT: String(pool.lat),
    WHISPER_LON: String(pool.lon),
    WHISPER_HOST: host,
    WHISPER_PORT: String(pool.port),
    WHISPER_OPS_PORT: String(pool.opsPort),
    WHISPER_JWKS_URL: jwksUrl,
    WHISPER_KEYS_CACHE: join(scratch, `keys-${pool.region}-${pool.pool}.json`),
    ...(socketsMax === undefined ? {} : { WHISPER_SOCKETS_MAX: String(socketsMax) }),
    ...(textsPerWindow === undefined ? {} : { WHISPER_TEXTS_PER_WINDOW: String(textsPerWindow) }),
  };
  return [
    { name: "clerk", env: { ...all, WHISPER_ROLES: "clerk", ...redis, ...directory } },
    { name: "matcher", env: { ...all, WHISPER_ROLES: "matcher", ...redis, WHISPER_SAME_DEVICE_PAIRS: "1" } },
    { name: "shard", env: { ...all, WHISPER_ROLES: "shard", ...shard } },
  ];
}

/** One role in a process of its own; started when it says so. */
function rolePart(
  name: string,
  program: string,
  env: Env,
  { root, env: inherited, onLog }: EngineOptions,
  lost: (what: string) => void,
): { readonly part: Part; there(): readonly PoolThere[] } {
  let child: Child | undefined;
  let pools: readonly PoolThere[] = [];
  let isStopping = false;
  const part: Part = {
    name,
    async start() {
      const started = await startChild({
        name,
        programs: [process.execPath],
        args: [program],
        missing: "this Node cannot be started again",
        cwd: root,
        env: { ...inherited, ...env },
        onStderr: onLog,
      });
      child = started;
      const ready = await readyLine(started, ROLE_READY_MS);
      if (ready === undefined) {
        await started.kill();
        throw new WorldFault(`the ${name} did not start; it said:\n${started.output().trim()}`);
      }
      if (typeof ready.url === "string" && typeof ready.opsUrl === "string") {
        const { WHISPER_REGION: region = "", WHISPER_POOL: pool = "" } = env;
        pools = [{ region, pool, url: ready.url, opsUrl: ready.opsUrl, pid: started.pid }];
      }
      started.gone.then(() => {
        if (!isStopping) lost(`the ${name} has ended; it said:\n${started.output().trim()}`);
      });
    },
    async stop() {
      isStopping = true;
      await child?.stop();
    },
  };
  return { part, there: () => pools };
}
