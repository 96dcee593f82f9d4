import { offeredProtocols } from "@whisper/shared/protocol/version";
import { WebSocket } from "ws";

export type Frame = { readonly type: string; readonly [field: string]: unknown };

/** How long a test waits for what should happen at once. */
const DEADLINE_MS = 8_000;

/** Waits for a condition, with a deadline; names what was waited for when it did not come. */
export async function until<T>(what: string, look: () => T | undefined | false, deadlineMs = DEADLINE_MS): Promise<T> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    const seen = look();
    if (seen !== undefined && seen !== false) return seen;
    if (performance.now() > end) throw new Error(`waited ${deadlineMs} ms for ${what}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** A person's socket as any client would hold it: the `ws` package and JSON, none of our client code. */
export class Stranger {
  readonly socket: WebSocket;
  readonly heard: Frame[] = [];
  closed: { readonly code: number; readonly reason: string } | undefined;
  refusedStatus: number | undefined;
  /** How far `next` has read. */
  #read = 0;

  /** `source` is the address to come from; the system's choice if not given. */
  constructor(url: string, protocols: string | string[], headers: Record<string, string> = {}, source?: string) {
    const from = source === undefined ? {} : { localAddress: source };
    this.socket = new WebSocket(url, protocols, { headers, perMessageDeflate: false, ...from });
    this.socket.on("message", (data) => this.heard.push(JSON.parse(String(data)) as Frame));
    this.socket.on("close", (code, reason) => {
      this.closed = { code, reason: String(reason) };
    });
    this.socket.on("unexpected-response", (request, response) => {
      this.refusedStatus = response.statusCode;
      request.destroy();
    });
    this.socket.on("error", () => undefined); // a refused or cut socket is seen by `closed` and `refusedStatus`
  }

  /** With a ticket, as `POST /v1/connect` gave it. */
  static withTicket(url: string, ticket: string, source?: string): Stranger {
    return new Stranger(url, offeredProtocols(ticket), {}, source);
  }

  say(frame: object): void {
    this.socket.send(JSON.stringify(frame));
  }

  /** The next frame of a type that was not yet taken; others before it are passed over. */
  async next(type: string, deadlineMs = DEADLINE_MS): Promise<Frame> {
    const found = await until(
      `${type}; heard ${JSON.stringify(this.heard.slice(this.#read))}, closed ${JSON.stringify(this.closed)}`,
      () => {
        const at = this.heard.findIndex((frame, i) => i >= this.#read && frame.type === type);
        return at < 0 ? undefined : { at };
      },
      deadlineMs,
    );
    this.#read = found.at + 1;
    return this.heard[found.at] as Frame;
  }

  /** Waits for the close and gives its code. */
  async end(): Promise<{ readonly code: number; readonly reason: string }> {
    return until("the close", () => this.closed);
  }

  /** Everything of a type heard so far. */
  all(type: string): Frame[] {
    return this.heard.filter((frame) => frame.type === type);
  }

  leave(): void {
    this.socket.close();
  }

  /** The network is gone: no close frame, no goodbye. */
  vanish(): void {
    this.socket.terminate();
  }
}
