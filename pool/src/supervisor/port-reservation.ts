import { createServer, type Server } from "node:net";

const TRIES = 20;

/** A port that is this pool's until `release`, or until the process is gone. */
export type Reservation = { readonly port: number; release(): void };

/**
 * Keeps a port for a pool before its shards listen on it; 0 picks a free one. Shards share the port by SO_REUSEPORT,
 * which lets another pool's shards in as well, so pools keep each other out by a name in this machine's (or
 * container's) network: an abstract socket, which ends with its process. Rejects when the port is taken.
 */
export async function reservePort(host: string, port: number): Promise<Reservation> {
  for (let left = TRIES; ; left--) {
    const free = await claim(host, port);
    const held = await hold(`\0whisper-pool-${host}-${free}`);
    if (held !== undefined) return { port: free, release: () => void held.close() };
    if (port !== 0 || left <= 1) throw new Error(`port ${free} on ${host} is taken by another pool`);
  }
}

/** Resolves with the port if nobody listens on it, also nobody who would share it. */
function claim(host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (cause) => {
      const isTaken = "code" in cause && cause.code === "EADDRINUSE";
      reject(isTaken ? new Error(`port ${port} on ${host} is taken`, { cause }) : cause);
    });
    server.listen({ host, port, exclusive: true }, () => {
      const address = server.address();
      const found = typeof address === "object" && address !== null ? address.port : port;
      server.close(() => resolve(found));
    });
  });
}

/** Holds a name, or nothing when somebody else does. */
function hold(path: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((visitor) => visitor.destroy());
    server.once("error", (error) => {
      if ("code" in error && error.code === "EADDRINUSE") resolve(undefined);
      else reject(error);
    });
    server.listen({ path, exclusive: true }, () => resolve(server.unref()));
  });
}
