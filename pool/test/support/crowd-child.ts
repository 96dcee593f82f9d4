import { randomBytes } from "node:crypto";
import type { Socket } from "node:net";
import type { SigningJwk } from "@whisper/shared/credentials/signing-keys";
import { answerAsks } from "../../bench/answer-asks.ts";
import { type Manner, RawCrowd, upgradeRequest } from "./raw-crowd.ts";
import { newTickets } from "./tickets.ts";

// A crowd of hostile sockets in a process of its own: `open`, then `vanish`.

export type CrowdName = "half-frames" | "garbage" | "half-requests" | "greeted";
export type CrowdSays = { readonly closed: number; readonly firstMs: number; readonly lastMs: number };

const { port, key, count, name } = JSON.parse(process.argv[2] ?? "") as {
  readonly port: number;
  readonly key: SigningJwk;
  readonly count: number;
  readonly name: CrowdName;
};
let tickets: string[] = [];

/** The first 15,360 of 16,384 bytes of a masked text frame (RFC 6455, 5.2), behind its header. */
function halfFrame(): Buffer {
  const header = Buffer.from([0x81, 0xfe, 0x40, 0x00, 1, 2, 3, 4]);
  return Buffer.concat([header, Buffer.alloc(15_360, 0x41)]);
}

/** How a TLS client greets: a record header that promises more than comes. */
const TLS_HELLO = Buffer.concat([Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01]), randomBytes(200)]);

/** Comes in with a ticket, and does something once it has been greeted. */
const inside = (then: (socket: Socket, done: () => void) => void): Manner => ({
  connected: (socket) => void socket.write(upgradeRequest(tickets.pop() ?? "")),
  heard: (socket, text, done) => {
    if (text.includes("session_created")) then(socket, done);
  },
});
const writes = (bytesOf: (i: number) => Buffer | string): Manner => ({
  connected: (socket, done, i) => void socket.write(bytesOf(i), done),
  heard: () => {},
});

const HALF = halfFrame();
const MANNERS: Readonly<Record<CrowdName, Manner>> = {
  greeted: inside((_socket, done) => done()),
  "half-frames": inside((socket, done) => void socket.write(HALF, done)),
  garbage: writes((i) => (i % 2 === 0 ? TLS_HELLO : randomBytes(300))),
  "half-requests": writes(() => "GET /v1/socket HTTP/1.1\r\nHost: shard\r\nUpgra"),
};

/** Tickets live 30 s, so they are signed for a slice at a time. */
const SLICE = 3_000;

const crowd = new RawCrowd(port, MANNERS[name]);
async function open(): Promise<void> {
  for (let left = count; left > 0; left -= SLICE) {
    tickets = await newTickets(Math.min(left, SLICE), key);
    await crowd.open(Math.min(left, SLICE));
  }
}
const says = (): CrowdSays => ({
  closed: crowd.closed,
  firstMs: crowd.closedMs.first,
  lastMs: crowd.closedMs.last,
});
answerAsks(
  {},
  {
    open,
    says,
    vanish: () => crowd.vanish(),
  },
);
