import { request } from "node:http";
import { Redis as Upstash } from "@upstash/redis";
import type { Clock } from "@whisper/shared/base/clock";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startRedis } from "../world/servers/redis.ts";
import type { Server } from "../world/servers/server.ts";
import { memoryStore } from "../world/upstash/memory-store.ts";
import { redisStore } from "../world/upstash/redis-store.ts";
import { startUpstash, type UpstashServer } from "../world/upstash/upstash-server.ts";

const TOKEN = "a-token-for-tests";
let nowMs = 1_800_000_000_000;
const clock: Clock = { nowMs: () => nowMs };
let redis: Server;

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(async () => {
  await redis.stop();
});

const post = async (server: UpstashServer, path: string, body: string, token = TOKEN, encoding?: string) => {
  const headers = {
    authorization: `Bearer ${token}`,
    ...(encoding === undefined ? {} : { "upstash-encoding": encoding }),
  };
  const answer = await fetch(server.url + path, { method: "POST", body, headers });
  return {
    status: answer.status,
    body: (await answer.json()) as unknown,
    sync: answer.headers.get("upstash-sync-token"),
  };
};

describe.each([
  ["memory", () => memoryStore(clock)],
  ["redis", () => redisStore(redis.url)],
] as const)("over %s", (name, store) => {
  let server: UpstashServer;
  let client: Upstash;
  beforeAll(async () => {
    server = await startUpstash({ store: store(), token: TOKEN });
    client = new Upstash({ url: server.url, token: TOKEN, enableTelemetry: false, retry: false });
  });
  afterAll(() => server.stop());

  test("the official client reads what it wrote, in any alphabet and as numbers", async () => {
    const odd = '{"täxt": "日本 😀 \\" \\u0001"}';
    expect(await client.hset("h", { a: "plain", b: odd, n: 42 })).toBe(3);
    expect(await client.hget("h", "a")).toBe("plain");
    expect(await client.hgetall("h")).toEqual({ a: "plain", b: JSON.parse(odd), n: 42 });
    expect(await client.hget("h", "missing")).toBeNull();
    expect(await client.hgetall("nowhere")).toBeNull();
    expect(await client.hdel("h", "a", "nothing")).toBe(1);
    expect(await client.del("h")).toBe(1);
  });

  test("a pipeline answers each command in its place, wrong ones too", async () => {
    const { status, body } = await post(
      server,
      "/pipeline",
      JSON.stringify([["SET", "p", "v"], ["HGET", "p", "f"], ["NOSUCH"], ["GET", "p"], ["DEL", "p"]]),
    );
    expect(status).toBe(200);
    expect(body).toMatchObject([
      { result: "OK" },
      { error: expect.stringMatching(/^WRONGTYPE/) },
      { error: expect.stringMatching(/^ERR unknown command/) },
      { result: "v" },
      { result: 1 },
    ]);
  });

  test("a transaction with a command that is none does nothing at all", async () => {
    const wrong = JSON.stringify([
      ["SET", "t", "1"],
      ["NOSUCH", "x"],
    ]);
    const { status, body } = await post(server, "/multi-exec", wrong);
    expect(status).toBe(400);
    expect(body).toMatchObject({ error: expect.stringMatching(/^EXECABORT/) });
    expect(await client.get("t")).toBeNull();
    const multi = client.multi();
    multi.set("t", "2");
    multi.get("t");
    expect(await multi.exec()).toEqual(["OK", 2]);
    await client.del("t");
  });

  test("strings at every depth are in base64 when asked for, numbers and null are not", async () => {
    await client.hset("deep", { k: "OK" });
    const body = JSON.stringify([["HGETALL", "deep"], ["HLEN", "deep"], ["GET", "none"], ["PING"]]);
    expect((await post(server, "/pipeline", body, TOKEN, "base64")).body).toEqual([
      { result: ["aw==", "T0s="] },
      { result: 1 },
      { result: null },
      { result: "UE9ORw==" },
    ]);
    expect((await post(server, "/pipeline", body)).body).toEqual([
      { result: ["k", "OK"] },
      { result: 1 },
      { result: null },
      { result: "PONG" },
    ]);
    await client.del("deep");
  });

  test("SET keeps its conditions", async () => {
    expect(await client.set("c", "1", { nx: true, ex: 100 })).toBe("OK");
    expect(await client.set("c", "2", { nx: true })).toBeNull();
    expect(await client.set("d", "2", { xx: true })).toBeNull();
    expect(await client.ttl("c")).toBe(100);
    expect(await client.del("c", "d")).toBe(1);
    expect(await client.ttl("c")).toBe(-2);
  });

  test.each([
    ["a wrong token", "/", '["PING"]', "wrong", 401],
    ["an empty token", "/", '["PING"]', "", 401],
    ["a token that only begins right", "/", '["PING"]', `${TOKEN}x`, 401],
    ["no JSON", "/", "PING", TOKEN, 400],
    ["an empty body", "/", "", TOKEN, 400],
    ["an empty command", "/", "[]", TOKEN, 400],
    ["a command in a command", "/", '[["PING"]]', TOKEN, 400],
    ["null in a command", "/", '["GET",null]', TOKEN, 400],
    ["an object", "/", '{"command":"PING"}', TOKEN, 400],
    ["one command where many belong", "/pipeline", '["PING"]', TOKEN, 400],
    ["an unknown command", "/", '["NOSUCH"]', TOKEN, 400],
    ["a name of every object", "/", '["constructor"]', TOKEN, 400],
    ["too few arguments", "/", '["HGET","k"]', TOKEN, 400],
    ["half a pair", "/", '["HSET","k","f"]', TOKEN, 400],
    ["a time that is no number", "/", '["SET","k","v","EX","soon"]', TOKEN, 400],
    ["a time below zero", "/", '["SET","k","v","EX","-1"]', TOKEN, 400],
    ["an option that is none", "/", '["SET","k","v","ZZ"]', TOKEN, 400],
    ["an unknown path", "/nowhere", "[]", TOKEN, 404],
    ["a body above 1 MiB", "/", JSON.stringify(["SET", "k", "v".repeat(1_048_576)]), TOKEN, 413],
  ])("%s is refused", async (_what, path, body, token, status) => {
    const answer = await post(server, path, body, token);
    expect(answer.status).toBe(status);
    expect(answer.body).toEqual({ error: expect.any(String) });
  });

  test("a GET is refused, and the count of requests rises", async () => {
    const before = server.requests();
    const answer = await fetch(server.url, { headers: { authorization: `Bearer ${TOKEN}` } });
    expect(answer.status).toBe(405);
    expect(server.requests()).toBe(before + 1);
  });

  test("a caller that goes away in mid-request takes nothing with it", async () => {
    await new Promise<void>((resolve) => {
      const half = request(server.url, { method: "POST", headers: { "content-length": "1000" } });
      half.on("error", () => resolve());
      half.write('["SET"', () => half.destroy());
      half.on("close", () => resolve());
    });
    expect(await client.ping()).toBe("PONG");
  });

  test(`every answer carries a sync token (${name})`, async () => {
    expect((await post(server, "/", '["PING"]')).sync).toMatch(/^local=\d+$/);
  });
});

test("in memory, a key ends with its time", async () => {
  const store = memoryStore(clock);
  await store.call(["HSET", "k", "f", "v"]);
  await store.call(["PEXPIRE", "k", "1000"]);
  nowMs += 999;
  expect(await store.call(["PTTL", "k"])).toBe(1);
  nowMs += 1;
  expect(await store.call(["HGETALL", "k"])).toEqual([]);
  expect(await store.call(["PTTL", "k"])).toBe(-2);
  expect(await store.call(["EXPIRE", "k", "5"])).toBe(0);
});

test("over a Redis that is gone, a request is answered with an error, not held", async () => {
  const lost = await startRedis();
  const server = await startUpstash({ store: redisStore(lost.url), token: TOKEN });
  expect((await post(server, "/", '["PING"]')).body).toEqual({ result: "PONG" });
  await lost.kill();
  expect((await post(server, "/", '["PING"]')).status).toBe(400);
  await server.stop();
});

test("a taken port is the caller's to hear of", async () => {
  const first = await startUpstash({ store: memoryStore(clock), token: TOKEN });
  await expect(startUpstash({ store: memoryStore(clock), token: TOKEN, port: first.port })).rejects.toThrow(
    "EADDRINUSE",
  );
  await first.stop();
});
