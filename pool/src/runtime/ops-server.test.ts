import { request } from "node:http";
import { Secret } from "@whisper/shared/base/secret";
import { Gauge, Registry } from "prom-client";
import { afterEach, expect, test } from "vitest";
import { type Ops, type OpsOptions, startOps } from "./ops-server.ts";

let ops: Ops | undefined;
afterEach(() => ops?.stop());

async function open(changed: Partial<OpsOptions> = {}): Promise<string> {
  const registry = new Registry();
  new Gauge({
    name: "whisper_sockets",
    help: "Sockets.",
    registers: [registry],
    collect() {
      this.set(7);
    },
  });
  ops = await startOps({ host: "127.0.0.1", port: 0, registry, readiness: () => ({ bus: true }), ...changed });
  return ops.url;
}

test("a pool that has all it needs is alive, ready and measured", async () => {
  const url = await open();
  expect(await (await fetch(`${url}/livez`)).text()).toBe("ok\n");
  expect(await (await fetch(`${url}/readyz`)).json()).toEqual({ ready: true, checks: { bus: true } });
  const metrics = await fetch(`${url}/metrics?x=1`);
  expect(metrics.headers.get("content-type")).toMatch(/^text\/plain/);
  expect(await metrics.text()).toContain("whisper_sockets 7");
});

test("one thing missing is enough not to be ready, but not to be dead", async () => {
  const url = await open({ readiness: () => ({ bus: true, keys: false }) });
  const answer = await fetch(`${url}/readyz`);
  expect(answer.status).toBe(503);
  expect(await answer.json()).toEqual({ ready: false, checks: { bus: true, keys: false } });
  expect((await fetch(`${url}/livez`)).status).toBe(200);
});

test.each([
  ["/readyz", undefined, 401],
  ["/metrics", undefined, 401],
  ["/metrics", "Bearer wrong", 401],
  ["/metrics", "a-long-enough-token", 401],
  ["/metrics", "Bearer a-long-enough-token", 200],
  ["/livez", undefined, 200],
])("with a token set, %s with %s gets %i", async (path, authorization, status) => {
  const url = await open({ token: new Secret("a-long-enough-token") });
  const answer = await fetch(url + path, { headers: authorization === undefined ? {} : { authorization } });
  expect(answer.status).toBe(status);
});

test.each([
  ["GET", "/", 404],
  ["GET", "/metrics/", 404],
  ["GET", "//livez", 404],
  ["POST", "/metrics", 405],
  ["DELETE", "/livez", 405],
])("%s %s gets %i", async (method, path, status) => {
  const url = await open();
  expect((await fetch(url + path, { method })).status).toBe(status);
});

test("a metric that cannot be read fails the scrape, not the process", async () => {
  const registry = new Registry();
  new Gauge({
    name: "whisper_broken",
    help: "Broken.",
    registers: [registry],
    collect() {
      throw new Error("no");
    },
  });
  const url = await open({ registry });
  expect((await fetch(`${url}/metrics`)).status).toBe(500);
  expect((await fetch(`${url}/livez`)).status).toBe(200);
});

test("a taken port is the caller's to hear of", async () => {
  const url = await open();
  const port = Number(new URL(url).port);
  await expect(startOps({ host: "127.0.0.1", port, registry: new Registry(), readiness: () => ({}) })).rejects.toThrow(
    "EADDRINUSE",
  );
});

const ORDERS = { "POST /drain": () => ({ status: 200, body: { done: true } }) };

test.each([
  ["POST", "/drain", {}, 403],
  ["POST", "/drain", { "x-whisper-ops": "1" }, 200],
  ["POST", "/drain", { "x-whisper-ops": "true" }, 403],
  ["GET", "/drain", { "x-whisper-ops": "1" }, 405],
  ["DELETE", "/drain", { "x-whisper-ops": "1" }, 405],
  ["POST", "/constructor", { "x-whisper-ops": "1" }, 404],
])("[O8] %s %s with %j gets %i", async (method, path, headers, status) => {
  const url = await open({ acts: ORDERS });
  expect((await fetch(url + path, { method, headers })).status).toBe(status);
});

/** The status of an order under this name of the host, which `fetch` does not let us choose. */
function statusUnder(url: string, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const headers = { host, "x-whisper-ops": "1" };
    const asked = request({ hostname, port, method: "POST", path: "/drain", headers }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    asked.on("error", reject);
    asked.end();
  });
}

test.each([
  ["127.0.0.1:9101", 200],
  ["127.0.0.1", 200],
  ["[::1]:9101", 200],
  ["10.20.30.40:9101", 200],
  ["localhost:9101", 200],
  ["rebound.example:9101", 421],
  ["localhost.example", 421],
  ["127.0.0.1.example:80", 421],
  ["[::1", 421],
  ["127.0.0.1:9101:1", 421],
  [":9101", 421],
])("[O8] an order sent to the host %j gets %i", async (host, status) => {
  const url = await open({ acts: ORDERS });
  expect(await statusUnder(url, host)).toBe(status);
});

test("[O8] what can be read beside is told as JSON, and needs the token too", async () => {
  const views = { "/drain": () => ({ left: 7 }) };
  const plain = await open({ views });
  expect(await (await fetch(`${plain}/drain`)).json()).toEqual({ left: 7 });
  await ops?.stop();
  const url = await open({ views, token: new Secret("a-long-enough-token") });
  expect((await fetch(`${url}/drain`)).status).toBe(401);
});
