import { randomInt } from "node:crypto";
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

const FROM = 10_240;
const UP_TO = 20_000;
const TRIES = 50;

/**
 * A port of `host` that nobody listened on just now, drawn by chance. It lies below those that the system hands out to
 * connections, any of which may come and go before it is listened on. Another server may still take it first: callers
 * try again.
 */
export async function freePort(host = "127.0.0.1"): Promise<number> {
  for (let left = TRIES; left > 0; left--) {
    const port = randomInt(FROM, UP_TO);
    if (await canBeHad(host, port)) return port;
  }
  return claimPort(host, 0);
}

const canBeHad = (host: string, port: number): Promise<boolean> =>
  claimPort(host, port).then(
    () => true,
    () => false,
  );
