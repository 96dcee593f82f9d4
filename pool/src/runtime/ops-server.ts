import { createHash, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { isIP } from "node:net";
import type { Secret } from "@whisper/shared/base/secret";
import type { PoolOrder } from "@whisper/shared/bus/memos";

/** What a pool needs before anybody should be sent to it; each by name, true when it holds. */
export type Readiness = Readonly<Record<string, boolean>>;

export type OpsOptions = {
  readonly host: string;
  /** 0: any. */
  readonly port: number;
  /** Asked for by everything but `/livez`. */
  readonly token?: Secret<string>;
  readonly registry: { readonly contentType: string; metrics(): Promise<string> };
  readonly readiness: () => Readiness;
  /** What else can be read, by path; told as JSON. */
  readonly views?: Readonly<Record<string, () => object>>;
  /** What can be done, by method and path (`POST /drain`). */
  readonly acts?: Readonly<Record<string, () => ActAnswer>>;
};

/** The orders to a pool, as they are given at its ops port. */
export const actsOf = (obey: (order: PoolOrder) => ActAnswer): Readonly<Record<string, () => ActAnswer>> => ({
  "POST /drain": () => obey("drain"),
  "DELETE /drain": () => obey("undrain"),
  "POST /cordon": () => obey("cordon"),
  "POST /uncordon": () => obey("uncordon"),
});

export type ActAnswer = { readonly status: number; readonly body: object };

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
  const path = (request.url ?? "/").split("?", 1)[0] ?? "/";
  const method = request.method ?? "GET";
  const { views = {}, acts = {}, registry, readiness } = options;
  const view = Object.hasOwn(views, path) ? views[path] : undefined;
  const isRead = ["/livez", "/readyz", "/metrics"].includes(path) || view !== undefined;
  const act = Object.hasOwn(acts, `${method} ${path}`) ? acts[`${method} ${path}`] : undefined;
  if (!isRead && !Object.keys(acts).some((one) => one.endsWith(` ${path}`))) return text(404, "not found\n");
  if (act === undefined && (method !== "GET" || !isRead)) return text(405, "not in this way\n");
  if (path === "/livez") return text(200, "ok\n");
  if (wanted !== undefined && !timingSafeEqual(sha256(request.headers.authorization ?? ""), wanted))
    return text(401, "this needs the token of the ops port\n");
  if (act !== undefined) return acted(request, act, wanted !== undefined);
  if (view !== undefined) return json(200, view());
  if (path === "/readyz") return ready(readiness());
  return { status: 200, type: registry.contentType, body: await registry.metrics() };
}

/**
 * A web page that an operator has open can send a POST anywhere, but neither a token nor a header of its own to another
 * origin, and its own origin only under a name (DNS rebinding): so a known host is an address, or localhost.
 */
function acted({ headers }: IncomingMessage, act: () => ActAnswer, hasToken: boolean): Answer {
  if (!isKnownHost(headers.host ?? "")) return text(421, "ask by address, not by name\n");
  if (!hasToken && headers["x-whisper-ops"] !== "1") return text(403, "this needs the header x-whisper-ops: 1\n");
  const { status, body } = act();
  return json(status, body);
}

function isKnownHost(host: string): boolean {
  const name = /^(?:\[([^\]]+)\]|([^:]+))(?::\d{1,5})?$/.exec(host);
  return name !== null && (name[2] === "localhost" || isIP(name[1] ?? name[2] ?? "") !== 0);
}

const json = (status: number, body: object): Answer => ({
  status,
  type: "application/json",
  body: `${JSON.stringify(body)}\n`,
});

function ready(checks: Readiness): Answer {
  const isReady = Object.values(checks).every(Boolean);
  return json(isReady ? 200 : 503, { ready: isReady, checks });
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
