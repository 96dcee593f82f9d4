import { type Clock, systemClock } from "@whisper/shared/base/clock";
import { headCommit, thisMachine } from "../bench/machine.ts";
import {
  type ConductHooks,
  type HookOutcome,
  type Plan,
  type RunFacts,
  reportedPlan,
  type WorkerTick,
} from "../plan/plan.ts";
import { UsageFault } from "../plan/usage-fault.ts";
import { musterAgents } from "./agents.ts";
import { bundleWorker } from "./bundle-worker.ts";
import { type RunningHook, runHook } from "./hook.ts";
import { readHost } from "./host.ts";
import { Ledger } from "./ledger.ts";
import { OpsWatch } from "./ops-watch.ts";
import type { PartEvents, Parts } from "./parts.ts";
import { preflight, sharesOf } from "./preflight.ts";
import { openWorkers } from "./workers.ts";

const TURN_MS = 100;
/** Merging what many workers say takes its time; a conductor later than this was starved like they are. */
const LAG_MS_MAX = 500;
/** What a worker needs before it can begin, and what many need who start on few processors. */
const START_MS = 1_000;
const START_MS_PER_WORKER = 250;

/** Those who will drive the people, and when they can begin. */
type Muster = { open(events: PartEvents): Parts; readonly startInMs: number };

/**
 * Runs a plan and resolves with what was measured, whatever happened meanwhile: workers that die and servers that go
 * are facts. Rejects with a `UsageFault`, before any socket opens, when it cannot be carried.
 * `workerFile` makes what the workers run.
 */
export async function conduct(plan: Plan, hooks: ConductHooks, workerFile = bundleWorker): Promise<RunFacts> {
  const { open, startInMs } =
    plan.agents === undefined
      ? await musterWorkers(plan, hooks, workerFile)
      : { open: await musterAgents(plan, plan.agents, systemClock), startInMs: START_MS };
  return new Conductor(plan, hooks, systemClock).run(open, startInMs);
}

async function musterWorkers(plan: Plan, { env }: ConductHooks, workerFile: typeof bundleWorker): Promise<Muster> {
  const host = await readHost();
  const fit = preflight(plan, host);
  if (!fit.ok) throw new UsageFault(fit.lacks.join("\n"));
  const path = await workerFile();
  const even = Array<number>(fit.workers).fill(1);
  const shares = sharesOf(0, plan.connections, even).filter(({ count }) => count > 0);
  return {
    open: (events) => openWorkers({ ...plan, workers: shares.length }, shares, { path, env }, systemClock, events),
    startInMs: START_MS + (shares.length * START_MS_PER_WORKER) / host.cpus,
  };
}

/** One run, from the moment at which everything is ready. */
class Conductor {
  readonly #plan: Plan;
  readonly #hooks: ConductHooks;
  readonly #clock: Clock;
  readonly #lost: string[] = [];
  readonly #over = Promise.withResolvers<void>();
  #waited: Set<string> = new Set();
  #startAtMs = Number.POSITIVE_INFINITY;
  #turnedMs = 0;
  #hook: RunningHook | undefined;

  constructor(plan: Plan, hooks: ConductHooks, clock: Clock) {
    this.#plan = plan;
    this.#hooks = hooks;
    this.#clock = clock;
  }

  async run(open: Muster["open"], startInMs: number): Promise<RunFacts> {
    const { signal, onSecond, ops } = this.#hooks;
    const parts: Parts = open({
      tick: (part, tick) => this.#heard(parts, ledger, part, tick),
      lost: (part, why, lastWords) => this.#gone(parts, ledger, part, why, lastWords),
    });
    const ledger = new Ledger(parts.names, this.#plan, onSecond);
    this.#waited = new Set(parts.names);
    const watch = new OpsWatch(ops, () => Math.max(0, this.#sinceMs()));
    await watch.look();
    this.#startAtMs = this.#clock.nowMs() + startInMs;
    const startedAt = new Date(this.#startAtMs).toISOString();
    parts.begin(this.#startAtMs);
    const interrupt = (): void => parts.stop();
    if (signal.aborted) interrupt();
    else signal.addEventListener("abort", interrupt);
    this.#turnedMs = this.#clock.nowMs();
    const turns = setInterval(() => this.#turn(ledger), TURN_MS);
    await this.#over.promise;
    const interrupted = signal.aborted;
    signal.removeEventListener("abort", interrupt);
    clearInterval(turns);
    await Promise.all([parts.end(), watch.stop()]);
    const hook = await this.#hookOutcome(interrupted);
    const { health, ...sums } = ledger.sums();
    return {
      plan: reportedPlan(this.#plan),
      startedAt,
      machine: thisMachine(),
      commit: headCommit(),
      ...sums,
      health: { ...health, lostParts: this.#lost },
      servers: watch.samples,
      interrupted,
      ...(hook === undefined ? {} : { hook }),
    };
  }

  /** Below 0 before the run begins. */
  #sinceMs(): number {
    return this.#clock.nowMs() - this.#startAtMs;
  }

  #heard(parts: Parts, ledger: Ledger, part: string, tick: WorkerTick): void {
    const isRead = ledger.note(part, tick, tick.atMs);
    if (!isRead && tick.say === "tick") return parts.lose(part, "said something unreadable");
    if (!isRead) this.#gone(parts, ledger, part, "ended with something unreadable", "");
    else if (tick.say === "done") this.#waitedFor(part);
  }

  #gone(parts: Parts, ledger: Ledger, part: string, why: string, lastWords: string): void {
    this.#lost.push(`${part} ${why}`);
    this.#hooks.say(`${part} ${why}${lastWords === "" ? "" : `: ${lastWords}`}`);
    ledger.lose(part);
    this.#waitedFor(part);
    parts.stop(); // what is left would tell nothing of the whole
  }

  #waitedFor(part: string): void {
    this.#waited.delete(part);
    if (this.#waited.size === 0) this.#over.resolve();
  }

  #turn(ledger: Ledger): void {
    const { hook, rampMs, holdMs } = this.#plan;
    const nowMs = this.#clock.nowMs();
    const lagMs = nowMs - this.#turnedMs - TURN_MS;
    this.#turnedMs = nowMs;
    const sinceMs = this.#sinceMs();
    if (lagMs > LAG_MS_MAX) ledger.stood(sinceMs, lagMs);
    ledger.turn(sinceMs);
    if (hook === undefined || this.#hook !== undefined || sinceMs < rampMs + holdMs / 2) return;
    this.#hooks.say("the hook begins");
    this.#hook = runHook(hook, this.#hooks.env, (line) => this.#hooks.say(`hook: ${line}`));
  }

  /** A run whose hook did not do its work has not tested what it was made for. */
  async #hookOutcome(interrupted: boolean): Promise<HookOutcome | undefined> {
    if (this.#plan.hook === undefined) return undefined;
    if (this.#hook === undefined) {
      if (!interrupted && this.#lost.length === 0) this.#lost.push("the hook did not begin");
      return undefined;
    }
    const outcome = await this.#hook.end();
    if (outcome.ended !== "code 0") this.#lost.push(`the hook ended with ${outcome.ended}`);
    return outcome;
  }
}
