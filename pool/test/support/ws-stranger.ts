import { WebSocket } from "ws";

type Frame = Readonly<Record<string, unknown>> & { readonly type: string };

/** What the edge said to somebody who asked to come in. */
export type Pass = {
  readonly session: string;
  readonly session_id: string;
  readonly device: string;
  readonly ticket: string;
  readonly endpoints: readonly { readonly url: string; readonly region: string; readonly pool: string }[];
};

/** Asks the edge to be let in, as any client would. */
export async function connect(edgeUrl: string, body: object = {}, query = ""): Promise<Pass> {
  const answer = await fetch(`${edgeUrl}/v1/connect${query}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`connect was answered ${answer.status}: ${await answer.text()}`);
  return (await answer.json()) as Pass;
}

/** A client written from the protocol's page alone: the `ws` package, and none of our code. */
export class Stranger {
  readonly #socket: WebSocket;
  readonly #heard: Frame[] = [];
  readonly #waiting = new Set<() => void>();
  closed: { readonly code: number; readonly reason: string } | undefined;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("message", (data) => {
      this.#heard.push(JSON.parse(String(data)) as Frame);
      this.#tell();
    });
    socket.on("close", (code, reason) => {
      this.closed = { code, reason: reason.toString() };
      this.#tell();
    });
    socket.on("error", () => this.#tell()); // a close follows
  }

  /** Opens a socket at the first endpoint; resolves when it is open. */
  static async enter({ endpoints, ticket }: Pick<Pass, "endpoints" | "ticket">): Promise<Stranger> {
    const socket = new WebSocket(endpoints[0]?.url ?? "", ["whisper.v1", `ticket.${ticket}`]);
    const stranger = new Stranger(socket);
    await new Promise((resolve, reject) => {
      socket.once("open", resolve);
      socket.once("error", reject);
    });
    return stranger;
  }

  #tell(): void {
    for (const look of [...this.#waiting]) look();
  }

  say(type: string, fields: object = {}): void {
    this.#socket.send(JSON.stringify({ type, ...fields }));
  }

  /** The next frame of this type that has not been taken; rejects after `withinMs`, telling what came instead. */
  hear(type: string, withinMs = 10_000): Promise<Frame> {
    return this.#when(`a ${type}`, withinMs, () => {
      const at = this.#heard.findIndex((frame) => frame.type === type);
      return at < 0 ? undefined : this.#heard.splice(at, 1)[0];
    });
  }

  /** Resolves with how the socket was closed. */
  end(withinMs = 10_000): Promise<{ readonly code: number; readonly reason: string }> {
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
        const instead = JSON.stringify(this.#heard.map(({ type, code }) => code ?? type));
        reject(
          new Error(
            `${what} did not come within ${withinMs} ms, but ${instead}, closed ${JSON.stringify(this.closed)}`,
          ),
        );
      }, withinMs);
      this.#waiting.add(look);
      look();
    });
  }

  leave(): void {
    this.#socket.close();
  }

  /** The network goes: no close frame, no goodbye. */
  vanish(): void {
    this.#socket.terminate();
  }
}
