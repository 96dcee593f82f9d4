import type { SigningJwk } from "@whisper/shared/credentials/signing-keys";
import { Stranger } from "./stranger.ts";
import { newTickets } from "./tickets.ts";
import { until } from "./until.ts";

/** How long texts took, in milliseconds. */
export type Delays = { readonly count: number; readonly p50: number; readonly p99: number; readonly worst: number };

const EVERY_MS = 20;
/** Receipts are frames, of which a client may send 50 a second. */
const RECEIPT_EVERY = 8;
const WORDS = "the quick brown fox jumps over a lazy dog by the river";

/** Where somebody comes in. */
export type Door = { readonly port: number; readonly pool: string };

/** Asks to come in with a ticket of its own and waits for the greeting or a refusal. */
export async function comeIn(port: number, key: SigningJwk, source = "127.0.0.1", pool = "p1"): Promise<Stranger> {
  const [ticket = ""] = await newTickets(1, key, pool);
  const one = Stranger.withTicket(`ws://127.0.0.1:${port}/v1/socket`, ticket, source);
  await until("an answer", () => one.heard.length > 0 || one.closed !== undefined || one.refusedStatus !== undefined);
  return one;
}

/** Whether somebody was let in and is still there. */
export const isInside = (one: Stranger): boolean =>
  one.closed === undefined && one.heard.some(({ type }) => type === "session_created");

/** Two people who talk without a pause, one text each 20 ms, and measure how long each takes. */
export class SteadyChat {
  readonly a: Stranger;
  readonly b: Stranger;
  readonly chat: string;
  readonly #sentMs: number[] = [];
  #delaysMs: number[] = [];
  #heard = 0;
  #delivered = 0;
  /** The first text that did not come in its turn, or the first frame that has no place in a steady chat. */
  fault: string | undefined;
  readonly #timer: NodeJS.Timeout;

  private constructor(a: Stranger, b: Stranger, chat: string) {
    this.a = a;
    this.b = b;
    this.chat = chat;
    b.socket.on("message", (data) => this.#atB(JSON.parse(String(data))));
    a.socket.on("message", (data) => this.#atA(JSON.parse(String(data))));
    this.#timer = setInterval(() => this.#say(), EVERY_MS);
  }

  /** Two who meet over an interest of their own; the one who listens may come in by another door. */
  static async start(port: number, key: SigningJwk, far?: Door): Promise<SteadyChat> {
    const { a, b, chat } = await pairUp(port, key, far);
    return new SteadyChat(a, b, chat);
  }

  #say(): void {
    const id = this.#sentMs.push(performance.now());
    this.a.say({ type: "message", chat_id: this.chat, id, text: `${id} ${WORDS}` });
  }

  #atB(frame: { readonly type: string; readonly id?: number }): void {
    if (frame.type !== "message") return;
    const due = ++this.#heard;
    if (frame.id !== due) this.fault ??= `text ${frame.id} came instead of ${due}`;
    this.#delaysMs.push(performance.now() - (this.#sentMs[due - 1] ?? 0));
    if (due % RECEIPT_EVERY === 0) this.b.say({ type: "received", chat_id: this.chat, id: due });
  }

  #atA(frame: { readonly type: string; readonly id?: number }): void {
    if (frame.type === "delivered") this.#delivered = frame.id ?? 0;
    else this.fault ??= `the sender heard ${JSON.stringify(frame)}`;
  }

  /** How many texts were said so far. */
  get said(): number {
    return this.#sentMs.length;
  }

  /** The delays since this was last asked for. */
  delays(): Delays {
    const sorted = this.#delaysMs.sort((x, y) => x - y);
    this.#delaysMs = [];
    const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
    return { count: sorted.length, p50: at(0.5), p99: at(0.99), worst: sorted.at(-1) ?? 0 };
  }

  /** Waits until all said so far has come and, but for the last few, is confirmed; throws what went wrong. */
  async caughtUp(deadlineMs = 10_000): Promise<void> {
    const said = this.#sentMs.length;
    await until(
      `text ${said} and its receipt`,
      () => this.fault !== undefined || (this.#heard >= said && this.#delivered > said - RECEIPT_EVERY),
      deadlineMs,
    );
    if (this.fault !== undefined) throw new Error(this.fault);
  }

  /** Says no more, waits for what is on its way, and leaves. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.caughtUp();
    this.a.vanish();
    this.b.vanish();
  }
}

let pairs = 0;

/** Two who are in a chat with each other. */
export async function pairUp(
  port: number,
  key: SigningJwk,
  far: Door = { port, pool: "p1" },
): Promise<{ a: Stranger; b: Stranger; chat: string }> {
  const [a, b] = [await comeIn(port, key), await comeIn(far.port, key, "127.0.0.1", far.pool)];
  const interests = [`pair ${++pairs}`];
  for (const one of [a, b]) one.say({ type: "find_match", interests });
  let chat = "";
  for (const one of [a, b]) {
    await until("the match", () => one.all("match_found").length > 0);
    chat = String(one.all("match_found")[0]?.chat_id);
    one.say({ type: "accept_match", chat_id: chat });
  }
  for (const one of [a, b]) await until("the chat", () => one.all("match_accepted").length > 0);
  return { a, b, chat };
}
