import {
  App,
  DISABLED,
  LIBUS_LISTEN_EXCLUSIVE_PORT,
  type TemplatedApp,
  type us_listen_socket,
  us_listen_socket_close,
  us_socket_local_port,
} from "uWebSockets.js";
import type { Result } from "@whisper/shared/base/result";
import { FRAME_BYTES_CUT, OUTBOX_BYTES_MAX, SOCKET_SILENT_S } from "@whisper/shared/limits";
import { PROTOCOL, SOCKET_PATH } from "@whisper/shared/protocol/version";
import { CLOSED } from "./entrance.ts";
import type { Socket } from "./hub.ts";
import type { GoodTicket, TicketFault } from "./ticket-check.ts";

/** What the shard does with sockets; nothing here waits. */
export type Door = {
  /** `address` is where the socket comes from, 4 or 16 bytes. */
  check(protocols: string, address: Uint8Array): Result<GoodTicket, TicketFault>;
  opened(socket: Socket, ticket: GoodTicket): void;
  /** One data frame. `bytes` are valid only until this returns. */
  frame(slot: number, bytes: ArrayBuffer, isBinary: boolean): void;
  closed(slot: number): void;
};

/**
 * What a socket carries: its slot. A bare number crashes the library. The ticket is here only until the socket is
 * open.
 */
type UserData = { slot: number; ticket: GoodTicket | undefined };

const STATUS: Readonly<Record<Exclude<TicketFault, "forger">, string>> = {
  no_ticket: "400 Bad Request",
  shape: "400 Bad Request",
  unknown_key: "401 Unauthorized",
  other_pool: "403 Forbidden",
  too_many: "503 Service Unavailable",
  forged: "401 Unauthorized",
};

export type ListenOptions = {
  readonly host: string;
  /** 0: any. */
  readonly port: number;
  /** Whether siblings listen on the same port (SO_REUSEPORT); the kernel spreads newcomers over all who do. */
  readonly sharesPort: boolean;
  /**
   * Connections of any kind that this process has room for. Who shares the port stops listening there, so that the
   * kernel sends newcomers to its siblings, and listens again when there is room; who is alone goes on, to tell each
   * newcomer that it is full.
   */
  readonly socketsMax: number;
};

export type Listening = {
  readonly port: number;
  /** Whether newcomers can reach this process now. */
  isListening(): boolean;
  /** Lets nobody in until `resumeListening`. */
  pauseListening(): void;
  /** Takes back `pauseListening`; a full process waits until there is room. */
  resumeListening(): void;
  /** Lets nobody in any more, and cuts everybody. */
  closeAll(): void;
};

/** Listens for sockets. Rejects when the port is taken. The one file that knows the socket library. */
export async function listen(options: ListenOptions, door: Door): Promise<Listening> {
  const app = App();
  const entry = new Entry(app, options);
  app.filter((_response, change) => entry.connections(change));
  app.ws<UserData>(SOCKET_PATH, {
    maxPayloadLength: FRAME_BYTES_CUT,
    // Above what the shard lets wait, or the library would drop the close frame that says so.
    maxBackpressure: OUTBOX_BYTES_MAX + FRAME_BYTES_CUT,
    // Pings after 30 s of silence, gives up after 46 (the library keeps 16 s of these for the answer).
    idleTimeout: SOCKET_SILENT_S,
    sendPingsAutomatically: true,
    compression: DISABLED,
    upgrade: (res, req, context) => {
      const checked = door.check(req.getHeader("sec-websocket-protocol"), new Uint8Array(res.getRemoteAddress()));
      if (!checked.ok) {
        const { code } = checked;
        if (code === "forger") {
          res.close(); // at once, so that what else came in the same packet is not read either
          return;
        }
        res.cork(() => {
          res.writeStatus(STATUS[code]);
          if (code === "too_many") res.writeHeader("Retry-After", "1");
          res.end(code, true); // whoever tries again pays for a connection again
        });
        return;
      }
      const key = req.getHeader("sec-websocket-key");
      const extensions = req.getHeader("sec-websocket-extensions");
      res.upgrade<UserData>({ slot: -1, ticket: checked.value }, key, PROTOCOL, extensions, context);
    },
    open: (ws) => {
      const data = ws.getUserData();
      const { ticket } = data;
      data.ticket = undefined; // not `delete`, which would make a dictionary of it
      if (ticket !== undefined) door.opened(ws, ticket);
    },
    message: (ws, bytes, isBinary) => door.frame(ws.getUserData().slot, bytes, isBinary),
    close: (ws) => {
      const data = ws.getUserData();
      const { slot } = data;
      data.slot = CLOSED;
      entry.connections(-1); // the library's filter tells of connections that close before they are sockets
      if (slot >= 0) door.closed(slot);
    },
  });
  app.any("/*", (res) => {
    res.cork(() => res.writeStatus("404 Not Found").end("this is a pool: sockets only"));
  });
  await entry.open();
  return entry;
}

/** Where newcomers come in: open, paused by order, or shut because there is no room. */
class Entry implements Listening {
  readonly #app: TemplatedApp;
  readonly #options: ListenOptions;
  /** Room that must be there before a full process listens again: the kernel's queue is not worth opening for one. */
  readonly #roomAgain: number;
  port = 0;
  #socket: us_listen_socket | undefined;
  #connections = 0;
  #isPaused = false;
  #again: NodeJS.Timeout | undefined;

  constructor(app: TemplatedApp, options: ListenOptions) {
    this.#app = app;
    this.#options = options;
    this.#roomAgain = Math.ceil(options.socketsMax / 100);
  }

  /** Rejects when the port is taken. */
  async open(): Promise<void> {
    const { host, port } = this.#options;
    this.port = port === 0 ? await this.#anyPort() : port;
    this.#socket = await this.#listen(this.port);
    if (this.#socket === undefined) throw new Error(`port ${this.port} on ${host} is taken`);
  }

  isListening(): boolean {
    return this.#socket !== undefined;
  }

  pauseListening(): void {
    this.#isPaused = true;
    this.#shut();
  }

  resumeListening(): void {
    this.#isPaused = false;
    this.#openAgain();
  }

  closeAll(): void {
    this.pauseListening();
    clearTimeout(this.#again);
    this.#app.close();
  }

  /** A connection has come (1) or gone (-1). */
  connections(change: number): void {
    this.#connections += change;
    // At its descriptor limit the library spins at 100 % CPU, so the door is shut before, in the middle of a burst too.
    if (this.#isFull(1)) this.#shut();
    else if (this.#socket === undefined) this.#openAgain();
  }

  /** Whether there is no room for so many more. */
  #isFull(more: number): boolean {
    const { sharesPort, socketsMax } = this.#options;
    return sharesPort && this.#connections + more > socketsMax;
  }

  #shut(): void {
    if (this.#socket !== undefined) us_listen_socket_close(this.#socket);
    this.#socket = undefined;
  }

  /** Later than now: whoever calls may be in the middle of a callback of the library's. */
  #openAgain(delayMs = 0): void {
    this.#again ??= setTimeout(() => {
      this.#again = undefined;
      if (this.#isPaused || this.#socket !== undefined || this.#isFull(this.#roomAgain)) return;
      void this.#listen(this.port).then((socket) => {
        if (this.#isPaused && socket !== undefined) us_listen_socket_close(socket);
        else if (socket !== undefined) this.#socket = socket;
        else this.#openAgain(LISTEN_AGAIN_MS); // somebody's own connection has the port for the moment
      });
    }, delayMs);
  }

  /** A free port, found by listening on it: a socket that listens on port 0 itself could not be opened again. */
  async #anyPort(): Promise<number> {
    const socket = await this.#listen(0);
    if (socket === undefined) throw new Error(`no port on ${this.#options.host} can be had`);
    const port = us_socket_local_port(socket);
    us_listen_socket_close(socket);
    return port;
  }

  #listen(port: number): Promise<us_listen_socket | undefined> {
    const { host, sharesPort } = this.#options;
    return new Promise((resolve) => {
      const how = sharesPort ? LISTEN_TOGETHER : LIBUS_LISTEN_EXCLUSIVE_PORT;
      this.#app.listen(host, port, how, (socket) => resolve(socket === false ? undefined : socket));
    });
  }
}

/** The library's default: a port that is named (not 0) is shared with all who say so too (SO_REUSEPORT). */
const LISTEN_TOGETHER = 0;
/** A port that could not be had again is tried again after this. */
const LISTEN_AGAIN_MS = 1_000;
