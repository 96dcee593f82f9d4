import type { PerSecond, Plan } from "../plan/plan.ts";

/** Where progress goes. */
export type Screen = { readonly isTerminal: boolean; write(text: string): void };

const EVERY_MS = 10_000;
const ERASE = "\r\u001b[2K";

/** One line about a second of a run. */
export function progressLine({ atMs, counts, gauges, latencies }: PerSecond, { rampMs, holdMs }: Plan): string {
  const [now, end] = [Math.round(atMs / 1_000), Math.round((rampMs + holdMs) / 1_000)];
  const phase = atMs <= rampMs ? "ramp" : atMs <= rampMs + holdMs ? "hold" : "leave";
  const faults = counts.lost + counts.doubled + counts.reordered + counts.foreign + counts.laneCrossed;
  const failures = counts.upgradesFailed + counts.dropped + counts.refused + counts.matchTimeouts + counts.errors;
  return [
    `${now}/${end} s ${phase}`,
    `${gauges.sockets} sockets (+${counts.admitted})`,
    `${gauges.chatting} chatting`,
    `${counts.textsDelivered} texts/s`,
    ...(latencies.text.count > 0 ? [`p99 ${latencies.text.p99Ms.toFixed(1)} ms`] : []),
    ...(failures > 0 ? [`${failures} failed`] : []),
    ...(faults > 0 ? [`${faults} TEXTS WRONG`] : []),
  ].join(", ");
}

/** Tells how a run goes: a live line on a terminal, a plain line every 10 s elsewhere. */
export class Progress {
  readonly #screen: Screen;
  readonly #plan: Plan;
  #live = "";
  #toldMs = 0;

  constructor(screen: Screen, plan: Plan) {
    this.#screen = screen;
    this.#plan = plan;
  }

  second(second: PerSecond): void {
    const line = progressLine(second, this.#plan);
    if (this.#screen.isTerminal) {
      this.#live = line;
      this.#screen.write(`${ERASE}${line}`);
    } else if (second.atMs - this.#toldMs >= EVERY_MS || this.#toldMs === 0) {
      this.#toldMs = second.atMs;
      this.#screen.write(`${line}\n`);
    }
  }

  /** A line that stays. */
  say(line: string): void {
    this.#screen.write(this.#live === "" ? `${line}\n` : `${ERASE}${line}\n${this.#live}`);
  }

  /** Leaves the last line where it is. */
  end(): void {
    if (this.#live !== "") this.#screen.write("\n");
    this.#live = "";
  }
}
