import { createHash, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Reply, UpstashStore } from "./store.ts";

/**
 * The REST protocol of Upstash Redis (https://upstash.com/docs/redis/features/restapi) over a store, as @upstash/redis
 * speaks it: POST `/` with one command, `/pipeline` and `/multi-exec` with many; bearer token; strings in base64 where
 * the header asks for it.
 */
export type UpstashServer = {
  readonly url: string;
  readonly port: number;
  /** Requests answered since the start, for those who count what a connect costs. */
  requests(): number;
  stop(): Promise<void>;
};

export type UpstashServerOptions = {
  readonly store: UpstashStore;
  readonly token: string;
  readonly host?: string;
  /** 0: any. */
  readonly port?: number;
};

const BODY_BYTES_MAX = 1_048_576;
const COMMANDS_MAX = 1_000;

type Answer = { readonly status: number; readonly body: unknown };
type Command = readonly string[];

const refuse = (status: number, error: string): Answer => ({ status, body: { error } });
const NO_COMMAND = refuse(400, "ERR failed to parse command");
const NO_PIPELINE = refuse(400, "ERR failed to parse pipeline request");

const sha256 = (text: string): Buffer => createHash("sha256").update(text).digest();

const plain = (reply: Reply): unknown => (Buffer.isBuffer(reply) ? reply.toString("utf8") : listed(reply, plain));
const base64 = (reply: Reply): unknown => {
  if (typeof reply === "string") return Buffer.from(reply, "utf8").toString("base64");
  return Buffer.isBuffer(reply) ? reply.toString("base64") : listed(reply, base64);
};
const listed = (reply: Reply, each: (reply: Reply) => unknown): unknown =>
  Array.isArray(reply) ? reply.map(each) : reply;

function commandOf(raw: unknown): Command | undefined {
  if (!Array.isArray(raw) || raw.length === 0) return undefined;
  const isWord = (word: unknown): boolean => ["string", "number", "boolean"].includes(typeof word);
  return raw.every(isWord) ? raw.map(String) : undefined;
}

function commandsOf(raw: unknown): readonly Command[] | undefined {
  if (!Array.isArray(raw) || raw.length > COMMANDS_MAX) return undefined;
  const commands = raw.map(commandOf);
  return commands.every((command) => command !== undefined) ? commands : undefined;
}

async function answer(
  store: UpstashStore,
  path: string,
  raw: unknown,
  encode: (reply: Reply) => unknown,
): Promise<Answer> {
  const entry = (reply: Reply | Error): unknown =>
    reply instanceof Error ? { error: reply.message } : { result: encode(reply) };
  if (path === "/") {
    const command = commandOf(raw);
    return command === undefined ? NO_COMMAND : { status: 200, body: entry(await store.call(command)) };
  }
  const commands = commandsOf(raw);
  if (path === "/pipeline") {
    if (commands === undefined) return NO_PIPELINE;
    const replies = await Promise.all(commands.map((command) => store.call(command).catch((error: Error) => error)));
    return { status: 200, body: replies.map(entry) };
  }
  if (path === "/multi-exec") {
    if (commands === undefined) return NO_PIPELINE;
    return { status: 200, body: (await store.transaction(commands)).map(entry) };
  }
  return refuse(404, "ERR unknown path");
}

/** The body, or `undefined` when it is too long to be read. */
function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    let bytes = 0;
    request.on("data", (piece: Buffer) => {
      bytes += piece.length;
      if (bytes <= BODY_BYTES_MAX) pieces.push(piece);
    });
    request.once("end", () => resolve(bytes > BODY_BYTES_MAX ? undefined : Buffer.concat(pieces).toString("utf8")));
    request.once("error", reject);
  });
}

async function serve(request: IncomingMessage, store: UpstashStore, wanted: Buffer): Promise<Answer> {
  const body = await bodyOf(request);
  if (!timingSafeEqual(sha256(request.headers.authorization ?? ""), wanted))
    return refuse(401, "WRONGPASS invalid or missing auth token");
  if (request.method !== "POST") return refuse(405, "ERR method not allowed");
  if (body === undefined) return refuse(413, "ERR max request size exceeded");
  let raw: unknown;
  try {
    raw = JSON.parse(body);
  } catch {
    return NO_COMMAND;
  }
  try {
    return await answer(
      store,
      request.url ?? "/",
      raw,
      request.headers["upstash-encoding"] === "base64" ? base64 : plain,
    );
  } catch (error) {
    return refuse(400, error instanceof Error ? error.message : "ERR");
  }
}

/** Starts the endpoint; resolves when it listens, rejects with the system's error when it cannot. */
export async function startUpstash(options: UpstashServerOptions): Promise<UpstashServer> {
  const host = options.host ?? "127.0.0.1";
  const wanted = sha256(`Bearer ${options.token}`);
  let requests = 0;
  const send = (response: ServerResponse, { status, body }: Answer): void => {
    requests++;
    const text = JSON.stringify(body);
    response.writeHead(status, {
      "content-type": "application/json",
      "content-length": Buffer.byteLength(text),
      "upstash-sync-token": `local=${requests}`,
    });
    response.end(text);
  };
  const server = createServer((request, response) => {
    serve(request, options.store, wanted).then(
      (reply) => send(response, reply),
      () => response.destroy(), // the caller went away in the middle of its request
    );
  });
  server.keepAliveTimeout = 60_000;
  const port = await listen(server, host, options.port ?? 0);
  return {
    url: `http://${host}:${port}`,
    port,
    requests: () => requests,
    async stop() {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      await options.store.close();
    },
  };
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
