import { createHash, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Secret } from "@whisper/shared/base/secret";
import type { Registry } from "prom-client";

/** What a pool needs before anybody should be sent to it; each by name, true when it holds. */
export type Readiness = Readonly<Record<string, boolean>>;

export type OpsOptions = {
  readonly host: string;
  /** 0: any. */
  readonly port: number;
  /** Asked for by everything but `/livez`. */
  readonly token?: Secret<string>;
  readonly registry: Registry;
  readonly readiness: () => Readiness;
};

export type Ops = { readonly port: number; readonly url: string; stop(): Promise<void> };

type Answer = { readonly status: number; readonly type: string; readonly body: string };

const text = (status: number, body: string): Answer => ({ status, type: "text/plain; charset=utf-8", body });
const sha256 = (value: string): Buffer => createHash("sha256").update(value).digest();

/** Serves the pool's operators on `host:port` (DESIGN §11). Rejects with the system's error when it cannot listen. */
export async function startOps(options: OpsOptions): Promise<Ops> {
  const wanted = options.token === undefined ? undefined : sha256(`Bearer ${options.token.reveal()}`);
  const server = createServer((request, response) => {
    answer(request, options, wanted).then(
      (found) => send(response, found),
      () => send(response, text(500, "the metrics could not be read\n")),
    );
  });
  const port = await listen(server, options.host, options.port);
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { port, url: `http://${options.host}:${port}`, stop };
}

async function answer(request: IncomingMessage, options: OpsOptions, wanted: Buffer | undefined): Promise<Answer> {
  const path = (request.url ?? "/").split("?", 1)[0];
  if (path !== "/livez" && path !== "/readyz" && path !== "/metrics") return text(404, "not found\n");
  if (request.method !== "GET") return text(405, "read only\n");
  if (path === "/livez") return text(200, "ok\n");
  if (wanted !== undefined && !timingSafeEqual(sha256(request.headers.authorization ?? ""), wanted))
    return text(401, "this needs the token of the ops port\n");
  if (path === "/readyz") return ready(options.readiness());
  return { status: 200, type: options.registry.contentType, body: await options.registry.metrics() };
}

function ready(checks: Readiness): Answer {
  const isReady = Object.values(checks).every(Boolean);
  const body = `${JSON.stringify({ ready: isReady, checks })}\n`;
  return { status: isReady ? 200 : 503, type: "application/json", body };
}

function send(response: ServerResponse, { status, type, body }: Answer): void {
  response.writeHead(status, { "content-type": type, "cache-control": "no-store" });
  response.end(body);
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port }, () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : port);
    });
  });
}
