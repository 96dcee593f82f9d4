import { inspect } from "node:util";
import type { RegionName } from "@whisper/shared/base/ids";
import { systemRandom } from "@whisper/shared/base/random";
import { expect, test } from "vitest";
import { newHandoverKey } from "./clerk/handover.ts";
import { readPoolConfig, SHARD_SETTINGS } from "./config.ts";
import { type Env, SettingsFault } from "./runtime/settings.ts";

const REDIS_PASSWORD = "s3cret-of-redis";
const OPS_TOKEN = "s3cret-of-the-ops-port";
const GOOD: Env = {
  WHISPER_ROLES: "shard,clerk,matcher",
  WHISPER_REGION: "eu-west",
  WHISPER_NATS_URL: "nats://user:s3cret-of-nats@127.0.0.1:4222",
  WHISPER_REDIS_URL: `redis://:${REDIS_PASSWORD}@127.0.0.1:6379`,
  WHISPER_UPSTASH_URL: "https://directory.example",
  WHISPER_UPSTASH_TOKEN: "s3cret-of-upstash",
  WHISPER_LAT: "50.1",
  WHISPER_LON: "-8.7",
  WHISPER_POOL: "p1",
  WHISPER_URL: "wss://p1.eu-west.example/v1/socket",
  WHISPER_JWKS_URL: "https://edge.example/.well-known/jwks.json",
  WHISPER_KEYS_CACHE: "/var/lib/whisper/keys.json",
  WHISPER_OPS_TOKEN: OPS_TOKEN,
  PATH: "/usr/bin",
};

const faultsOf = (env: Env): readonly string[] => {
  try {
    readPoolConfig(env);
    return [];
  } catch (error) {
    if (error instanceof SettingsFault) return error.faults;
    throw error;
  }
};

test("good settings are read, with the product's own values where none is given", () => {
  const config = readPoolConfig(GOOD);
  expect(config.roles).toEqual(["shard", "clerk", "matcher"]);
  expect(config.shard).toMatchObject({ lat: 50.1, lon: -8.7, port: 9001, socketsMax: 18_000, textsPerWindow: 5 });
  expect(config.matcher?.sameDevicePairs).toBe(false);
  expect(config.clerk?.redisUrl.reveal()).toContain(REDIS_PASSWORD);
});

test("a pool's supervisor has all that its shards have, and how many they are", () => {
  const config = readPoolConfig({ ...GOOD, WHISPER_ROLES: "pool", WHISPER_SHARDS: "14" });
  expect(config.supervisor).toEqual({ shards: 14, wellMs: 30_000 });
  expect(config.shard).toMatchObject({ pool: "p1", port: 9001, drainMs: 120_000 });
  expect(readPoolConfig(GOOD).supervisor).toBeUndefined();
});

test("[S73] all servers of a bus are named by comma, with one user", () => {
  const three = "nats://app:s3cret@10.0.0.1:4222, nats://10.0.0.2:4222,nats://app:s3cret@10.0.0.3:4222";
  const config = readPoolConfig({ ...GOOD, WHISPER_NATS_URL: three, WHISPER_REPORT_COPIES: "3" });
  expect(config.natsUrl.reveal()).toBe(three);
  expect(config.shard?.reportCopies).toBe(3);
  expect(inspect(config, { depth: 9, showHidden: true })).not.toContain("s3cret@");
});

const HANDOVER = await newHandoverKey("eu-west" as RegionName, 0, systemRandom);

test("[Q8] the clerks' hand-over key is read whole, and cannot be printed", () => {
  const config = readPoolConfig({ ...GOOD, WHISPER_HANDOVER_KEY: JSON.stringify(HANDOVER) });
  expect(config.clerk?.handoverKey?.reveal()).toEqual(HANDOVER);
  expect(inspect(config, { depth: 9, showHidden: true })).not.toContain(HANDOVER.d);
  const { notBefore: _, ...plain } = HANDOVER;
  const read = readPoolConfig({ ...GOOD, WHISPER_HANDOVER_KEY: JSON.stringify(plain) });
  expect(read.clerk?.handoverKey?.reveal()).toEqual(HANDOVER);
  expect(readPoolConfig(GOOD).clerk?.handoverKey).toBeUndefined();
});

test.each([
  ["no JSON", "%%"],
  ["null", "null"],
  ["a list", JSON.stringify([HANDOVER])],
  ["no private half", JSON.stringify({ ...HANDOVER, d: undefined })],
  ["a private half that is too short", JSON.stringify({ ...HANDOVER, d: "AAAA" })],
  ["the halves of two pairs", JSON.stringify({ ...HANDOVER, d: "A".repeat(43) })],
  ["another curve", JSON.stringify({ ...HANDOVER, crv: "X25519" })],
  ["the name of another region", JSON.stringify({ ...HANDOVER, kid: "us-east-abcdefg" })],
  ["a name that says no region", JSON.stringify({ ...HANDOVER, kid: "abcdefg" })],
  ["a time that is none", JSON.stringify({ ...HANDOVER, notBefore: "soon" })],
])("[Q8] a hand-over key that is %s is refused by its name, without its value", (_what, text) => {
  const faults = faultsOf({ ...GOOD, WHISPER_HANDOVER_KEY: text });
  expect(faults).toEqual([expect.stringMatching(/^WHISPER_HANDOVER_KEY is wrong: the private Ed25519 JWK/)]);
  if (text.length > 4) expect(faults.join()).not.toContain(text);
});

test.each([
  ["both a pool and a shard of it", { WHISPER_ROLES: "pool,shard" }, /WHISPER_ROLES is wrong/],
  ["a pool without shards", { WHISPER_ROLES: "pool", WHISPER_SHARDS: "0" }, /WHISPER_SHARDS is wrong/],
  ["a pool of too many", { WHISPER_ROLES: "pool", WHISPER_SHARDS: "257" }, /WHISPER_SHARDS is wrong/],
  ["a drain that takes a day", { WHISPER_ROLES: "pool", WHISPER_DRAIN_MS: "86400000" }, /WHISPER_DRAIN_MS is wrong/],
])("%s is refused", (_what, wrong, words) => {
  expect(faultsOf({ ...GOOD, ...wrong }).join()).toMatch(words);
});

test("a process is asked only for what its roles need", () => {
  const { WHISPER_REGION, WHISPER_NATS_URL, WHISPER_REDIS_URL } = GOOD;
  const config = readPoolConfig({ WHISPER_ROLES: "matcher", WHISPER_REGION, WHISPER_NATS_URL, WHISPER_REDIS_URL });
  expect(config.shard).toBeUndefined();
  expect(config.clerk).toBeUndefined();
});

test("the config is frozen, and no way of printing it shows a secret", () => {
  const config = readPoolConfig(GOOD);
  expect(() => Object.assign(config, { region: "x" })).toThrow(TypeError);
  expect(() => Object.assign(config.shard ?? {}, { port: 1 })).toThrow(TypeError);
  const printed = [JSON.stringify(config), inspect(config, { depth: 9, showHidden: true }), `${config.natsUrl}`].join();
  expect(printed).not.toContain("s3cret");
});

test("everything wrong at once is told at once, each by name and none with its value", () => {
  const wrong = Object.fromEntries(
    Object.keys(GOOD)
      .filter((name) => name !== "PATH")
      .map((name) => [name, "%%wrong value%%"]),
  );
  const numbers = Object.fromEntries(Object.keys(SHARD_SETTINGS).map((name) => [name, "%%wrong value%%"]));
  const env: Env = {
    ...wrong,
    ...numbers,
    WHISPER_ROLES: "shard,clerk,matcher",
    WHISPER_TYPO: "%%",
    WHISPER_PROT: "%%",
  };
  // Any text is good for the cache's file and for a token.
  const { WHISPER_KEYS_CACHE: _1, WHISPER_UPSTASH_TOKEN: _2, WHISPER_ROLES: _3, ...bad } = env;
  const faults = faultsOf(env);
  for (const name of Object.keys(bad).filter((name) => name !== "WHISPER_OPS_TOKEN"))
    expect(
      faults.filter((fault) => fault.startsWith(`${name} is `)),
      name,
    ).toHaveLength(1);
  expect(faults.join("\n")).not.toContain("%%");
  expect(faults).toContain("WHISPER_TYPO is unknown: there is no such setting");
});

test("with nothing given, the roles and all that every role needs are asked for", () => {
  expect(faultsOf({}).map((fault) => fault.split(" ", 1)[0])).toEqual([
    "WHISPER_ROLES",
    "WHISPER_REGION",
    "WHISPER_NATS_URL",
  ]);
});

test.each([
  ["WHISPER_ROLES", "shard,shard"],
  ["WHISPER_ROLES", "shard,"],
  ["WHISPER_ROLES", "moderator"],
  ["WHISPER_REGION", "EU-west"],
  ["WHISPER_REGION", "eu.west"],
  ["WHISPER_POOL", "a".repeat(25)],
  ["WHISPER_PORT", "65536"],
  ["WHISPER_PORT", "-1"],
  ["WHISPER_PORT", "9001.5"],
  ["WHISPER_PORT", "0x10"],
  ["WHISPER_PORT", " 9001"],
  ["WHISPER_PORT", "9".repeat(40)],
  ["WHISPER_LAT", "90.01"],
  ["WHISPER_LON", "east"],
  ["WHISPER_LON", "1e2"],
  ["WHISPER_SOCKETS_MAX", "0"],
  ["WHISPER_NATS_URL", "http://127.0.0.1:4222"],
  ["WHISPER_NATS_URL", "127.0.0.1:4222"],
  ["WHISPER_NATS_URL", "nats://10.0.0.1:4222,"],
  ["WHISPER_NATS_URL", "nats://10.0.0.1:4222 nats://10.0.0.2:4222"],
  ["WHISPER_NATS_URL", "nats://one:a@10.0.0.1:4222,nats://other:b@10.0.0.2:4222"],
  ["WHISPER_REPORT_COPIES", "0"],
  ["WHISPER_REDIS_URL", "nats://127.0.0.1"],
  ["WHISPER_REDIS_URL", "redis+cluster://:s3cret@10.0.0.1"],
  ["WHISPER_REDIS_URL", "redis+sentinel://:s3cret@10.0.0.1:26379"],
  ["WHISPER_URL", "wss://p1.example/elsewhere"],
  ["WHISPER_URL", "ws://p1.example/v1/socket"],
  ["WHISPER_OPS_TOKEN", "short"],
  ["WHISPER_OPS_HOST", "localhost"],
  ["WHISPER_SAME_DEVICE_PAIRS", "1"],
  ["WHISPER_SAME_DEVICE_PAIRS", "yes"],
  ["WHISPER_ENV", "staging"],
  ["WHISPER_LOG_LEVEL", "debug"],
])("%s=%s is refused in production", (name, value) => {
  const faults = faultsOf({ ...GOOD, [name]: value });
  expect(faults.length).toBe(1);
  expect(faults[0]).toMatch(new RegExp(`^${name} `));
});

test("an empty value is one that was not given", () => {
  expect(faultsOf({ ...GOOD, WHISPER_LAT: "" })[0]).toMatch(/^WHISPER_LAT is missing/);
  expect(readPoolConfig({ ...GOOD, WHISPER_PORT: "" }).shard?.port).toBe(9001);
});

test("an ops port beyond this machine needs a token", () => {
  const { WHISPER_OPS_TOKEN: _, ...open } = GOOD;
  expect(faultsOf({ ...open, WHISPER_OPS_HOST: "0.0.0.0" })).toHaveLength(1);
  expect(faultsOf({ ...open, WHISPER_OPS_HOST: "127.0.0.2" })).toEqual([]);
  expect(faultsOf({ ...GOOD, WHISPER_OPS_HOST: "0.0.0.0" })).toEqual([]);
});

test("development may pair two tabs and needs no public address", () => {
  const { WHISPER_URL: _, ...rest } = GOOD;
  const config = readPoolConfig({ ...rest, WHISPER_ENV: "development", WHISPER_SAME_DEVICE_PAIRS: "1" });
  expect(config.matcher?.sameDevicePairs).toBe(true);
  expect(config.shard).not.toHaveProperty("url");
});

test("[O21] TLS needs certificate and key, both by whole path, and an address to match", () => {
  const both = { WHISPER_TLS_CERT: "/etc/whisper/chain.pem", WHISPER_TLS_KEY: "/etc/whisper/key.pem" };
  expect(readPoolConfig({ ...GOOD, ...both }).shard?.tls).toEqual({
    cert: both.WHISPER_TLS_CERT,
    key: both.WHISPER_TLS_KEY,
  });
  expect(readPoolConfig(GOOD).shard).not.toHaveProperty("tls");
  for (const name of ["WHISPER_TLS_CERT", "WHISPER_TLS_KEY"]) {
    expect(faultsOf({ ...GOOD, ...both, [name]: "" })).toEqual([expect.stringMatching(`^${name} is missing: `)]);
    expect(faultsOf({ ...GOOD, ...both, [name]: "chain.pem" }).join()).toMatch(`${name} is wrong: `);
  }
  const plain = { ...GOOD, ...both, WHISPER_ENV: "development", WHISPER_URL: "ws://h/v1/socket" };
  expect(faultsOf(plain)).toEqual([expect.stringMatching(/^WHISPER_URL must be a wss: address/)]);
});
