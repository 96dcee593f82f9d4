import { offeredProtocols } from "../protocol/version.ts";
import { askEdge } from "./connect-call.ts";
import type { ClientHands } from "./run-client.ts";
import type { ClientWorld } from "./view.ts";

/** Where the edge relays a socket for networks that block the pools. */
const RELAY_PATH = "/ws";

/** What is read of a close event; Node's types have no name for it. */
type Closing = { readonly code: number; readonly reason: string };

/** Hands made of the Web's own `fetch` and `WebSocket`. */
export function webHands(world: ClientWorld): ClientHands {
  const relay = `${world.edge.replace(/^http/, "ws")}${RELAY_PATH}`;
  const { nowMs, chance, setTimer, clearTimer, tab, device } = world;
  return {
    nowMs,
    chance,
    setTimer,
    clearTimer,
    tab,
    device,
    ask: (body) => askEdge(world.fetch, world.edge, body),
    open(url, ticket, heard) {
      const socket = new world.WebSocket(url ?? relay, offeredProtocols(ticket));
      let isOpen = false;
      socket.addEventListener("open", () => {
        isOpen = true;
        heard.opened();
      });
      socket.addEventListener("message", (event: MessageEvent) => heard.frame(event.data));
      socket.addEventListener("close", (event: Closing) => heard.closed(event.code, event.reason));
      socket.addEventListener("error", () => {
        // Of an open socket, `close` follows and says more. Of one that was never open, Node 22's may not follow.
        if (!isOpen) heard.closed(1006, "");
      });
      return {
        send(wire) {
          if (socket.readyState === 1) socket.send(wire);
        },
        close: () => socket.close(1000),
      };
    },
  };
}
