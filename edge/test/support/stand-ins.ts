import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo, Socket } from "node:net";
import type { WebSocket } from "ws";

// The Workers plugin resolves packages as for a browser, where `ws` is a stub; this file runs in Node.
const { WebSocketServer } = createRequire(import.meta.url)("ws") as typeof import("ws");

/**
 * Real servers for tests that run inside workerd: a directory that speaks Upstash's protocol, siteverify, and pools
 * that speak WebSocket. Each test has its own room on them, named in the path or the bearer token, so files run side
 * by side.
 */
type Room = {
  fields: Record<string, string>;
  mode: "up" | "down" | "slow" | "garbage";
  calls: number;
  proofs: Set<string>;
  verified: number;
};
const rooms = new Map<string, Room>();

function roomOf(name: string): Room {
  const known = rooms.get(name);
  if (known !== undefined) return known;
  const fresh: Room = { fields: {}, mode: "up", calls: 0, proofs: new Set(), verified: 0 };
  rooms.set(name, fresh);
  return fresh;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const part of request) text += String(part);
  return text;
}

const send = (response: ServerResponse, status: number, body: unknown): void => {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(typeof body === "string" ? body : JSON.stringify(body));
};

/** `POST /` with `["hgetall", key]`, bearer token = the room. */
async function directory(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const room = roomOf((request.headers.authorization ?? "").replace("Bearer ", ""));
  room.calls++;
  const command: unknown = JSON.parse(await bodyOf(request));
  if (room.mode === "down") return send(response, 500, { error: "ERR away" });
  if (room.mode === "slow") return; // never answers: the edge has to give up
  if (room.mode === "garbage") return send(response, 200, "<html>");
  const [verb, key] = Array.isArray(command) ? command : [];
  if (String(verb).toLowerCase() !== "hgetall" || key !== "wh:directory") return send(response, 400, { error: "ERR" });
  const encode = (text: string): string =>
    request.headers["upstash-encoding"] === "base64" ? Buffer.from(text).toString("base64") : text;
  send(response, 200, { result: Object.entries(room.fields).flat().map(encode) });
}

/** siteverify as Cloudflare documents it: the answer's own words say how it goes. */
async function siteverify(name: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const form = new URLSearchParams(await bodyOf(request));
  const room = roomOf(name);
  room.verified++;
  const proof = form.get("response") ?? "";
  const good = { success: true, hostname: "chat.example.org", action: "connect", "error-codes": [] };
  const bad = (code: string) => send(response, 200, { success: false, "error-codes": [code] });
  if (form.get("secret") !== "turnstile-secret") return bad("invalid-input-secret");
  if (proof.startsWith("timeout")) return; // never answers
  if (proof.startsWith("broken")) return send(response, 502, "bad gateway");
  if (proof.startsWith("hostname")) return send(response, 200, { ...good, hostname: "evil.example" });
  if (proof.startsWith("action")) return send(response, 200, { ...good, action: "login" });
  if (proof.startsWith("text")) return send(response, 200, { ...good, success: "true" });
  if (!proof.startsWith("good")) return bad("invalid-input-response");
  if (room.proofs.has(proof)) return bad("timeout-or-duplicate");
  room.proofs.add(proof);
  send(response, 200, good);
}

async function control(name: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const room = roomOf(name);
  if (request.method === "POST") Object.assign(room, JSON.parse(await bodyOf(request)));
  send(response, 200, { calls: room.calls, verified: room.verified, mode: room.mode });
}

/** How pools behave: each kind listens on its own port. `closes` are told by code, with a reason. */
const POOLS = { echo: undefined, mute: undefined, refuse: undefined, forgets: 1000, stale: 4201, full: 4202 } as const;
type PoolKind = keyof typeof POOLS;
const closes: number[] = [];
/** The sockets that are open now, by kind of pool. */
const openAt = new Map<string, Set<WebSocket>>();

/** An echoing pool obeys two words: `close <code>`, and `vanish` (no close frame). */
function servePool(kind: PoolKind, socket: WebSocket): void {
  const code = POOLS[kind];
  if (code !== undefined) socket.close(code, "retry_after=7");
  socket.on("message", (data, isBinary) => {
    const text = String(data);
    const asked = /^close (\d{4})$/.exec(text);
    if (asked !== null) socket.close(Number(asked[1]), "retry_after=7");
    else if (text === "vanish") socket.terminate();
    else socket.send(data, { binary: isBinary });
  });
  socket.on("close", (closedWith) => {
    if (kind === "echo") closes.push(closedWith);
  });
}

const listen = (server: Server): Promise<number> =>
  new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port)));

function poolServer(kind: PoolKind): Server {
  const pools = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) => (offered.has("whisper.v1") && kind !== "mute" ? "whisper.v1" : false),
  });
  openAt.set(kind, pools.clients);
  return createServer().on("upgrade", (request, socket, head) => {
    if (kind === "refuse") socket.end("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");
    else pools.handleUpgrade(request, socket, head, (ws) => servePool(kind, ws));
  });
}

type Provide = { provide(key: string, value: unknown): void };

/** Starts the stand-ins; the returned function stops them. */
export default async function standIns(project: Provide): Promise<() => Promise<void>> {
  const server = createServer((request, response) => {
    const [, kind, name = ""] = (request.url ?? "/").split("/");
    if (kind === "control") void control(name, request, response);
    else if (kind === "siteverify") void siteverify(name, request, response);
    else if (kind === "closes") send(response, 200, closes.splice(0));
    else if (kind === "open") send(response, 200, openAt.get(name)?.size ?? 0);
    else void directory(request, response);
  });
  const ports: Record<string, number> = {};
  const servers = [server];
  for (const kind of Object.keys(POOLS) as PoolKind[]) {
    const pool = poolServer(kind);
    servers.push(pool);
    ports[kind] = await listen(pool);
  }
  const sockets = new Set<Socket>();
  for (const each of servers) each.on("connection", (socket) => void sockets.add(socket));
  project.provide("standIns", { url: `http://127.0.0.1:${await listen(server)}`, ports });
  return async () => {
    for (const socket of sockets) socket.destroy();
    await Promise.all(servers.map((each) => new Promise((resolve) => each.close(resolve))));
  };
}
