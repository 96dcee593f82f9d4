import { claimPort } from "../servers/free-port.ts";

const FROM = 20_000;
const UP_TO = 30_000;
/** Pools of one world at most; their ops ports follow. */
const WIDTH = 16;

/**
 * The first ports of two rows that are free just now, for sockets and for operators. They lie below those that the
 * system hands out, so a pool that comes again finds its port as it left it.
 */
export async function freeRange(host = "127.0.0.1"): Promise<readonly [pools: number, ops: number]> {
  for (let from = FROM + ((process.pid * WIDTH * 2) % (UP_TO - FROM)); from < UP_TO + FROM; from += WIDTH * 2) {
    const ports = Array.from({ length: WIDTH * 2 }, (_, at) => from + at);
    const claims = await Promise.allSettled(ports.map((port) => claimPort(host, port)));
    if (claims.every(({ status }) => status === "fulfilled")) return [from, from + WIDTH];
  }
  throw new Error("no row of free ports was found");
}
