import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@whisper/shared/base/clock";
import type { RegionName } from "@whisper/shared/base/ids";
import { systemRandom } from "@whisper/shared/base/random";
import type { PublicJwk } from "@whisper/shared/credentials/key-ring";
import { publicHalf } from "@whisper/shared/credentials/signing-keys";
import { newHandoverKey } from "../src/clerk/handover.ts";
import { bundle } from "../world/bundle.ts";
import { readyLine } from "../world/ready-line.ts";
import { startChild } from "../world/servers/child.ts";
import { startNats } from "../world/servers/nats.ts";
import { startRedis } from "../world/servers/redis.ts";
import { memoryStore } from "../world/upstash/memory-store.ts";
import { startUpstash } from "../world/upstash/upstash-server.ts";
import { answerAsks } from "./answer-asks.ts";

// One region as production runs it, each part a process of its own on real servers: a clerk, a matcher, and two pools
// of which one is to be drained. One limit is raised, upgrades per second: the pools of a region are many, this is one.
// `cpu` tells what each part has used so far.

type Options = {
  readonly root: string;
  readonly env: Readonly<Record<string, string>>;
  readonly region: RegionName;
  readonly shards: number;
  /** Sockets that a shard of the pool takes that is moved to, at most. */
  readonly socketsMax: number;
  /** What the strangers' tickets are signed with. */
  readonly key: PublicJwk;
};

const { root, env, region, shards, socketsMax, key } = JSON.parse(process.argv[2] ?? "") as Options;
const READY_MS = 30_000;
const NEVER_MET = "1000000000";
/** Kernel ticks per second in /proc (USER_HZ), the same on every Linux that Node runs on. */
const TICKS_PER_S = 100;

const scratch = await mkdtemp(join(tmpdir(), "whisper-drain-"));
const handoverKey = await newHandoverKey(region, 0, systemRandom);
const handover = { ...publicHalf(handoverKey), use: "handover" };
const jwks = createServer((_request, response) => response.end(JSON.stringify({ keys: [key, handover] })));
const jwksUrl = await new Promise<string>((resolve) => {
  jwks.listen(0, "127.0.0.1", () => {
    const address = jwks.address();
    resolve(`http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}/jwks.json`);
  });
});
const [program, redis, nats, upstash] = await Promise.all([
  bundle(root, join(root, "pool/src/main.ts"), "pool"),
  startRedis(),
  startNats({ jetstream: true, domain: region, dir: scratch }),
  startUpstash({ store: memoryStore(systemClock), token: "bench" }),
]);

const common = {
  ...env,
  WHISPER_ENV: "development",
  WHISPER_REGION: region,
  WHISPER_NATS_URL: nats.url,
  WHISPER_LOG_LEVEL: "warn",
};
const pool = {
  WHISPER_ROLES: "pool",
  WHISPER_SHARDS: String(shards),
  WHISPER_SOCKETS_MAX: String(socketsMax),
  WHISPER_UPGRADES_PER_S: NEVER_MET,
  WHISPER_LAT: "50.1",
  WHISPER_LON: "8.7",
  WHISPER_HOST: "127.0.0.1",
  WHISPER_PORT: "0",
  WHISPER_OPS_PORT: "0",
  WHISPER_JWKS_URL: jwksUrl,
};

async function role(name: string, settings: Readonly<Record<string, string>>) {
  const child = await startChild({
    name,
    programs: [process.execPath],
    args: [program],
    missing: "this Node cannot be started again",
    env: { ...common, ...settings },
    onStderr: (piece) => void process.stderr.write(piece),
  });
  const ready = await readyLine(child, READY_MS);
  if (ready === undefined) throw new Error(`the ${name} did not start`);
  return {
    name,
    pid: child.pid,
    child,
    url: String(ready.url),
    opsUrl: String(ready.opsUrl),
    shards: pidsIn(ready.pids),
  };
}
const pidsIn = (raw: unknown): readonly number[] => (Array.isArray(raw) ? raw.map(Number) : []);

const stored = { WHISPER_REDIS_URL: redis.url };
const published = {
  WHISPER_UPSTASH_URL: upstash.url,
  WHISPER_UPSTASH_TOKEN: "bench",
  WHISPER_HANDOVER_KEY: JSON.stringify(handoverKey),
};
const desk = await Promise.all([
  role("clerk", { WHISPER_ROLES: "clerk", ...stored, ...published }),
  role("matcher", { WHISPER_ROLES: "matcher", ...stored }),
]);
const pools = await Promise.all(
  ["p1", "p2"].map((name) =>
    role(name, { ...pool, WHISPER_POOL: name, WHISPER_KEYS_CACHE: join(scratch, `keys-${name}.json`) }),
  ),
);
const parts: readonly (readonly [string, readonly number[]])[] = [
  ...desk.map(({ name, pid }) => [name, [pid]] as const),
  ...pools.flatMap((one) => [
    [`${one.name} supervisor`, [one.pid]] as const,
    [`${one.name} shards`, one.shards] as const,
  ]),
  ["redis", [redis.pid]],
  ["nats", [nats.pid]],
];

/** CPU time of a process so far, in seconds. */
async function cpuS(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_S;
}

async function cpu(): Promise<Readonly<Record<string, number>>> {
  const used: Record<string, number> = {};
  for (const [name, pids] of parts)
    used[name] = (await Promise.all(pids.map(cpuS))).reduce((sum, seconds) => sum + seconds, 0);
  return used;
}

answerAsks({ urls: pools.map(({ url }) => url), opsUrl: pools[0]?.opsUrl }, { cpu }, async () => {
  await Promise.all([...pools, ...desk].map(({ child }) => child.kill()));
  await Promise.all([upstash.stop(), redis.stop(), nats.stop()]);
  jwks.close();
  await rm(scratch, { recursive: true, force: true });
});
