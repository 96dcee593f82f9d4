import { WebSocket } from "ws";

type Frame = Readonly<Record<string, unknown>> & { readonly type: string };

/**
 * A client of the first Whisper, written from its protocol alone: the `ws` package at `/ws`, no ticket, no
 * subprotocol, no ids.
 */
export class LegacyStranger {
  readonly #socket: WebSocket;
  readonly #heard: Frame[] = [];
  #look: (() => void) | undefined;
  cookie: string | undefined;
  /** The subprotocol that the server chose. */
  chosen: string | undefined;
  /** Every frame that came, in order. */
  readonly all: Frame[] = [];

  constructor(edgeUrl: string, headers: Record<string, string> = {}) {
    this.#socket = new WebSocket(`${edgeUrl.replace(/^http/, "ws")}/ws`, { headers });
    this.#socket.on("upgrade", (answer) => {
      this.cookie = answer.headers["set-cookie"]?.[0];
      this.chosen = answer.headers["sec-websocket-protocol"];
    });
    this.#socket.on("message", (data) => {
      const frame = JSON.parse(String(data)) as Frame;
      this.#heard.push(frame);
      this.all.push(frame);
      this.#look?.();
    });
    this.#socket.on("error", () => this.#look?.()); // nothing comes then, and what waits says so
  }

  say(frame: object): void {
    this.raw(JSON.stringify(frame));
  }
  raw(wire: string | Uint8Array): void {
    this.#socket.send(wire);
  }

  /** The next frame of this type that has not been taken; rejects after `withinMs`, telling what came instead. */
  next(type: string, withinMs = 10_000): Promise<Frame> {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => {
        const came = JSON.stringify(this.all.map((frame) => frame.code ?? frame.type));
        reject(new Error(`no ${type} within ${withinMs} ms, but ${came}`));
      }, withinMs);
      this.#look = () => {
        const at = this.#heard.findIndex((frame) => frame.type === type);
        const [found] = at < 0 ? [] : this.#heard.splice(at, 1);
        if (found === undefined) return;
        clearTimeout(late);
        this.#look = undefined;
        resolve(found);
      };
      this.#look();
    });
  }

  leave(): void {
    this.#socket.close();
  }
}
