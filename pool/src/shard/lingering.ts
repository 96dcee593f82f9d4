import { CLOSED, endSocket } from "./entrance.ts";
import type { Socket } from "./hub.ts";

/** How long a client may take to leave the socket that it has moved away from. */
const LINGER_MS = 3_000;

/**
 * Sockets of people who were told to move and are in elsewhere. Their clients leave them once `resumed` has come there;
 * to close them here first would leave such a client for a moment without any. Nothing is read from them meanwhile.
 */
export class Lingering {
  #waiting: { readonly socket: Socket; readonly untilMs: number }[] = [];

  add(socket: Socket, nowMs: number): void {
    this.#waiting.push({ socket, untilMs: nowMs + LINGER_MS });
  }

  /** How many were still there at the last turn. */
  get size(): number {
    return this.#waiting.length;
  }

  /** Each turn of the shard's loop: forgets those that were left, and ends those that nobody leaves. */
  turn(nowMs: number): void {
    if (this.#waiting.length === 0) return;
    const open = this.#waiting.filter(({ socket }) => socket.getUserData().slot !== CLOSED);
    for (const { socket, untilMs } of open) if (untilMs <= nowMs) endSocket(socket, "superseded");
    this.#waiting = open.filter(({ untilMs }) => untilMs > nowMs);
  }
}
