import type {
  Counts,
  Gauges,
  GeneratorHealth,
  Health,
  Latencies,
  PerSecond,
  Phase,
  PhaseName,
  Plan,
  WorkerTick,
} from "../plan/plan.ts";
import { decoded, Merged } from "./histograms.ts";
import { addedCounts, addedGauges, countsSince, NO_COUNTS, NO_GAUGES } from "./worker-words.ts";

const SECOND_MS = 1_000;
/** A part that is later than this with its tick is not waited for: its figures count to a later second. */
const WAIT_MS = 2_500;
const EXAMPLES_MAX = 20;
const PHASES: readonly PhaseName[] = ["ramp", "hold", "leave"];

type Tally = { counts: Counts; readonly histograms: Merged };
type OpenSecond = Tally & {
  readonly gauges: Map<string, Gauges>;
  readonly health: Map<string, Health>;
  /** Of parts that stood still throughout and said so later. */
  lagMs: number;
};
type PartState = { counts: Counts; secondsHeard: number; isOver: boolean; saidDone: boolean };

/** All that was measured, merged. */
export type Sums = {
  readonly seconds: readonly PerSecond[];
  readonly phases: readonly Phase[];
  readonly totals: Counts;
  readonly histograms: Latencies;
  readonly health: Omit<GeneratorHealth, "lostParts">;
  readonly examples: readonly string[];
};

const newTally = (): Tally => ({ counts: NO_COUNTS, histograms: new Merged() });

/**
 * Adds up what the parts of a generator tell, second by second and over the whole run. It reads no clock: times are
 * milliseconds since the run began.
 */
export class Ledger {
  readonly #plan: Pick<Plan, "rampMs" | "holdMs">;
  readonly #onSecond: (second: PerSecond) => void;
  readonly #parts = new Map<string, PartState>();
  readonly #open = new Map<number, OpenSecond>();
  readonly #gauges = new Map<string, Gauges>();
  readonly #seconds: PerSecond[] = [];
  readonly #phases: { readonly [Name in PhaseName]: Tally } = { ramp: newTally(), hold: newTally(), leave: newTally() };
  readonly #ticked = newTally();
  readonly #done = new Merged();
  readonly #examples: string[] = [];
  #lastMs = 0;
  #health = { lateSends: 0, cpuShareMax: 0, rssBytesMax: 0, portsLeftMin: Number.MAX_SAFE_INTEGER };

  constructor(
    parts: readonly string[],
    plan: Pick<Plan, "rampMs" | "holdMs">,
    onSecond: (second: PerSecond) => void = () => {},
  ) {
    this.#plan = plan;
    this.#onSecond = onSecond;
    for (const part of parts)
      this.#parts.set(part, { counts: NO_COUNTS, secondsHeard: 0, isOver: false, saidDone: false });
  }

  /**
   * Takes in what a part said at `sinceMs`, which may lie before the beginning; false when its histograms cannot be
   * read, and nothing was taken.
   */
  note(part: string, tick: WorkerTick, sinceMs: number): boolean {
    const state = this.#parts.get(part);
    const histograms = decoded(tick.histograms);
    if (state === undefined || histograms === undefined) return false;
    const isDone = tick.say === "done";
    const counts = isDone ? countsSince(tick.counts, state.counts) : tick.counts;
    // A second is told after it; whoever speaks in the middle of the first has told none yet.
    const toldUntil = Math.round(sinceMs / SECOND_MS);
    const second = Math.max(0, toldUntil - 1);
    this.#lastMs = Math.max(this.#lastMs, sinceMs);
    const open = this.#openAt(second);
    const tallies = [open, this.#phases[this.#phaseAt(sinceMs)], this.#ticked];
    for (const tally of tallies) tally.counts = addedCounts(tally.counts, counts);
    // Totals, which were told bit by bit before.
    if (isDone) this.#done.add(histograms);
    else for (const tally of tallies) tally.histograms.add(histograms);
    open.gauges.set(part, tick.gauges);
    if (!isDone) {
      open.health.set(part, worse(open.health.get(part), tick.health));
      this.#stoodBefore(second, tick.health.loopLagMs);
    }
    state.counts = addedCounts(state.counts, counts);
    state.secondsHeard = Math.max(state.secondsHeard, toldUntil);
    state.saidDone ||= isDone;
    state.isOver ||= isDone;
    this.#examples.push(...tick.examples.slice(0, EXAMPLES_MAX - this.#examples.length));
    return true;
  }

  /** A part says no more; what it told counts, its sockets do not. */
  lose(part: string): void {
    const state = this.#parts.get(part);
    if (state === undefined) return;
    state.isOver = true;
    for (const { gauges } of this.#open.values()) gauges.delete(part);
    this.#gauges.delete(part);
  }

  /** Who adds up stood still for so long until now. */
  stood(sinceMs: number, lagMs: number): void {
    if (sinceMs < 0) return;
    const second = Math.floor(sinceMs / SECOND_MS);
    const open = this.#openAt(second);
    open.lagMs = Math.max(open.lagMs, lagMs);
    this.#stoodBefore(second, lagMs);
  }

  /** Tells the seconds that are complete, or that nobody waits for any longer. */
  turn(sinceMs: number): void {
    const heard = [...this.#parts.values()].filter((one) => !one.isOver).map((one) => one.secondsHeard);
    const complete = heard.length === 0 ? 0 : Math.min(...heard);
    const overdue = Math.floor((sinceMs - WAIT_MS) / SECOND_MS);
    while (this.#seconds.length < Math.max(complete, overdue)) this.#close();
  }

  /** Everything, once nobody will say more. */
  sums(): Sums {
    while (this.#open.size > 0) this.#close();
    const allDone = [...this.#parts.values()].every((one) => one.saidDone);
    return {
      seconds: this.#seconds,
      phases: this.#phasesOf(),
      totals: this.#ticked.counts,
      histograms: (allDone ? this.#done : this.#ticked.histograms).latencies(),
      health: {
        ...this.#health,
        loopLagMsMax: this.#seconds.reduce((most, { health }) => Math.max(most, health.loopLagMs), 0),
        portsLeftMin: this.#health.portsLeftMin === Number.MAX_SAFE_INTEGER ? 0 : this.#health.portsLeftMin,
      },
      examples: this.#examples,
    };
  }

  #openAt(second: number): OpenSecond {
    const at = Math.max(second, this.#seconds.length);
    const known = this.#open.get(at);
    if (known !== undefined) return known;
    const fresh = { ...newTally(), gauges: new Map<string, Gauges>(), health: new Map<string, Health>(), lagMs: 0 };
    this.#open.set(at, fresh);
    return fresh;
  }

  /** The next second is over; one of which nobody told anything counts nothing and keeps who was there. */
  #close(): void {
    const at = this.#seconds.length;
    const open = this.#openAt(at);
    this.#open.delete(at);
    for (const [part, gauges] of open.gauges) this.#gauges.set(part, gauges);
    const health = healthOf([...open.health.values()]) ?? {
      ...(this.#seconds.at(-1)?.health ?? NO_HEALTH),
      lateSends: 0,
    };
    const second: PerSecond = {
      atMs: (at + 1) * SECOND_MS,
      counts: open.counts,
      gauges: [...this.#gauges.values()].reduce(addedGauges, NO_GAUGES),
      latencies: open.histograms.latencies(),
      health: { ...health, loopLagMs: Math.max(health.loopLagMs, open.lagMs) },
    };
    if (open.health.size > 0) this.#feel(second.health);
    this.#seconds.push(second);
    this.#onSecond(second);
  }

  #feel({ lateSends, cpuShare, rssBytes, portsLeft }: Health): void {
    const so = this.#health;
    this.#health = {
      lateSends: so.lateSends + lateSends,
      cpuShareMax: Math.max(so.cpuShareMax, cpuShare),
      rssBytesMax: Math.max(so.rssBytesMax, rssBytes),
      portsLeftMin: Math.min(so.portsLeftMin, portsLeft),
    };
  }

  /** A part that stood still for whole seconds could say so only after them. */
  #stoodBefore(second: number, loopLagMs: number): void {
    const from = Math.max(0, second - Math.floor(loopLagMs / SECOND_MS));
    for (let at = from; at < Math.min(second, this.#seconds.length); at++) {
      const told = this.#seconds[at];
      if (told === undefined) continue;
      this.#seconds[at] = {
        ...told,
        health: { ...told.health, loopLagMs: Math.max(told.health.loopLagMs, loopLagMs) },
      };
    }
    for (let at = Math.max(from, this.#seconds.length); at < second; at++) {
      const open = this.#openAt(at);
      open.lagMs = Math.max(open.lagMs, loopLagMs);
    }
  }

  #phaseAt(sinceMs: number): PhaseName {
    const middleMs = sinceMs - SECOND_MS / 2;
    if (middleMs < this.#plan.rampMs) return "ramp";
    return middleMs < this.#plan.rampMs + this.#plan.holdMs ? "hold" : "leave";
  }

  #phasesOf(): readonly Phase[] {
    const { rampMs, holdMs } = this.#plan;
    const ends = { ramp: rampMs, hold: rampMs + holdMs, leave: Math.max(this.#lastMs, rampMs + holdMs) };
    const begins = { ramp: 0, hold: rampMs, leave: rampMs + holdMs };
    return PHASES.map((name) => ({
      name,
      fromMs: begins[name],
      toMs: ends[name],
      totals: this.#phases[name].counts,
      latencies: this.#phases[name].histograms.latencies(),
    }));
  }
}

const NO_HEALTH: Health = { loopLagMs: 0, lateSends: 0, cpuShare: 0, rssBytes: 0, portsLeft: 0 };

/** Two ticks of one part in one second. */
function worse(a: Health | undefined, b: Health): Health {
  if (a === undefined) return b;
  return {
    loopLagMs: Math.max(a.loopLagMs, b.loopLagMs),
    lateSends: a.lateSends + b.lateSends,
    cpuShare: Math.max(a.cpuShare, b.cpuShare),
    rssBytes: Math.max(a.rssBytes, b.rssBytes),
    portsLeft: Math.min(a.portsLeft, b.portsLeft),
  };
}

/** The worst of all parts; late sends and memory are sums. */
function healthOf(all: readonly Health[]): Health | undefined {
  if (all.length === 0) return undefined;
  return {
    loopLagMs: Math.max(...all.map((one) => one.loopLagMs)),
    lateSends: all.reduce((sum, one) => sum + one.lateSends, 0),
    cpuShare: Math.max(...all.map((one) => one.cpuShare)),
    rssBytes: all.reduce((sum, one) => sum + one.rssBytes, 0),
    portsLeft: Math.min(...all.map((one) => one.portsLeft)),
  };
}
