import { type ChildProcess, spawn } from "node:child_process";
import { createPublicKey } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@whisper/shared/base/clock";
import type { RegionName } from "@whisper/shared/base/ids";
import { systemRandom } from "@whisper/shared/base/random";
import { readMemos } from "@whisper/shared/bus/codec";
import { linesOf, type ShardHeard } from "@whisper/shared/bus/heartbeat";
import { heartbeatsOf, loadSubject } from "@whisper/shared/bus/subjects";
import { generateSigningKey, publicHalf, type SigningJwk } from "@whisper/shared/credentials/signing-keys";
import { type PoolReport, parsePoolReport } from "@whisper/shared/directory/pool-report";
import { openNatsBus } from "../../src/adapters/nats/nats-bus.ts";
import { newHandoverKey } from "../../src/clerk/handover.ts";
import type { Bus } from "../../src/ports.ts";
import { bundle } from "../../world/bundle.ts";
import { readyLine } from "../../world/ready-line.ts";
import { type Child, startChild } from "../../world/servers/child.ts";
import { startNats } from "../../world/servers/nats.ts";
import { startRedis } from "../../world/servers/redis.ts";
import type { Server } from "../../world/servers/server.ts";
import { memoryStore } from "../../world/upstash/memory-store.ts";
import { startUpstash } from "../../world/upstash/upstash-server.ts";
import { treeOf } from "./processes.ts";

const root = join(import.meta.dirname, "../../..");

/** What heartbeats and exit notices of a region said, in their order. */
export type Heard = {
  readonly lines: (ShardHeard & { readonly pool: string; readonly atMs: number })[];
  readonly exits: { readonly address: string; readonly atMs: number }[];
  readonly loads: PoolReport[];
};

/** A pool of real processes. */
export type PoolProcess = {
  readonly child: Child;
  readonly url: string;
  readonly opsUrl: string;
  /** The processes that hold its sockets now. */
  shards(): readonly number[];
};

/** The servers of one region with clerk and matcher, in which pools can be started. */
export type PoolGround = {
  readonly key: SigningJwk;
  readonly heard: Heard;
  nats(): Server;
  restartNats(): Promise<void>;
  /** Starts a pool's program; resolves at once. */
  run(settings: Readonly<Record<string, string>>): Promise<Child>;
  /** Starts a pool; rejects with what it said when it does not serve. */
  pool(settings?: Readonly<Record<string, string>>): Promise<PoolProcess>;
  /** Starts a pool's program in nobody's care: what it leaves behind stays. Who starts it ends it. */
  bare(settings: Readonly<Record<string, string>>): ChildProcess;
  /** Ends the pools that still run. */
  clear(): Promise<void>;
  close(): Promise<void>;
};

/** Starts everything that a pool of region eu-west needs; with a Redis of one's own, all but that. */
export async function openPoolGround(
  path: Readonly<{ PATH: string; HOME: string }>,
  ownRedisUrl?: string,
): Promise<PoolGround> {
  const scratch = mkdtempSync(join(tmpdir(), "whisper-pool-"));
  const key = await generateSigningKey(systemClock.nowMs(), systemRandom);
  const handoverKey = await newHandoverKey("eu-west" as RegionName, 0, systemRandom);
  const openNats = (port?: number): Promise<Server> =>
    startNats({ jetstream: true, domain: "eu-west", dir: scratch, ...(port === undefined ? {} : { port }) });
  const [program, redis, firstNats, jwks] = await Promise.all([
    bundle(root, join(root, "pool/src/main.ts"), "pool-of-processes"),
    ownRedisUrl === undefined ? startRedis() : undefined,
    openNats(),
    serveKey(key, handoverKey),
  ]);
  let nats = firstNats;
  const upstash = await startUpstash({ store: memoryStore(systemClock), token: "t0ken" });
  const common = {
    ...path,
    WHISPER_ENV: "development",
    WHISPER_REGION: "eu-west",
    WHISPER_NATS_URL: nats.url,
    WHISPER_LOG_LEVEL: "info",
  };
  const place = {
    WHISPER_ROLES: "pool",
    WHISPER_POOL: "p1",
    WHISPER_LAT: "50.1",
    WHISPER_LON: "8.7",
    WHISPER_HOST: "127.0.0.1",
    WHISPER_PORT: "0",
    WHISPER_OPS_PORT: "0",
    WHISPER_JWKS_URL: jwks.url,
    WHISPER_KEYS_CACHE: join(scratch, "keys.json"),
    WHISPER_DRAIN_MS: "3000",
  };
  const start = (env: Readonly<Record<string, string>>): Promise<Child> =>
    startChild({ name: "a pool", programs: [process.execPath], args: [program], missing: "no Node", env });
  const clerk = await start({
    ...common,
    WHISPER_ROLES: "clerk,matcher",
    WHISPER_REDIS_URL: ownRedisUrl ?? redis?.url ?? "",
    WHISPER_UPSTASH_URL: upstash.url,
    WHISPER_UPSTASH_TOKEN: "t0ken",
    WHISPER_HANDOVER_KEY: JSON.stringify(handoverKey),
  });
  await readyLine(clerk, 20_000);
  const bus = await openNatsBus(nats.url, () => {});
  const heard = listenTo(bus);
  const pools: Child[] = [];
  const run = async (settings: Readonly<Record<string, string>>): Promise<Child> => {
    const child = await start({ ...common, ...place, ...settings });
    pools.push(child);
    return child;
  };
  const clear = async (): Promise<void> => {
    await Promise.all(pools.splice(0).map((child) => child.kill()));
  };
  return {
    key,
    heard,
    nats: () => nats,
    async restartNats() {
      nats = await openNats(nats.port);
    },
    run,
    async pool(settings = {}) {
      const child = await run(settings);
      const ready = await readyLine(child, 20_000);
      if (typeof ready?.url !== "string" || typeof ready.opsUrl !== "string")
        throw new Error(`the pool did not start: ${child.output()}`);
      const shards = (): readonly number[] => treeOf(child.pid).slice(1);
      return { child, url: ready.url, opsUrl: ready.opsUrl, shards };
    },
    bare: (settings) =>
      spawn(process.execPath, [program], {
        env: { ...common, ...place, ...settings },
        stdio: ["ignore", "pipe", "ignore"],
      }),
    clear,
    async close() {
      await clear();
      await bus.close();
      await clerk.kill();
      await upstash.stop();
      await Promise.all([redis?.stop(), nats.stop()]);
      jwks.close();
      rmSync(scratch, { recursive: true, force: true });
    },
  };
}

function listenTo(bus: Bus): Heard {
  const heard: Heard = { lines: [], exits: [], loads: [] };
  bus.listen(heartbeatsOf("eu-west"), (payload) => {
    const atMs = performance.now();
    readMemos(payload, (memo) => {
      if (memo.kind === "exited") heard.exits.push({ address: memo.address, atMs });
      if (memo.kind === "heartbeat")
        heard.lines.push(...linesOf(memo).map((line) => ({ ...line, pool: memo.pool, atMs })));
    });
  });
  bus.listen(loadSubject("eu-west"), (payload) => {
    readMemos(payload, (memo) => {
      const report = memo.kind === "load" ? parsePoolReport(JSON.parse(memo.report)) : undefined;
      if (report !== undefined) heard.loads.push(report);
    });
  });
  return heard;
}

/** Serves a public key as the edge does, beside that of the region's clerks. */
function serveKey(key: SigningJwk, handoverKey: SigningJwk): Promise<{ readonly url: string; close(): void }> {
  const { x } = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: key.x }, format: "jwk" }).export({
    format: "jwk",
  });
  const jwk = { kty: "OKP", crv: "Ed25519", x, kid: key.kid, use: "sig" };
  const body = JSON.stringify({ keys: [jwk, { ...publicHalf(handoverKey), use: "handover" }] });
  const server = createServer((_request, response) => response.end(body));
  return new Promise((resolve) =>
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      resolve({ url: `http://127.0.0.1:${port}/jwks.json`, close: () => void server.close() });
    }),
  );
}
