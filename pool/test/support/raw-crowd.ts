import { connect, type Socket } from "node:net";
import { offeredProtocols, SOCKET_PATH } from "@whisper/shared/protocol/version";

/** The request of an upgrade with a ticket, byte by byte what a browser's would come down to. */
export const upgradeRequest = (ticket: string): string =>
  `GET ${SOCKET_PATH} HTTP/1.1\r\nHost: shard\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n" +
  `Sec-WebSocket-Protocol: ${offeredProtocols(ticket).join(", ")}\r\n\r\n`;

/** Handshakes under way at once: below the 512 that wait in a listener's queue. */
const AT_ONCE = 200;
/** Source addresses, so that no address runs short of ports; the test's own people come from 127.0.0.1. */
const SOURCES = 8;

export type Manner = {
  /** Called when the connection stands; may write. */
  connected(socket: Socket, in_: () => void, i: number): void;
  /** Called with what comes, as Latin-1. */
  heard(socket: Socket, text: string, in_: () => void): void;
};

/** Bare TCP sockets of one process, opened together. */
export class RawCrowd {
  readonly #port: number;
  readonly #manner: Manner;
  readonly #sockets: Socket[] = [];
  /** How many have closed, for whatever reason. */
  closed = 0;
  /** When the first and the last closed, in milliseconds since the crowd was opened. */
  readonly closedMs = { first: 0, last: 0 };

  constructor(port: number, manner: Manner) {
    this.#port = port;
    this.#manner = manner;
  }

  /** Opens `count` sockets, at most 200 on their way in at once; resolves when all are in or closed. */
  open(count: number): Promise<void> {
    return new Promise((resolve) => {
      const fromMs = performance.now();
      let asked = 0;
      let left = count;
      const next = (): void => {
        if (asked < count) this.#open(asked++, fromMs, settled);
      };
      const settled = (): void => {
        if (--left === 0) resolve();
        else next();
      };
      for (let i = 0; i < AT_ONCE; i++) next();
    });
  }

  #open(i: number, fromMs: number, settled: () => void): void {
    let isIn = false;
    const isSettled = (): void => {
      if (!isIn) settled();
      isIn = true;
    };
    const localAddress = `127.0.0.${2 + (i % SOURCES)}`;
    const socket = connect({ host: "127.0.0.1", port: this.#port, localAddress, noDelay: true });
    socket.on("connect", () => this.#manner.connected(socket, isSettled, i));
    socket.on("data", (bytes) => this.#manner.heard(socket, bytes.toString("latin1"), isSettled));
    socket.on("error", () => {
      // The close that follows is counted.
    });
    socket.on("close", () => {
      this.closed++;
      this.closedMs.last = performance.now() - fromMs;
      this.closedMs.first ||= this.closedMs.last;
      isSettled();
    });
    this.#sockets.push(socket);
  }

  /** The network of all of them is gone. */
  vanish(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}
