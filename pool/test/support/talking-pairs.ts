import { meet } from "./meet.ts";
import type { Stranger } from "./stranger.ts";
import { until } from "./until.ts";

const EVERY_MS = 100;

/**
 * Both people of each couple say a numbered text every 100 ms and confirm what they hear; each text must come once, in
 * order, on the same socket.
 */
export class TalkingPairs {
  readonly #heard = new Map<Stranger, number>();
  readonly #timer: NodeJS.Timeout;
  #said = 0;
  /** What went wrong first. */
  fault: string | undefined;

  private constructor(couples: readonly { readonly a: Stranger; readonly b: Stranger; readonly chat: string }[]) {
    for (const { a, b, chat } of couples) for (const one of [a, b]) this.#listenTo(one, chat);
    this.#timer = setInterval(() => {
      const id = ++this.#said;
      for (const { a, b, chat } of couples) {
        for (const one of [a, b]) one.say({ type: "message", chat_id: chat, id, text: `number ${id}` });
      }
    }, EVERY_MS);
  }

  /** Couples of these people, two by two, who have just been let in. */
  static async start(people: readonly Stranger[]): Promise<TalkingPairs> {
    const couples = people.flatMap((a, at) => {
      const b = people[at + 1];
      return at % 2 === 0 && b !== undefined ? [{ a, b }] : [];
    });
    return new TalkingPairs(await Promise.all(couples.map(async ({ a, b }) => ({ a, b, chat: await meet(a, b) }))));
  }

  #listenTo(one: Stranger, chat: string): void {
    this.#heard.set(one, 0);
    one.socket.on("close", (code) => {
      this.fault ??= `a socket was closed with ${code}`;
    });
    one.socket.on("message", (data) => {
      const frame = JSON.parse(String(data)) as { readonly type: string; readonly id?: number };
      if (frame.type === "delivered") return;
      const due = (this.#heard.get(one) ?? 0) + 1;
      this.#heard.set(one, due);
      if (frame.type !== "message" || frame.id !== due) this.fault ??= `${frame.type} ${frame.id} came, not ${due}`;
      one.say({ type: "received", chat_id: chat, id: due });
    });
  }

  /** Waits until everybody has heard so many texts more. */
  async exchange(more: number): Promise<void> {
    const upTo = this.#said + more;
    await until(`text ${upTo}`, () => this.fault !== undefined || [...this.#heard.values()].every((at) => at >= upTo));
    if (this.fault !== undefined) throw new Error(this.fault);
  }

  /** Everybody says no more, and is gone. */
  stop(): void {
    clearInterval(this.#timer);
    for (const { socket } of this.#heard.keys()) {
      socket.removeAllListeners("close");
      socket.terminate();
    }
  }
}
