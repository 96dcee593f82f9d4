import { WebSocket } from "ws";
import type { Way } from "./ask-edge.ts";

export type Frame = { readonly type: string; readonly [field: string]: unknown };
type Closed = { readonly code: number; readonly reason: string };

/** How long a test waits for what should happen at once. */
const DEADLINE_MS = 10_000;

/** A person's socket, written from the protocol's page alone: the `ws` package and JSON, none of our code. */
export class Stranger {
  readonly socket: WebSocket;
  readonly heard: Frame[] = [];
  closed: Closed | undefined;
  refusedStatus: number | undefined;
  /** How far `next` has read. */
  #read = 0;
  readonly #waiting = new Set<() => void>();

  /** `source` is the address to come from, the system's choice if not given; `ca` is whom to trust, for wss. */
  constructor(
    url: string,
    protocols: string | string[],
    headers: Record<string, string> = {},
    source?: string,
    ca?: string,
  ) {
    const from = source === undefined ? {} : { localAddress: source };
    const trusts = ca === undefined ? {} : { ca };
    this.socket = new WebSocket(url, protocols, { headers, perMessageDeflate: false, ...from, ...trusts });
    this.socket.on("message", (data) => {
      this.heard.push(JSON.parse(String(data)) as Frame);
      this.#tell();
    });
    this.socket.on("open", () => this.#tell());
    this.socket.on("close", (code, reason) => {
      this.closed = { code, reason: String(reason) };
      this.#tell();
    });
    this.socket.on("unexpected-response", (request, response) => {
      this.refusedStatus = response.statusCode;
      request.destroy();
      this.#tell();
    });
    this.socket.on("error", () => undefined); // a refused or cut socket is seen by `closed` and `refusedStatus`
  }

  /** With a ticket, as `POST /v1/connect` gave it. */
  static withTicket(url: string, ticket: string, source?: string, ca?: string): Stranger {
    return new Stranger(url, ["whisper.v1", `ticket.${ticket}`], {}, source, ca);
  }

  /** At the first endpoint that the edge named; resolves once open, rejects with the status of a refusal. */
  static async enter({ endpoints, ticket }: Way): Promise<Stranger> {
    const one = Stranger.withTicket(endpoints[0]?.url ?? "", ticket);
    const { socket } = one;
    const isDecided = (): boolean => socket.readyState !== WebSocket.CONNECTING || one.refusedStatus !== undefined;
    await one.#when("the socket's opening", DEADLINE_MS, () => isDecided() || undefined);
    if (socket.readyState === WebSocket.OPEN) return one;
    throw new Error(`not let in: ${one.refusedStatus ?? "no answer"}`);
  }

  #tell(): void {
    for (const look of [...this.#waiting]) look();
  }

  say(frame: object): void {
    this.socket.send(JSON.stringify(frame));
  }

  /** The next frame of a type that was not yet taken; others before it are passed over. */
  next(type: string, withinMs = DEADLINE_MS): Promise<Frame> {
    return this.#when(`a ${type}`, withinMs, () => {
      const at = this.heard.findIndex((frame, i) => i >= this.#read && frame.type === type);
      if (at < 0) return undefined;
      this.#read = at + 1;
      return this.heard[at];
    });
  }

  /** Waits for the close and tells how it was closed. */
  end(withinMs = DEADLINE_MS): Promise<Closed> {
    return this.#when("the close", withinMs, () => this.closed);
  }

  #when<T>(what: string, withinMs: number, take: () => T | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      const end = (): void => {
        clearTimeout(late);
        this.#waiting.delete(look);
      };
      const look = (): void => {
        const found = take();
        if (found === undefined) return;
        end();
        resolve(found);
      };
      const late = setTimeout(() => {
        end();
        const came = JSON.stringify(this.heard.slice(this.#read).map(({ type, code }) => code ?? type));
        reject(new Error(`${what} did not come within ${withinMs} ms, but ${came}, ${JSON.stringify(this.closed)}`));
      }, withinMs);
      this.#waiting.add(look);
      look();
    });
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
