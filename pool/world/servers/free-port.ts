import { createServer } from "node:net";

/**
 * Resolves when `port` of `host` could be listened on just now (0: any), with its number; rejects with the system's
 * error otherwise.
 */
export function claimPort(host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen({ host, port, exclusive: true }, () => {
      const address = server.address();
      const found = typeof address === "object" && address !== null ? address.port : port;
      server.close(() => resolve(found));
    });
  });
}

/** A port of `host` that nobody listened on just now. Another process may still take it first: callers try again. */
export const freePort = (host = "127.0.0.1"): Promise<number> => claimPort(host, 0);
