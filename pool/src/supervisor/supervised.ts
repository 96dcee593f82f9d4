import type { MetricsOfOne } from "../runtime/merged-metrics.ts";
import { type FromShard, type Order, type ShardLoad, toShardOf } from "./channel.ts";

/** The way to the supervisor, and the end of this process. `process` of a forked process fits. */
export type Line = {
  readonly connected?: boolean;
  send?(word: FromShard): unknown;
  on(event: "message", heard: (word: unknown) => void): unknown;
  on(event: "disconnect", gone: () => void): unknown;
  on(event: "SIGINT" | "SIGTERM", heard: () => void): unknown;
  exit(code: number): void;
};

/** What a shard does when its supervisor asks. */
export type SupervisedHands = {
  load(): ShardLoad;
  metrics(): Promise<MetricsOfOne>;
  obey(order: Order): void;
};

/**
 * Ends this process at once when its supervisor is gone: the supervisor's death is the pool's death (DESIGN §7). A
 * signal to the whole group is for the supervisor to act on, so this process takes none.
 */
export function dieWithSupervisor(line: Line): void {
  line.on("disconnect", () => line.exit(1));
  if (line.connected === false) line.exit(1); // it went while this process was being loaded
  for (const signal of ["SIGINT", "SIGTERM"] as const) line.on(signal, () => {});
}

/** Answers the supervisor from now on, and tells it that this incarnation serves. */
export function serveSupervisor(line: Line, incarnation: string, hands: SupervisedHands): void {
  line.on("message", (raw) => {
    const word = toShardOf(raw);
    if (word === undefined) return; // a word of another version: the orders of this one are all known
    if ("order" in word) return hands.obey(word.order);
    const { no } = word;
    if (word.ask === "load") return void line.send?.({ say: "load", no, load: hands.load() });
    hands.metrics().then(
      (metrics) => line.send?.({ say: "metrics", no, metrics }),
      () => {}, // the supervisor stops waiting for them
    );
  });
  line.send?.({ say: "up", incarnation, load: hands.load() });
}
