import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { checkTarget } from "./target-check.ts";
import { UsageFault } from "./usage-fault.ts";

const opened: Server[] = [];
afterEach(() => {
  for (const server of opened.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

type Answers = Readonly<Record<string, readonly [status: number, body: unknown]>>;
/** A server that answers these paths; a body that is text goes out as it is. */
async function serverThat(answers: Answers): Promise<string> {
  const server = createServer((request, answer) => {
    const [status, body] = answers[request.url ?? ""] ?? [404, "not here"];
    answer.writeHead(status, status === 302 ? { location: "http://127.0.0.1:1/" } : {});
    answer.end(typeof body === "string" ? body : JSON.stringify(body));
  });
  opened.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const HEALTH = { status: "ok", directory_age_ms: 5, pools: 2 };
const line = (region: string, more: object = {}) => ({ region, pools: 1, free: 18_000, state: "up", ...more });
const EU = line("eu-west", { ports: [{ pool: "a", socket: "ws://127.0.0.1:9001", ops: "http://127.0.0.1:9101" }] });
const US = line("us-east", { ports: [{ pool: "a", socket: "ws://127.0.0.1:9002" }] });
const edgeWith = (...regions: readonly object[]): Answers => ({
  "/healthz": [200, HEALTH],
  "/v1/regions": [200, { regions }],
});
const check = async (answers: Answers, over: { region?: string; connections?: number } = {}) =>
  checkTarget({
    target: await serverThat(answers),
    region: over.region,
    connections: over.connections ?? 100,
    scenario: "chat",
  });

test("[Y2] an edge of ours tells its regions, its free places, and the ops ports that it knows", async () => {
  expect(await check(edgeWith(EU, US))).toEqual({
    regions: ["eu-west", "us-east"],
    ops: ["http://127.0.0.1:9101"],
    free: 36_000,
  });
  expect((await check(edgeWith(EU, US), { region: "us-east" })).free).toBe(18_000);
});

test.each<readonly [string, Answers, { region?: string; connections?: number }, string]>([
  ["a region that is none", edgeWith(EU, US), { region: "eu-east" }, "write --region eu-west"],
  ["a region like no other", edgeWith(EU, US), { region: "mars" }, "write --region eu-west or us-east"],
  ["a region that drains", edgeWith(line("eu-west", { state: "draining" })), {}, "eu-west is draining: wait"],
  ["too few places", edgeWith(EU), { connections: 20_000 }, "write --connections 18000 or fewer"],
  ["a full region", edgeWith(line("eu-west", { state: "full", free: 0 })), {}, "has 0 free places"],
  ["no region at all", edgeWith(), {}, "has no region that is up: start a pool first"],
  ["a page for everything", { "/healthz": [200, "<!doctype html>"] }, {}, "is no Whisper edge"],
  ["somebody else's health", { "/healthz": [200, { status: "UP" }] }, {}, "is no Whisper edge"],
  ["no such route", {}, {}, "is no Whisper edge: write the address that npm start prints"],
  ["a redirect", { "/healthz": [302, ""] }, {}, "is no Whisper edge"],
  ["null", { "/healthz": [200, "null"] }, {}, "is no Whisper edge"],
  [
    "regions of another shape",
    { "/healthz": [200, HEALTH], "/v1/regions": [200, { regions: [{}] }] },
    {},
    "is no Whisper edge",
  ],
  [
    "an edge without a directory",
    { "/healthz": [200, HEALTH], "/v1/regions": [503, { error: { code: "no_capacity" } }] },
    {},
    "wait until its directory is there",
  ],
  ["a fault", { "/healthz": [500, "oops"] }, {}, "is no Whisper edge"],
])("[Y2] %s is refused with what to do", async (_what, answers, over, says) => {
  const fault = await check(answers, over).catch((error: unknown) => error);
  expect(fault).toBeInstanceOf(UsageFault);
  expect((fault as UsageFault).message).toContain(says);
  expect((fault as UsageFault).message).not.toContain("\n");
});

test("[Y2] nobody there is refused with what to do", async () => {
  const target = await serverThat({});
  opened.splice(0).forEach((server) => {
    server.close();
  });
  await expect(checkTarget({ target, region: undefined, connections: 1, scenario: "smoke" })).rejects.toThrow(
    "does not answer: start it (npm start)",
  );
});
