import {
  App,
  DISABLED,
  LIBUS_LISTEN_EXCLUSIVE_PORT,
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
  check(protocols: string): Result<GoodTicket, TicketFault>;
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

const STATUS: Readonly<Record<TicketFault, string>> = {
  no_ticket: "400 Bad Request",
  shape: "400 Bad Request",
  unknown_key: "401 Unauthorized",
  other_pool: "403 Forbidden",
  too_many: "503 Service Unavailable",
  forged: "401 Unauthorized",
};

export type Listening = { readonly port: number; stopListening(): void; closeAll(): void };

/**
 * Listens for sockets on `host:port` (0 picks a free port). Rejects when the port is taken. The one file that knows
 * the socket library.
 */
export function listen(host: string, port: number, door: Door): Promise<Listening> {
  const app = App();
  app.ws<UserData>(SOCKET_PATH, {
    maxPayloadLength: FRAME_BYTES_CUT,
    maxBackpressure: OUTBOX_BYTES_MAX,
    // Pings after 30 s of silence, gives up after 46 (the library keeps 16 s of these for the answer).
    idleTimeout: SOCKET_SILENT_S,
    sendPingsAutomatically: true,
    compression: DISABLED,
    upgrade: (res, req, context) => {
      const checked = door.check(req.getHeader("sec-websocket-protocol"));
      if (!checked.ok) {
        res.cork(() => {
          res.writeStatus(STATUS[checked.code]);
          if (checked.code === "too_many") res.writeHeader("Retry-After", "1");
          res.end(checked.code);
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
      if (slot >= 0) door.closed(slot);
    },
  });
  app.any("/*", (res) => {
    res.cork(() => res.writeStatus("404 Not Found").end("this is a pool: sockets only"));
  });
  return new Promise((resolve, reject) => {
    app.listen(host, port, LIBUS_LISTEN_EXCLUSIVE_PORT, (socket) => {
      if (socket === false) return reject(new Error(`port ${port} on ${host} is taken`));
      let isOpen = true;
      const stopListening = (): void => {
        if (isOpen) us_listen_socket_close(socket);
        isOpen = false;
      };
      resolve({ port: us_socket_local_port(socket), stopListening, closeAll: () => app.close() });
    });
  });
}
