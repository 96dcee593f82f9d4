import { type ChildProcess, fork } from "node:child_process";
import type { Clock } from "@whisper/shared/base/clock";
import type { ShardLine, ShardState } from "@whisper/shared/bus/heartbeat";
import type { Log } from "../ports.ts";
import type { MetricsOfOne } from "../runtime/merged-metrics.ts";
import { restartAfterMs } from "./back-off.ts";
import { type FromShard, fromShardOf, type Order, type ShardLoad, type ToShard } from "./channel.ts";

/** How a shard's process is started. */
export type ShardProgram = {
  /** The file that Node runs, and the settings it is told. */
  readonly file: string;
  readonly env: Readonly<Record<string, string>>;
  /** A shard that has not come up by then is killed, and so is one that has not stopped. */
  readonly upMs: number;
  readonly stopMs: number;
  /** One that lived this long was well, so that its death is no reason to wait longer. */
  readonly wellMs?: number;
};

export type KeptShardWorld = {
  readonly clock: Clock;
  readonly log: Log;
  /** An incarnation serves. */
  onUp(): void;
  /** An incarnation that served is dead. */
  onExit(incarnation: string): void;
};

const METRICS_MS = 1_000;
const NO_LOAD: ShardLoad = { sockets: 0, live: 0, max: 0, bus: false, keys: false, handover: false, unwell: false };

/** One shard of a pool: the process that it is now, and the next one when that has died. */
export class KeptShard {
  readonly number: number;
  readonly #program: ShardProgram;
  readonly #world: KeptShardWorld;
  #child: ChildProcess | undefined;
  #incarnation: string | undefined;
  #isUp = false;
  #load: ShardLoad = NO_LOAD;
  /** The number of the last question, and of the last answer to one about load. */
  #asked = 0;
  #loadAsked = 0;
  #loadAnswered = 0;
  /** The question about load that was open when the last heartbeat left. */
  #beatAsked = 0;
  readonly #metricsWanted = new Map<number, (metrics: MetricsOfOne | undefined) => void>();
  #forkedMs = 0;
  #pauseMs = 0;
  #again: NodeJS.Timeout | undefined;
  #isStopping = false;
  #isRenewing = false;
  restarts = 0;

  constructor(number: number, program: ShardProgram, world: KeptShardWorld) {
    this.number = number;
    this.#program = program;
    this.#world = world;
  }

  /** Resolves when the first incarnation serves; rejects when it ends before: a start that fails once is told. */
  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#fork(resolve, () => reject(new Error(`shard ${this.number} did not start`)));
    });
  }

  /** Whether an incarnation serves now. */
  get isUp(): boolean {
    return this.#isUp;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** What it said of itself last; nothing while none serves. */
  get load(): ShardLoad {
    return this.#load;
  }

  /** Its line of a heartbeat; none before the first incarnation served. `state` is how the pool stands. */
  line(state: ShardState): ShardLine | undefined {
    if (this.#incarnation === undefined) return undefined;
    const { sockets, live, max } = this.#load;
    return {
      shard: this.number,
      incarnation: this.#incarnation,
      sockets,
      live,
      max,
      state: this.#isUp ? state : "stopped",
      answered: this.#isUp && this.#loadAnswered >= this.#beatAsked,
    };
  }

  /** Asks for its load, unless it has not answered the last time: one question waits for a shard that is stopped. */
  askLoad(): void {
    if (!this.#isUp || this.#loadAnswered !== this.#loadAsked) return;
    this.#loadAsked = ++this.#asked;
    this.#tell({ ask: "load", no: this.#loadAsked });
  }

  /** A heartbeat has left: by the next one it should have answered. */
  beat(): void {
    this.askLoad();
    this.#beatAsked = this.#loadAsked;
  }

  /** Its numbers, or `undefined` when it does not answer within a second. */
  askMetrics(): Promise<MetricsOfOne | undefined> {
    if (!this.#isUp) return Promise.resolve(undefined);
    const no = ++this.#asked;
    return new Promise((resolve) => {
      const answer = (metrics: MetricsOfOne | undefined): void => {
        clearTimeout(late);
        this.#metricsWanted.delete(no);
        resolve(metrics);
      };
      const late = setTimeout(() => answer(undefined), METRICS_MS);
      this.#metricsWanted.set(no, answer);
      this.#tell({ ask: "metrics", no });
    });
  }

  /** Passes an order on; nobody hears it while no incarnation serves. */
  order(order: Order): void {
    if (this.#isUp) this.#tell({ order });
  }

  /**
   * Ends this incarnation in order, by force when it takes too long; the next one begins afresh. Tells whether that
   * has just begun.
   */
  renew(): boolean {
    const child = this.#child;
    if (child === undefined || !this.#isUp || this.#isRenewing) return false;
    this.#isRenewing = true;
    this.#tell({ order: "stop" });
    const late = setTimeout(() => child.kill("SIGKILL"), this.#program.stopMs);
    child.once("exit", () => clearTimeout(late));
    return true;
  }

  /** Ends it in order, by force when it takes too long; no incarnation follows. Resolves when it is gone. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    clearTimeout(this.#again);
    const child = this.#child;
    if (child === undefined) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    if (this.#isUp) this.#tell({ order: "stop" });
    else child.kill("SIGKILL");
    const late = setTimeout(() => child.kill("SIGKILL"), this.#program.stopMs);
    await gone;
    clearTimeout(late);
  }

  #fork(up: () => void, failed: () => void): void {
    const { file, env, upMs } = this.#program;
    this.#forkedMs = this.#world.clock.nowMs();
    const child = fork(file, [], { env: { ...env }, stdio: ["ignore", "ignore", "inherit", "ipc"] });
    this.#child = child;
    const late = setTimeout(() => child.kill("SIGKILL"), upMs);
    let hasEnded = false;
    const end = (code: number | null): void => {
      if (hasEnded) return;
      hasEnded = true;
      clearTimeout(late);
      const wasUp = this.#isUp;
      this.#exited(code);
      if (!wasUp) failed();
    };
    child.on("message", (raw) => {
      const word = fromShardOf(raw);
      if (word === undefined) return;
      if (word.say !== "up") return this.#heard(word);
      clearTimeout(late);
      this.#cameUp(word);
      up();
    });
    child.once("exit", end);
    child.on("error", () => {
      if (child.pid === undefined) end(null); // it could not be started at all; a word that it cannot take is no end
    });
  }

  #cameUp({ incarnation, load }: FromShard & { say: "up" }): void {
    this.#incarnation = incarnation;
    this.#isUp = true;
    this.#load = load;
    this.#loadAnswered = this.#loadAsked;
    this.#world.onUp();
  }

  #heard(word: Exclude<FromShard, { say: "up" }>): void {
    if (word.say === "metrics") return this.#metricsWanted.get(word.no)?.(word.metrics);
    this.#load = word.load;
    this.#loadAnswered = word.no;
  }

  #exited(code: number | null): void {
    const { clock, log, onExit } = this.#world;
    const livedMs = clock.nowMs() - this.#forkedMs;
    const wasUp = this.#isUp;
    this.#child = undefined;
    this.#isUp = false;
    this.#isRenewing = false;
    this.#load = NO_LOAD;
    for (const answer of [...this.#metricsWanted.values()]) answer(undefined);
    if (wasUp && this.#incarnation !== undefined) onExit(this.#incarnation);
    if (this.#isStopping) return;
    this.#pauseMs = restartAfterMs(this.#pauseMs, livedMs, this.#program.wellMs);
    log.error("shard_exited", { number: this.number, code: code ?? -1, livedMs, againMs: this.#pauseMs });
    this.#again = setTimeout(() => {
      this.restarts++;
      this.#fork(
        () => {},
        () => {}, // its end has started the next pause already
      );
    }, this.#pauseMs);
  }

  #tell(word: ToShard): void {
    // Fails when it has just died, which its exit tells.
    this.#child?.send(word, () => {});
  }
}
