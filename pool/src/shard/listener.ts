import {
  App,
  DISABLED,
  LIBUS_LISTEN_EXCLUSIVE_PORT,
  SSLApp,
  type TemplatedApp,
  type us_listen_socket,
  us_listen_socket_close,
  us_socket_local_port,
} from "uWebSockets.js";
import type { Result } from "@whisper/shared/base/result";
import { FRAME_BYTES_CUT, OUTBOX_BYTES_MAX, SOCKET_SILENT_S } from "@whisper/shared/limits";
import { PROTOCOL, SOCKET_PATH } from "@whisper/shared/protocol/version";
import type { TlsFiles } from "../runtime/tls-files.ts";
import { CLOSED } from "./entrance.ts";
import { type Ear, Entry, type EntryOptions, type House } from "./entry.ts";
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

export type ListenOptions = EntryOptions & {
  readonly host: string;
  /** With these files newcomers come in by TLS alone. They are read anew for each renewal. */
  readonly tls?: TlsFiles;
};

/**
 * What TLS 1.2 is spoken with (1.3 has its own list, and older versions are refused): forward secrecy and
 * authenticated ciphers, the intermediate list of Mozilla's guidelines 5.7.
 */
const CIPHERS = [
  ...["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384"],
  ...["ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-RSA-CHACHA20-POLY1305"],
].join(":");

/** Listens for sockets. Throws when the port is taken. The one file that knows the socket library. */
export function listen(options: ListenOptions, door: Door): Entry {
  const { host, tls } = options;
  const entry = new Entry(options, tls !== undefined, (to) => houseOf(options, door, to));
  if (!entry.open()) throw new Error(`port ${options.port === 0 ? "0 (any)" : options.port} on ${host} is taken`);
  return entry;
}

/** An app of the library's. It has no way to be given back: its 33 KB stay until the process ends (decision 0010). */
function houseOf({ host, tls }: ListenOptions, door: Door, entry: Entry): House {
  const app = tls === undefined ? App() : secureApp(tls);
  const house: House = {
    connections: 0,
    listen: (port, isShared) => earOf(app, host, port, isShared),
    cut: () => void app.close(),
  };
  app.filter((_response, change) => entry.count(house, change > 0 ? 1 : -1));
  serve(app, door, () => entry.count(house, -1));
  return house;
}

/** Throws when the library can make nothing of the files. */
function secureApp({ cert, key }: TlsFiles): TemplatedApp {
  return SSLApp({ cert_file_name: cert, key_file_name: key, ssl_ciphers: CIPHERS, ssl_prefer_low_memory_usage: true });
}

/** The library's default: a port that is named (not 0) is shared with all who say so too (SO_REUSEPORT). */
const LISTEN_TOGETHER = 0;

function earOf(app: TemplatedApp, host: string, port: number, isShared: boolean): Ear | undefined {
  let found: us_listen_socket | false = false;
  const how = isShared ? LISTEN_TOGETHER : LIBUS_LISTEN_EXCLUSIVE_PORT;
  app.listen(host, port, how, (socket) => {
    found = socket; // before `listen` returns
  });
  return earAt(found);
}

function earAt(socket: us_listen_socket | false): Ear | undefined {
  if (socket === false) return undefined;
  return { port: us_socket_local_port(socket), close: () => us_listen_socket_close(socket) };
}

/** What an app does with those who come in; `left` is called when one who was let in has gone. */
function serve(app: TemplatedApp, door: Door, left: () => void): void {
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
      left(); // the library's filter tells of connections that close before they are sockets
      if (slot >= 0) door.closed(slot);
    },
  });
  app.any("/*", (res) => {
    res.cork(() => res.writeStatus("404 Not Found").end("this is a pool: sockets only"));
  });
}
