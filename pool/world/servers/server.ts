import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Child, startChild, WorldFault } from "./child.ts";
import { claimPort, freePort } from "./free-port.ts";

/** A server of somebody else's, started by us on one port of the loopback interface. */
export type Server = {
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly pid: number;
  /** The last of what it printed, for error reports. */
  output(): string;
  /** Resolves when the process is gone, however that came. */
  readonly gone: Promise<void>;
  /** Ends it in order and removes its folder if that was made here. */
  stop(): Promise<void>;
  /** Ends it as a power cut would; the same clean-up. */
  kill(): Promise<void>;
};

export type ServerOptions = {
  /** Where it keeps its files; a temporary folder, removed at the end, if not given. */
  readonly dir?: string;
  /** A free one if not given. */
  readonly port?: number;
  readonly host?: string;
  /** The program to run instead of the one on the PATH. */
  readonly program?: string;
};

export type ServerKind = {
  readonly name: string;
  readonly programs: readonly string[];
  readonly debianPackage: string;
  readonly scheme: string;
  /** Arguments; may write files into `dir`. */
  prepare(dir: string, host: string, port: number): Promise<readonly string[]>;
  /** Sent on a new connection; the first line or reply must make `isReady` true. */
  readonly hello: string;
  isReady(reply: string, pid: number): boolean;
  /** What must be so beside it, of a server that needs others; asked until it is. */
  isWhole?(): Promise<boolean>;
};

const READY_MS = 15_000;
const TRIES = 5;

/** Starts a server of this kind; resolves when it answers. Rejects with a `WorldFault` that says what to do. */
export async function startServer(kind: ServerKind, options: ServerOptions): Promise<Server> {
  const host = options.host ?? "127.0.0.1";
  const dir = options.dir ?? (await mkdtemp(join(tmpdir(), `whisper-${kind.name}-`)));
  const clean = async (): Promise<void> => {
    if (options.dir === undefined) await rm(dir, { recursive: true, force: true });
  };
  try {
    for (let left = TRIES; ; left--) {
      const port = options.port ?? (await freePort(host));
      if (options.port !== undefined) await refuseTaken(kind, host, port);
      const child = await begin(kind, options, dir, host, port);
      if (await answers(kind, child, host, port)) return serverOf(kind, child, host, port, clean);
      await child.kill();
      // Between finding a free port and listening on it somebody else may have taken it: then another port.
      if (left <= 1 || options.port !== undefined || !/in use/i.test(child.output()))
        throw new WorldFault(`${kind.name} did not start on port ${port}; it said:\n${child.output().trim()}`);
    }
  } catch (error) {
    await clean();
    throw error;
  }
}

async function refuseTaken(kind: ServerKind, host: string, port: number): Promise<void> {
  try {
    await claimPort(host, port);
  } catch (error) {
    throw new WorldFault(
      `port ${port} for ${kind.name} cannot be used: ${error instanceof Error ? error.message : ""}`,
    );
  }
}

async function begin(kind: ServerKind, options: ServerOptions, dir: string, host: string, port: number) {
  return startChild({
    name: kind.name,
    programs: options.program === undefined ? kind.programs : [options.program],
    args: await kind.prepare(dir, host, port),
    cwd: dir,
    missing: `${kind.name} is not installed here. On Debian or Ubuntu: sudo apt-get install ${kind.debianPackage}`,
  });
}

/** True once it answers as the process that we started; false when it has gone or the time is up. */
async function answers(kind: ServerKind, child: Child, host: string, port: number): Promise<boolean> {
  const until = performance.now() + READY_MS;
  while (child.alive() && performance.now() < until) {
    const reply = await ask(host, port, kind.hello);
    const isReady = reply !== undefined && kind.isReady(reply, child.pid);
    if (isReady && (kind.isWhole === undefined || (await kind.isWhole()))) return true;
    await Promise.race([child.gone, new Promise((resolve) => setTimeout(resolve, 20))]);
  }
  return false;
}

function ask(host: string, port: number, hello: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    let reply = "";
    const socket = connect({ host, port });
    const end = (): void => {
      socket.destroy();
      resolve(reply === "" ? undefined : reply);
    };
    socket.setTimeout(1_000, end);
    socket.on("connect", () => hello !== "" && socket.write(hello));
    socket.on("data", (piece) => {
      reply += piece.toString("utf8");
      if (reply.endsWith("\r\n")) end();
    });
    socket.on("error", end);
    socket.on("close", end);
  });
}

function serverOf(kind: ServerKind, child: Child, host: string, port: number, clean: () => Promise<void>): Server {
  return {
    url: `${kind.scheme}://${host}:${port}`,
    host,
    port,
    pid: child.pid,
    output: child.output,
    gone: child.gone,
    async stop() {
      await child.stop();
      await clean();
    },
    async kill() {
      await child.kill();
      await clean();
    },
  };
}
