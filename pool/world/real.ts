import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type Part, type Running, startAll } from "../src/runtime/lifecycle.ts";
import { bundle } from "./bundle.ts";
import type { Engine, EngineOptions, PoolThere } from "./engine.ts";
import { type Mortal, mortal } from "./mortal.ts";
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
  readonly redis: ReturnType<typeof mortalRedis>;
  readonly nats: ReturnType<typeof mortalNats>;
  readonly redisUrl: string;
  readonly natsUrl: string;
  readonly endpoint: UpstashServer;
  readonly token: string;
};

/** Everything behind the edge as in production: Redis, NATS with streams, and a process for each role. */
export function realEngine(options: EngineOptions): Engine {
  const { plan, root, say, scratch } = options;
  const tellers: ((what: string) => void)[] = [];
  const lost = (what: string): void => {
    for (const tell of tellers) tell(what);
  };
  let servers: Servers | undefined;
  let running: Running | undefined;
  let mortals: readonly Mortal[] = [];
  return {
    async openDirectory() {
      say("starting redis-server and nats-server");
      servers = await startServers(plan.regions[0] ?? "", scratch, lost);
      return { url: servers.endpoint.url, token: servers.token };
    },
    async openPools(jwksUrl) {
      const there = servers;
      if (there === undefined) throw new TypeError("the servers were not started");
      const program = await bundle(root, join(root, "pool/src/main.ts"), "pool.mjs");
      const roles = plan.pools.flatMap((pool) => rolesOf(pool, there, jwksUrl, options));
      const children = roles.map(({ kind, env }) => rolePart(kind, program, env, options, lost));
      mortals = [there.redis.part, there.nats.part, ...children.map(({ mortal }) => mortal)];
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
    mortals: () => mortals,
  };
}

type Lost = (what: string) => void;

async function startServers(region: string, scratch: string, lost: Lost): Promise<Servers> {
  const redis = mortalRedis(region, lost);
  await redis.start();
  const redisUrl = redis.current()?.url ?? "";
  try {
    const nats = mortalNats(region, join(scratch, `nats-${region}`), lost);
    await nats.start();
    const token = randomBytes(24).toString("base64url");
    const endpoint = await startUpstash({ store: redisStore(redisUrl), token });
    return { redis, nats, redisUrl, natsUrl: nats.current()?.url ?? "", endpoint, token };
  } catch (error) {
    await redis.stop();
    throw error;
  }
}

const lossOf = (name: string, lost: Lost) => (thing: { output(): string }) =>
  lost(`${name} has ended; it said:\n${thing.output().trim()}`);

/** Comes again at the same port, empty. */
function mortalRedis(region: string, lost: Lost) {
  let port: number | undefined;
  return mortal<Server>({
    kind: "redis",
    region,
    async begin() {
      const started = await startRedis(port === undefined ? {} : { port });
      port = started.port;
      return started;
    },
    lost: lossOf("redis-server", lost),
  });
}

/** Comes again at the same port, with its streams. */
function mortalNats(region: string, dir: string, lost: Lost) {
  let port: number | undefined;
  return mortal<Server>({
    kind: "nats",
    region,
    async begin() {
      await mkdir(dir, { recursive: true });
      const started = await startNats({
        jetstream: true,
        domain: region,
        dir,
        ...(port === undefined ? {} : { port }),
      });
      port = started.port;
      return started;
    },
    lost: lossOf("nats-server", lost),
  });
}

/** The processes of one pool's region and what each is told. */
function rolesOf(pool: PoolPlan, servers: Servers, jwksUrl: string, { limits, host, scratch }: EngineOptions) {
  const all: Env = {
    WHISPER_ENV: "development",
    WHISPER_REGION: pool.region,
    WHISPER_NATS_URL: servers.natsUrl,
    WHISPER_LOG_LEVEL: "warn",
    WHISPER_STOP_MS: "3000",
  };
  const redis: Env = { WHISPER_REDIS_URL: servers.redisUrl };
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
    { kind: "clerk", env: { ...all, WHISPER_ROLES: "clerk", ...redis, ...directory } },
    { kind: "matcher", env: { ...all, WHISPER_ROLES: "matcher", ...redis, WHISPER_SAME_DEVICE_PAIRS: "1" } },
    { kind: "pool", env: { ...all, WHISPER_ROLES: "shard", ...shard } },
  ] as const;
}

/** One role in a process of its own; started when it says so. */
function rolePart(
  kind: "clerk" | "matcher" | "pool",
  program: string,
  env: Env,
  { root, env: inherited, onLog }: EngineOptions,
  lost: Lost,
): { readonly part: Part; readonly mortal: Mortal; there(): readonly PoolThere[] } {
  let pools: readonly PoolThere[] = [];
  const { WHISPER_REGION: region = "", WHISPER_POOL: pool = "" } = env;
  const role = mortal<Child>({
    kind,
    region,
    pool,
    async begin(): Promise<Child> {
      const started = await startChild({
        name: kind,
        programs: [process.execPath],
        args: [program],
        missing: "this Node cannot be started again",
        cwd: root,
        env: { ...inherited, ...env },
        onStderr: onLog,
      });
      const ready = await readyLine(started, ROLE_READY_MS);
      if (ready === undefined) {
        await started.kill();
        throw new WorldFault(`the ${kind} did not start; it said:\n${started.output().trim()}`);
      }
      if (typeof ready.url === "string" && typeof ready.opsUrl === "string")
        pools = [{ region, pool, url: ready.url, opsUrl: ready.opsUrl, pid: started.pid }];
      return started;
    },
    lost: lossOf(`the ${kind}`, lost),
  });
  return { part: { name: kind, start: role.start, stop: role.stop }, mortal: role.part, there: () => pools };
}
