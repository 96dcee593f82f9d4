import { join } from "node:path";
import type { Part } from "../src/runtime/lifecycle.ts";
import type { EngineOptions, PoolThere, WorldLimits } from "./engine.ts";
import { type Mortal, mortal } from "./mortal.ts";
import { neighboursOf, type PoolPlan } from "./plan.ts";
import { readyLine } from "./ready-line.ts";
import { type Lost, lossOf, type RegionServers } from "./real-region.ts";
import { type Child, startChild, WorldFault } from "./servers/child.ts";
import type { UpstashServer } from "./upstash/upstash-server.ts";

const ROLE_READY_MS = 30_000;

type Env = Readonly<Record<string, string>>;
type Role = { readonly kind: "clerk" | "matcher" | "pool"; readonly region: string; readonly pool: string };
type Told = Role & { readonly env: Env };

/** Where the directory answers, and with which token. */
export type DirectoryThere = { readonly endpoint: UpstashServer; readonly token: string };

const ofRegion = ({ region, natsUrl }: RegionServers): Env => ({
  WHISPER_ENV: "development",
  WHISPER_REGION: region,
  WHISPER_NATS_URL: natsUrl,
  WHISPER_LOG_LEVEL: "warn",
  WHISPER_STOP_MS: "2000",
});

/** A region's clerk and matcher, and what each is told. */
export function regionRoles(servers: RegionServers, { endpoint, token }: DirectoryThere): readonly Told[] {
  const { region } = servers;
  const all = { ...ofRegion(servers), WHISPER_REDIS_URL: servers.redisUrl };
  const directory: Env = {
    WHISPER_UPSTASH_URL: endpoint.url,
    WHISPER_UPSTASH_TOKEN: token,
    WHISPER_HANDOVER_KEY: servers.handoverKey.reveal(),
  };
  return [
    { kind: "clerk", region, pool: "", env: { ...all, WHISPER_ROLES: "clerk", ...directory } },
    { kind: "matcher", region, pool: "", env: { ...all, WHISPER_ROLES: "matcher", WHISPER_SAME_DEVICE_PAIRS: "1" } },
  ];
}

const LIMIT_SETTINGS: readonly (readonly [keyof WorldLimits, string])[] = [
  ["socketsMax", "WHISPER_SOCKETS_MAX"],
  ["upgradesPerS", "WHISPER_UPGRADES_PER_S"],
  ["shardWellMs", "WHISPER_SHARD_WELL_MS"],
  ["textsPerWindow", "WHISPER_TEXTS_PER_WINDOW"],
  ["graceMs", "WHISPER_GRACE_MS"],
  ["silenceMs", "WHISPER_SILENCE_MS"],
  ["partitionMs", "WHISPER_PARTITION_MS"],
];

/** A pool's supervisor, and what it and its shards are told. */
export function poolRole(place: PoolPlan, servers: RegionServers, jwksUrl: string, options: EngineOptions): Told {
  const { region, pool } = place;
  const { limits, host, scratch, plan } = options;
  const told = LIMIT_SETTINGS.flatMap(([name, setting]) => {
    const value = limits[name];
    return value === undefined ? [] : [[setting, String(value)]];
  });
  const env: Env = {
    ...ofRegion(servers),
    WHISPER_ROLES: "pool",
    WHISPER_SHARDS: String(plan.shards),
    WHISPER_REPORT_COPIES: String(plan.natsServers),
    WHISPER_POOL: pool,
    WHISPER_NEIGHBOURS: neighboursOf(region, plan.regions).join(","),
    WHISPER_LAT: String(place.lat),
    WHISPER_LON: String(place.lon),
    WHISPER_HOST: host,
    WHISPER_PORT: String(place.port),
    WHISPER_OPS_PORT: String(place.opsPort),
    WHISPER_JWKS_URL: jwksUrl,
    WHISPER_KEYS_CACHE: join(scratch, `keys-${region}-${pool}.json`),
    ...Object.fromEntries(told),
  };
  return { kind: "pool", region, pool, env };
}

/** One role in a process of its own; started when it says so. */
export function rolePart(
  { kind, region, pool, env }: Told,
  program: string,
  { root, env: inherited, onLog }: EngineOptions,
  lost: Lost,
): { readonly part: Part; readonly mortal: Mortal; there(): readonly PoolThere[] } {
  let pools: readonly PoolThere[] = [];
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
      // A world that ends has no other pool to move people to, so a pool stops at once and does not drain.
      return { ...started, stop: () => started.stop(kind === "pool" ? "SIGINT" : "SIGTERM") };
    },
    lost: lossOf(`the ${kind}`, lost),
  });
  return { part: { name: kind, start: role.start, stop: role.stop }, mortal: role.part, there: () => pools };
}
