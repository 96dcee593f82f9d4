import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { bundle } from "../world/bundle.ts";
import { readyLine } from "../world/ready-line.ts";
import { type Child, startChild } from "../world/servers/child.ts";
import { freePort } from "../world/servers/free-port.ts";
import { startNats } from "../world/servers/nats.ts";
import { startRedis } from "../world/servers/redis.ts";
import type { Server } from "../world/servers/server.ts";
import { memoryStore } from "../world/upstash/memory-store.ts";
import { startUpstash, type UpstashServer } from "../world/upstash/upstash-server.ts";
import { until } from "./support/until.ts";

const root = join(import.meta.dirname, "../..");
const { PATH = "", HOME = "" } = process.env;
const UPSTASH_TOKEN = "s3cret-of-upstash";
const clock = { nowMs: () => performance.now() };
const scratch = mkdtempSync(join(tmpdir(), "whisper-main-"));
const children: Child[] = [];
let program = "";
let redis: Server;
let nats: Server;
let upstash: UpstashServer;

beforeAll(async () => {
  [program, redis, nats] = await Promise.all([
    bundle(root, join(root, "pool/src/main.ts"), "pool-under-test"),
    startRedis(),
    startNats({ jetstream: true, domain: "eu-west", dir: scratch }),
  ]);
  upstash = await startUpstash({ store: memoryStore(clock), token: UPSTASH_TOKEN });
}, 30_000);
afterEach(() => Promise.all(children.splice(0).map((child) => child.kill())));
afterAll(async () => {
  await upstash.stop();
  await Promise.all([redis.stop(), nats.stop()]);
  rmSync(scratch, { recursive: true });
});

/** Settings of a process that does everything, and asks `jwksPort` for its keys. */
const settings = (jwksPort: number): Record<string, string> => ({
  WHISPER_ENV: "development",
  WHISPER_ROLES: "shard,clerk,matcher",
  WHISPER_REGION: "eu-west",
  WHISPER_NATS_URL: nats.url,
  WHISPER_REDIS_URL: redis.url,
  WHISPER_UPSTASH_URL: upstash.url,
  WHISPER_UPSTASH_TOKEN: UPSTASH_TOKEN,
  WHISPER_POOL: "p1",
  WHISPER_LAT: "50.1",
  WHISPER_LON: "8.7",
  WHISPER_HOST: "127.0.0.1",
  WHISPER_PORT: "0",
  WHISPER_OPS_PORT: "0",
  WHISPER_JWKS_URL: `http://127.0.0.1:${jwksPort}/jwks.json`,
  WHISPER_KEYS_CACHE: join(scratch, `keys-${jwksPort}.json`),
});

async function run(env: Record<string, string>): Promise<Child> {
  const child = await startChild({
    name: "main",
    programs: [process.execPath],
    args: [program],
    missing: "no Node",
    env: { PATH, HOME, ...env },
  });
  children.push(child);
  return child;
}

/** Runs to its end; what it said, and its exit code. */
async function ended(env: Record<string, string>): Promise<{ readonly code: number | null; readonly said: string }> {
  const child = await run(env);
  await child.gone;
  return { code: child.process.exitCode, said: child.output() };
}

const readiness = async (opsUrl: string): Promise<{ readonly status: number; readonly checks: unknown }> => {
  const answer = await fetch(`${opsUrl}/readyz`);
  const { checks } = (await answer.json()) as { readonly checks: unknown };
  return { status: answer.status, checks };
};

/** Serves the public keys of an edge and of the region's clerks; resolves with what stops it. */
function serveKeys(port: number): Promise<() => void> {
  const { x } = generateKeyPairSync("ed25519").publicKey.export({ format: "jwk" });
  const key = { kty: "OKP", crv: "Ed25519", x };
  const keys = [
    { ...key, kid: "k1", use: "sig" },
    { ...key, kid: "eu-west-abcdefg", use: "handover" },
  ];
  const server = createServer((_request, response) => response.end(JSON.stringify({ keys })));
  return new Promise((resolve) => server.listen(port, "127.0.0.1", () => resolve(() => void server.close())));
}

test("one process does all roles, says so in one line, and ends with 0 on SIGTERM", async () => {
  const jwksPort = await freePort();
  const stopKeys = await serveKeys(jwksPort);
  const child = await run(settings(jwksPort));
  const ready = await readyLine(child, 15_000);
  expect(ready).toEqual({
    ready: ["shard", "clerk", "matcher"],
    url: expect.stringMatching(/^ws:\/\/127\.0\.0\.1:\d+\/v1\/socket$/),
    opsUrl: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
  });
  expect(await readiness(String(ready?.opsUrl))).toMatchObject({ status: 200 });
  await child.stop();
  stopKeys();
  expect(child.process.exitCode).toBe(0);
  expect(
    child
      .output()
      .split("\n")
      .filter((line) => line.startsWith('{"ready"')),
  ).toHaveLength(1);
});

test("without the edge's keys it serves, but is not ready until they come", async () => {
  const jwksPort = await freePort();
  const child = await run(settings(jwksPort));
  const { opsUrl } = (await readyLine(child, 15_000)) ?? {};
  const checks = { bus: true, keys: false, handover: false, shard: true };
  expect(await readiness(String(opsUrl))).toEqual({ status: 503, checks });
  const stopKeys = await serveKeys(jwksPort);
  await until("the keys have come", async () => (await readiness(String(opsUrl))).status === 200);
  stopKeys();
});

test("without its bus it stands, says that it is not ready, and is again when the bus is back", async () => {
  const jwksPort = await freePort();
  const stopKeys = await serveKeys(jwksPort);
  const child = await run(settings(jwksPort));
  const { opsUrl } = (await readyLine(child, 15_000)) ?? {};
  await nats.kill();
  await until("it is not ready", async () => (await readiness(String(opsUrl))).status === 503);
  nats = await startNats({ jetstream: true, domain: "eu-west", dir: scratch, port: nats.port });
  await until("it is ready again", async () => (await readiness(String(opsUrl))).status === 200);
  await child.stop();
  stopKeys();
  expect(child.process.exitCode).toBe(0);
}, 30_000);

test("wrong settings are told all at once, by name, and never by value", async () => {
  const { code, said } = await ended({
    ...settings(1),
    WHISPER_PORT: "s3cret",
    WHISPER_LAT: "s3cret",
    WHISPER_X: "s3cret",
  });
  expect(code).toBe(1);
  expect(said).toMatch(
    /3 settings are wrong:\s+WHISPER_LAT is wrong.*\s+WHISPER_PORT is wrong.*\s+WHISPER_X is unknown/,
  );
  expect(said).not.toMatch(/s3cret| {4}at /);
});

test.each([
  ["its bus", () => ({ WHISPER_NATS_URL: "nats://user:s3cret@127.0.0.1:1" })],
  ["its Redis", () => ({ WHISPER_REDIS_URL: "redis://:s3cret@127.0.0.1:1" })],
  ["its cluster", () => ({ WHISPER_REDIS_URL: "redis+cluster://:s3cret@127.0.0.1:1,127.0.0.1:2" })],
  ["its sentinels", () => ({ WHISPER_REDIS_URL: "redis+sentinel://:s3cret@127.0.0.1:1,127.0.0.1:2/eu-west" })],
  ["the password of its Redis", () => ({ WHISPER_REDIS_URL: redis.url.replace("//", "//user:s3cret@") })],
  ["its port", () => ({ WHISPER_PORT: String(redis.port) })],
  ["its ops port", () => ({ WHISPER_OPS_PORT: String(redis.port) })],
])("without %s it ends with 1, and shows no secret", async (_what, wrong) => {
  const { code, said } = await ended({ ...settings(1), ...wrong() });
  expect(code).toBe(1);
  expect(said).not.toContain("s3cret");
  expect(said).not.toContain('{"ready"');
});
