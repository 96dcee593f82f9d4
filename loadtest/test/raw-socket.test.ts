import { readFileSync } from "node:fs";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import { createServer, type Server, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { WebSocketServer } from "ws";
import { newCertificate } from "../src/bench/certificate.ts";
import { RawSocket } from "../src/engine/raw-socket.ts";

type Heard = { opened: number; texts: string[]; closed: { code: number; status: number; reason: string } | undefined };

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const clean of cleanups.splice(0)) clean();
});

/** Waits for a condition; fails after 5 s. */
async function until(holds: () => boolean): Promise<void> {
  const end = performance.now() + 5_000;
  while (!holds()) {
    if (performance.now() > end) throw new Error("it never came");
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

function client(port: number, path = "/", protocols?: readonly string[], source?: string, secure = false) {
  const heard: Heard = { opened: 0, texts: [], closed: undefined };
  const way = {
    host: "127.0.0.1",
    port,
    path,
    ...(protocols === undefined ? {} : { protocols }),
    ...(source === undefined ? {} : { source }),
    secure,
  };
  const ears = {
    opened: (one: Heard) => void one.opened++,
    text: (one: Heard, _socket: unknown, bytes: Buffer, from: number, to: number) =>
      void one.texts.push(bytes.toString("utf8", from, to)),
    closed: (one: Heard, _socket: unknown, code: number, status: number, reason: string) => {
      one.closed = { code, status, reason };
    },
  };
  const socket = new RawSocket(way, ears, heard);
  cleanups.push(() => socket.cut());
  return { socket, heard };
}

async function wsServer(): Promise<{ server: WebSocketServer; port: number }> {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0, handleProtocols: () => "whisper.v1" });
  await new Promise((resolve) => server.once("listening", resolve));
  cleanups.push(() => {
    for (const one of server.clients) one.terminate();
    server.close();
  });
  return { server, port: (server.address() as AddressInfo).port };
}

/** A server that says exactly these bytes to whoever connects. */
async function rawServer(answer: (socket: Socket) => void): Promise<number> {
  const server: Server = createServer((socket) => {
    socket.on("error", () => {}); // the client may cut
    socket.once("data", () => answer(socket));
    cleanups.push(() => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

test("texts go both ways, long and short, in the source address and protocol that were asked for", async () => {
  const { server, port } = await wsServer();
  const asked: string[] = [];
  server.on("connection", (ws, request) => {
    asked.push(`${request.socket.remoteAddress} ${request.headers["sec-websocket-protocol"]}`);
    ws.on("message", (data) => ws.send(`${data}`));
  });
  const { socket, heard } = client(port, "/v1/socket", ["whisper.v1", "ticket.x"], "127.0.0.5");
  await until(() => heard.opened === 1);
  const sent = ["", "a", "é😀".repeat(20), "x".repeat(125), "x".repeat(126), "y".repeat(60_000)];
  for (const one of sent) socket.say(one);
  await until(() => heard.texts.length === sent.length);
  expect(heard.texts).toEqual(sent);
  expect(asked).toEqual(["127.0.0.5 whisper.v1, ticket.x"]);
});

test("a fragmented text and texts over 65,535 bytes are heard whole", async () => {
  const { server, port } = await wsServer();
  server.on("connection", (ws) => {
    ws.send("one, ", { fin: false });
    ws.ping("between");
    ws.send("two", { fin: true });
    ws.send("z".repeat(200_000));
  });
  const { heard } = client(port);
  await until(() => heard.texts.length === 2);
  expect([heard.texts[0], heard.texts[1]?.length]).toEqual(["one, two", 200_000]);
});

test("a ping is answered with its own words", async () => {
  const { server, port } = await wsServer();
  const pongs: string[] = [];
  server.on("connection", (ws) => {
    ws.on("pong", (data) => pongs.push(`${data}`));
    ws.ping("are you there");
    ws.ping();
  });
  client(port);
  await until(() => pongs.length === 2);
  expect(pongs).toEqual(["are you there", ""]);
});

test("the server's close code is told, and answered", async () => {
  const { server, port } = await wsServer();
  const answered: number[] = [];
  server.on("connection", (ws) => {
    ws.on("close", (code) => answered.push(code));
    ws.close(4_302, "superseded");
  });
  const { heard } = client(port);
  await until(() => heard.closed !== undefined && answered.length === 1);
  expect([heard.closed, answered]).toEqual([{ code: 4_302, status: 101, reason: "superseded" }, [4_302]]);
});

test("our close is clean; a cut is 1006", async () => {
  const { server, port } = await wsServer();
  const codes: number[] = [];
  server.on("connection", (ws) => ws.on("close", (code) => codes.push(code)));
  const [polite, rude] = [client(port), client(port)];
  await until(() => polite.heard.opened + rude.heard.opened === 2);
  polite.socket.close(1_000);
  await until(() => codes.length === 1);
  rude.socket.cut();
  await until(() => codes.length === 2);
  expect(codes).toEqual([1_000, 1_006]);
});

test("a refused upgrade tells its status, and was never open", async () => {
  const port = await rawServer((socket) => socket.end("HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\n\r\n"));
  const { heard } = client(port);
  await until(() => heard.closed !== undefined);
  expect([heard.closed, heard.opened]).toEqual([{ code: 1_006, status: 503, reason: "" }, 0]);
});

test.each([
  ["a wrong accept", "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: AAAA\r\n\r\n"],
  ["no HTTP at all", `${"x".repeat(9_000)}`],
])("%s is cut", async (_what, answer) => {
  const port = await rawServer((socket) => socket.write(answer));
  const { heard } = client(port);
  await until(() => heard.closed !== undefined);
  expect([heard.closed?.code, heard.opened]).toEqual([1_006, 0]);
});

test("nobody listens: closed, without a status", async () => {
  const port = await rawServer(() => {});
  for (const clean of cleanups.splice(0)) clean();
  const { heard } = client(port);
  await until(() => heard.closed !== undefined);
  expect(heard.closed).toEqual({ code: 1_006, status: 0, reason: "" });
});

test("a socket with TLS says and hears the same, and closes the same", async () => {
  const certificate = newCertificate();
  cleanups.push(certificate.remove);
  const [cert, key] = [readFileSync(certificate.cert), readFileSync(certificate.key)];
  const secure = createSecureServer({ cert, key });
  const server = new WebSocketServer({ server: secure });
  server.on("connection", (socket) => socket.on("message", (data) => socket.send(String(data))));
  await new Promise<void>((resolve) => secure.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => {
    server.close();
    secure.close();
  });
  const { port } = secure.address() as AddressInfo;
  const { socket, heard } = client(port, "/", undefined, undefined, true);
  await until(() => heard.opened === 1);
  socket.say("hello");
  await until(() => heard.texts.length === 1);
  expect(heard.texts).toEqual(["hello"]);
  socket.close(1_000);
  await until(() => heard.closed !== undefined);
  expect(heard.closed).toEqual({ code: 1_000, status: 101, reason: "" });
  const plain = client(port).heard;
  await until(() => plain.closed !== undefined);
  expect(plain).toEqual({ opened: 0, texts: [], closed: { code: 1_006, status: 0, reason: "" } });
  const again = client(port, "/", undefined, undefined, true);
  await until(() => again.heard.opened === 1);
  again.socket.reset();
  await until(() => again.heard.closed !== undefined);
});
