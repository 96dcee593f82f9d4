import { WebSocket } from "ws";
import { answerAsks } from "../engine/answer-asks.ts";

// Idle clients of the package `ws` in one process: what the generator's own sockets are measured beside.

type Open = { readonly url: string; readonly count: number };
/** Handshakes under way at once: below the 512 that wait in a listener's queue. */
const AT_ONCE = 200;
const sockets: WebSocket[] = [];

async function open({ url, count }: Open): Promise<void> {
  for (let from = 0; from < count; from += AT_ONCE) {
    const some = Array.from({ length: Math.min(AT_ONCE, count - from) }, (_, i) => {
      const socket = new WebSocket(`${url}/pair/${(from + i) >> 1}`, { perMessageDeflate: false });
      sockets.push(socket);
      return new Promise<void>((resolve, reject) => {
        socket.once("open", () => resolve());
        socket.once("error", reject);
      });
    });
    await Promise.all(some);
  }
}

answerAsks({ open: (given) => open(given as Open) }, () => {
  for (const socket of sockets) socket.terminate();
});
