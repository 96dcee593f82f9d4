import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { systemClock } from "@whisper/shared/base/clock";
import { systemRandom } from "@whisper/shared/base/random";
import { generateSigningKey } from "@whisper/shared/credentials/signing-keys";
import { offeredProtocols } from "@whisper/shared/protocol/version";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import standIns from "./support/stand-ins.ts";

const SERVE = fileURLToPath(new URL("../serve.ts", import.meta.url));
type Stands = { readonly url: string; readonly ports: Readonly<Record<string, number>> };

let stands: Stands;
let stopStands: () => Promise<void>;
let child: ChildProcess;
let url: string;
let env: Record<string, string>;

const control = (room: string, body: object) =>
  fetch(`${stands.url}/control/${room}`, { method: "POST", body: JSON.stringify(body) });

function report(region: string, pool: string, kind: string, atMs: number): string {
  const socket = `ws://127.0.0.1:${stands.ports[kind]}/v1/socket`;
  const place = region === "eu-west" ? { lat: 50.1, lon: 8.7 } : { lat: 39, lon: -77.5 };
  return JSON.stringify({
    region,
    pool,
    url: socket,
    ...place,
    state: "up",
    live: 0,
    sockets: 0,
    socketsMax: 1e6,
    atMs,
  });
}

async function start(settings: Readonly<Record<string, string>>): Promise<{ child: ChildProcess; url: string }> {
  const started = spawn(process.execPath, [SERVE], {
    env: { PATH: process.env.PATH ?? "", ...settings },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const [line] = (await once(createInterface({ input: started.stdout }), "line")) as [string];
  return { child: started, url: (JSON.parse(line) as { ready: string }).ready };
}

beforeAll(async () => {
  stopStands = await standIns({
    provide: (_, value) => {
      stands = value as Stands;
    },
  });
  const atMs = systemClock.nowMs();
  await control("serve", {
    fields: {
      at: String(atMs),
      "eu-west/a": report("eu-west", "a", "refuse", atMs),
      "eu-west/b": report("eu-west", "b", "echo", atMs),
      "eu-west/c": report("eu-west", "c", "mute", atMs),
      "us-east/a": report("us-east", "a", "stale", atMs),
    },
  });
  env = {
    WHISPER_EDGE_PORT: "0",
    WHISPER_SIGNING_KEYS: JSON.stringify([await generateSigningKey(0, systemRandom)]),
    WHISPER_NETWORK_KEY: "n".repeat(32),
    WHISPER_UPSTASH_URL: stands.url,
    WHISPER_UPSTASH_TOKEN: "serve",
    WHISPER_GEO_OVERRIDE: "1",
    WHISPER_CONNECTS_PER_MIN: "999999",
    WHISPER_DEVICES_PER_MIN: "999999",
    WHISPER_ASSETS: fileURLToPath(new URL("./support/page", import.meta.url)),
  };
  ({ child, url } = await start(env));
});

afterAll(async () => {
  child.kill("SIGTERM");
  await once(child, "exit");
  await stopStands();
});

async function ticketFor(region: string): Promise<string> {
  const answer = await fetch(`${url}/v1/connect?region=${region}`, { method: "POST" });
  return ((await answer.json()) as { ticket: string }).ticket;
}
const relayed = (ticket: string) => new WebSocket(`${url.replace("http", "ws")}/ws`, offeredProtocols(ticket));

test("[E21] a relayed socket passes texts and bytes both ways untouched, past pools that refuse or speak no v1", async () => {
  const socket = relayed(await ticketFor("eu-west"));
  await once(socket, "open");
  expect(socket.protocol).toBe("whisper.v1");
  for (const frame of ["hello", "é😀\u0000", "", "x".repeat(24_576)]) {
    socket.send(frame);
    const [data, isBinary] = (await once(socket, "message")) as [Buffer, boolean];
    expect(isBinary).toBe(false);
    expect(String(data)).toBe(frame);
  }
  socket.send(Buffer.of(0, 255, 7));
  const [data, isBinary] = (await once(socket, "message")) as [Buffer, boolean];
  expect([...data, isBinary]).toEqual([0, 255, 7, true]);
  socket.close(1000);
  await once(socket, "close");
});

test.for([4000, 4101, 4201, 4302, 1000])("[E22] a pool's close %i arrives with its code and reason", async (code) => {
  const socket = relayed(await ticketFor("eu-west"));
  await once(socket, "open");
  socket.send(`close ${code}`);
  const [seen, reason] = (await once(socket, "close")) as [number, Buffer];
  expect([seen, String(reason)]).toEqual([code, "retry_after=7"]);
});

test("[E22] a pool that vanishes without a close is a cut to the client, not a good-bye", async () => {
  const socket = relayed(await ticketFor("eu-west"));
  await once(socket, "open");
  socket.on("error", () => undefined);
  socket.send("vanish");
  const [seen] = (await once(socket, "close")) as [number];
  expect([1006, 1011]).toContain(seen);
});

test.for([
  { how: "closes", end: (socket: WebSocket) => socket.close(4999, "bye"), codes: [4999] },
  { how: "vanishes", end: (socket: WebSocket) => socket.terminate(), codes: [1006] },
])("[E22] a client that $how ends the pool's side too", async ({ end, codes }) => {
  const closes = async () => (await (await fetch(`${stands.url}/closes`)).json()) as number[];
  const socket = relayed(await ticketFor("eu-west"));
  await once(socket, "open");
  await closes();
  end(socket);
  await expect.poll(closes).toEqual(codes);
});

test("[E22] a close right after the handshake reaches the client", async () => {
  const socket = relayed(await ticketFor("us-east"));
  const [seen] = (await once(socket, "close")) as [number];
  expect(seen).toBe(4201);
});

test("[E23] a forged ticket opens nothing", async () => {
  const ticket = await ticketFor("eu-west");
  const socket = relayed(`${ticket.slice(0, -4)}AAAA`);
  const [error] = (await once(socket, "error")) as [Error];
  expect(error.message).toContain("400");
  expect(error.message).not.toContain(ticket.slice(0, 20));
});

test("[E18] the page comes with its strict policy, and the API never with a page's caching", async () => {
  const page = await fetch(`${url}/`);
  expect(await page.text()).toContain("<title>");
  expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
  expect(page.headers.get("content-security-policy")).not.toMatch(/unsafe|default-src \*/);
  expect(page.headers.get("x-own")).toBe("kept");
  const missing = await fetch(`${url}/nowhere`);
  expect([missing.status, ((await missing.json()) as { error: { code: string } }).error.code]).toEqual([
    404,
    "not_found",
  ]);
  const health = await fetch(`${url}/healthz`);
  expect(health.headers.get("cache-control")).toBe("no-store");
});

test("[E17] the edge's own page may use it in development, another site's may not", async () => {
  const own = await fetch(`${url}/v1/online`, { headers: { origin: url } });
  const other = await fetch(`${url}/v1/online`, { headers: { origin: "http://evil.example" } });
  expect([own.status, other.status]).toEqual([200, 403]);
});

test("[E29] it ends with 0 on SIGTERM and when its parent is gone, and leaves the port free", async () => {
  for (const end of [(one: ChildProcess) => void one.kill("SIGTERM"), (one: ChildProcess) => void one.stdin?.end()]) {
    const other = await start(env);
    end(other.child);
    const [code] = (await once(other.child, "exit")) as [number | null];
    expect(code).toBe(0);
    await expect(fetch(`${other.url}/healthz`)).rejects.toThrow();
  }
});

test("[E28] settings are checked whole before anything starts, and no value is told", async () => {
  const wrong = { ...env, WHISPER_NETWORK_KEY: "short-secret", WHISPER_SIGNING_KEYS: "[]", WHISPER_NONSENSE: "1" };
  const started = spawn(process.execPath, [SERVE], {
    env: { PATH: process.env.PATH ?? "", ...wrong },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const parts: string[] = [];
  started.stderr.on("data", (part) => void parts.push(String(part)));
  const [code] = (await once(started, "close")) as [number];
  const said = parts.join("");
  expect(code).toBe(1);
  for (const name of ["WHISPER_NETWORK_KEY", "WHISPER_SIGNING_KEYS", "WHISPER_NONSENSE"]) expect(said).toContain(name);
  expect(said).not.toContain("short-secret");
});
