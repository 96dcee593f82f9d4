import { systemRandom } from "@whisper/shared/base/random";
import { generateSigningKey } from "@whisper/shared/credentials/signing-keys";
import { expect, test } from "vitest";
import { readEdgeConfig } from "./config.ts";

const GOOD = {
  WHISPER_SIGNING_KEYS: JSON.stringify([await generateSigningKey(0, systemRandom)]),
  WHISPER_NETWORK_KEY: "n".repeat(32),
  WHISPER_UPSTASH_URL: "https://directory.example.org",
  WHISPER_UPSTASH_TOKEN: "token",
  WHISPER_ORIGINS: "https://chat.example.org, https://www.example.org",
  WHISPER_SOCKET_SOURCES: "wss://*.example.org",
};
const faults = (change: object): readonly string[] => {
  const read = readEdgeConfig({ ...GOOD, ...change });
  return read.ok ? [] : read.code;
};

test("[E28] good settings are read, with the bounds of the table where none is given", () => {
  const read = readEdgeConfig({ ...GOOD, ASSETS: {}, SOMETHING: 1 });
  if (!read.ok) throw new TypeError(read.code.join());
  expect(read.value).toMatchObject({
    isDevelopment: false,
    connectsPerMin: 60,
    devicesPerMin: 10,
    signingLeadMs: 600_000,
  });
  expect([...read.value.origins]).toEqual(["https://chat.example.org", "https://www.example.org"]);
  expect(Object.isFrozen(read.value)).toBe(true);
});

test("[E28] every fault and every unknown name is told at once, no value with it", () => {
  const told = faults({
    WHISPER_NETWORK_KEY: "hunter2",
    WHISPER_UPSTASH_URL: "ftp://hunter2",
    WHISPER_UPSTASH_TOKEN: undefined,
    WHISPER_SHARDS: "3",
  });
  expect(told.map((line) => line.split(":")[0]).sort()).toEqual([
    "WHISPER_NETWORK_KEY",
    "WHISPER_SHARDS",
    "WHISPER_UPSTASH_TOKEN",
    "WHISPER_UPSTASH_URL",
  ]);
  expect(told.join()).not.toContain("hunter2");
});

test("[E28] secrets cannot be printed", () => {
  const read = readEdgeConfig(GOOD);
  expect(JSON.stringify(read)).not.toMatch(/nnnn|"d"|:"token"/);
});

const key = JSON.parse(GOOD.WHISPER_SIGNING_KEYS)[0];
test.for([
  { name: "WHISPER_SIGNING_KEYS", value: "" },
  { name: "WHISPER_SIGNING_KEYS", value: "[]" },
  { name: "WHISPER_SIGNING_KEYS", value: JSON.stringify(key) },
  { name: "WHISPER_SIGNING_KEYS", value: JSON.stringify([key, key]) },
  { name: "WHISPER_SIGNING_KEYS", value: JSON.stringify([{ ...key, d: undefined }]) },
  { name: "WHISPER_SIGNING_KEYS", value: JSON.stringify([{ ...key, d: "short" }]) },
  { name: "WHISPER_SIGNING_KEYS", value: JSON.stringify([{ ...key, notBefore: "now" }]) },
  { name: "WHISPER_SIGNING_KEYS", value: JSON.stringify([{ ...key, kid: "a b" }]) },
  { name: "WHISPER_SIGNING_KEYS", value: JSON.stringify([{ ...key, kty: "RSA" }]) },
  { name: "WHISPER_ORIGINS", value: "https://chat.example.org/" },
  { name: "WHISPER_ORIGINS", value: "*" },
  { name: "WHISPER_SOCKET_SOURCES", value: "wss://a.org; script-src *" },
  { name: "WHISPER_SOCKET_SOURCES", value: "*" },
  { name: "WHISPER_GEO_OVERRIDE", value: "true" },
  { name: "WHISPER_CONNECTS_PER_MIN", value: "0" },
  { name: "WHISPER_CONNECTS_PER_MIN", value: "1e3" },
  { name: "WHISPER_DEVICES_PER_MIN", value: "" },
  { name: "WHISPER_ENV", value: "staging" },
  { name: "WHISPER_TURNSTILE_HOSTNAMES", value: "https://a.org" },
])("[E28] $name=$value is a fault", ({ name, value }) => {
  expect(faults({ [name]: value }).some((line) => line.startsWith(name))).toBe(true);
});

test("[E28] what development may, production may not", () => {
  const loose = {
    WHISPER_GEO_OVERRIDE: "1",
    WHISPER_ORIGINS: "",
    WHISPER_SOCKET_SOURCES: "",
    WHISPER_UPSTASH_URL: "http://127.0.0.1:1",
  };
  expect(faults({ ...loose, WHISPER_ENV: "development" })).toEqual([]);
  expect(faults(loose).map((line) => line.split(":")[0])).toEqual([
    "WHISPER_GEO_OVERRIDE",
    "WHISPER_ORIGINS",
    "WHISPER_SOCKET_SOURCES",
    "WHISPER_UPSTASH_URL",
  ]);
  expect(faults({ WHISPER_TURNSTILE_VERIFY_URL: "http://127.0.0.1:1" })).toHaveLength(1);
});

test("[E14] a challenge is configured whole or not at all", () => {
  expect(faults({ WHISPER_TURNSTILE_SITEKEY: "k" })).toHaveLength(1);
  expect(faults({ WHISPER_TURNSTILE_SITEKEY: "k", WHISPER_TURNSTILE_SECRET: "s" })).toHaveLength(1);
  expect(
    faults({ WHISPER_TURNSTILE_SITEKEY: "k", WHISPER_TURNSTILE_SECRET: "s", WHISPER_TURNSTILE_HOSTNAMES: "a.org" }),
  ).toEqual([]);
});
