import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { systemClock } from "@whisper/shared/base/clock";
import { isLoopback } from "../plan/options.ts";
import type { Plan } from "../plan/plan.ts";
import { type AgentBus, openAgentBus } from "./agent-bus.ts";
import { agentSubject, CALL, callIn, type FromAgent, runSubject, type ToAgent, toAgent } from "./agent-words.ts";
import { bundleWorker } from "./bundle-worker.ts";
import { readHost } from "./host.ts";
import type { Parts } from "./parts.ts";
import { capacityOf, preflight, sharesOf } from "./preflight.ts";
import { openWorkers } from "./workers.ts";

export type AgentOptions = {
  readonly nats: string;
  /** Addresses of this machine to connect from; none: the system's choice, or of 127.0.0.0/8 against loopback. */
  readonly sourceIps: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly say: (line: string) => void;
  /** Aborted: the agent leaves. */
  readonly signal: AbortSignal;
};

/** A conductor says every few seconds that it is there; whoever hears nothing for so long is nobody's. */
const ALONE_MS_MAX = 15_000;
const LOOK_MS = 1_000;

/**
 * Waits on a bus for conductors and drives a share of their people on this machine, one run at a time, until it is told
 * to leave. Rejects with a `UsageFault` when the bus cannot be reached. `workerFile` makes what the workers run.
 */
export async function runAgent(options: AgentOptions, workerFile: () => Promise<string> = bundleWorker): Promise<void> {
  const bus = await openAgentBus(options.nats, "--nats");
  const agent = new Agent(bus, options, workerFile);
  await bus.settle();
  options.say(`agent ${agent.name} waits for conductors`);
  if (!options.signal.aborted)
    await new Promise<void>((resolve) => options.signal.addEventListener("abort", () => resolve()));
  await agent.leave("was stopped");
  await bus.close();
}

/** What an agent is doing for a run. */
type Task = { readonly run: string; readonly parts: Parts; readonly over: Set<string>; heardMs: number };

class Agent {
  readonly name = `${hostname()
    .replaceAll(/[^\w.-]/g, "-")
    .slice(0, 60)}-${randomBytes(3).toString("hex")}`;
  readonly #bus: AgentBus;
  readonly #options: AgentOptions;
  readonly #workerFile: () => Promise<string>;
  readonly #looking: NodeJS.Timeout;
  /** The run whose workers are being started. */
  #mustering: string | undefined;
  #task: Task | undefined;

  constructor(bus: AgentBus, options: AgentOptions, workerFile: () => Promise<string>) {
    this.#bus = bus;
    this.#options = options;
    this.#workerFile = workerFile;
    bus.listen(CALL, (raw) => void this.#called(raw));
    bus.listen(agentSubject(this.name), (raw) => {
      const word = toAgent(raw);
      if (word !== undefined) void this.#told(word);
    });
    this.#looking = setInterval(() => this.#look(), LOOK_MS);
  }

  /** Ends what it does and says why to whom it does it for. */
  async leave(why: string): Promise<void> {
    clearInterval(this.#looking);
    const task = this.#task;
    for (const part of task?.parts.names ?? [])
      if (task?.over.has(part) === false) this.#say(task.run, { say: "lost", agent: this.name, part, why });
    await this.#end();
  }

  #say(run: string, word: FromAgent): void {
    this.#bus.say(runSubject(run), word);
  }

  async #called(raw: unknown): Promise<void> {
    const call = callIn(raw);
    if (call === undefined || this.#task !== undefined || this.#mustering !== undefined) return;
    try {
      const capacity = capacityOf(this.#own(call.plan), await readHost());
      this.#say(call.run, { say: "here", agent: this.name, capacity });
    } catch (error) {
      this.#options.say(`a call could not be answered: ${wordsOf(error)}`);
    }
  }

  async #told(word: ToAgent): Promise<void> {
    if (word.say === "muster") return this.#muster(word);
    const task = this.#task;
    if (task?.run !== word.run) return;
    task.heardMs = systemClock.nowMs();
    if (word.say === "begin") task.parts.begin(systemClock.nowMs() + word.inMs);
    else if (word.say === "stop") task.parts.stop();
    else if (word.say === "leave") {
      this.#options.say("the run is over");
      await this.#end();
    }
  }

  async #muster({ run, plan, share }: Extract<ToAgent, { say: "muster" }>): Promise<void> {
    const refuse = (why: string): void => this.#say(run, { say: "refused", agent: this.name, why: why.slice(0, 300) });
    if (this.#task !== undefined || this.#mustering !== undefined) return refuse("it is busy with another run");
    this.#mustering = run;
    try {
      const own = this.#own(plan);
      const fit = preflight({ ...own, connections: share.count }, await readHost());
      if (!fit.ok) return refuse(fit.lacks.join("; "));
      const file = { path: await this.#workerFile(), env: this.#options.env };
      const shares = sharesOf(share.from, share.count, Array<number>(fit.workers).fill(1));
      const over = new Set<string>();
      const parts = openWorkers(
        own,
        shares.filter(({ count }) => count > 0),
        file,
        systemClock,
        {
          tick: (part, tick) => {
            if (tick.say === "done") over.add(part);
            this.#say(run, { say: "tick", agent: this.name, part, tick });
          },
          lost: (part, why, lastWords) => {
            over.add(part);
            this.#options.say(`${part} ${why}${lastWords === "" ? "" : `: ${lastWords}`}`);
            this.#say(run, { say: "lost", agent: this.name, part, why });
          },
        },
      );
      this.#task = { run, parts, over, heardMs: systemClock.nowMs() };
      this.#options.say(`${share.count} people for a run, by ${parts.names.length} workers`);
      this.#say(run, { say: "mustered", agent: this.name, parts: parts.names });
    } catch (error) {
      refuse(wordsOf(error));
    } finally {
      this.#mustering = undefined;
    }
  }

  /** A plan of another machine, with the addresses of this one. */
  #own(plan: Plan): Plan {
    const { sourceIps } = this.#options;
    return {
      ...plan,
      workers: 1,
      sourceIps: sourceIps.length > 0 || !isLoopback(plan.target) ? sourceIps : plan.sourceIps,
    };
  }

  #look(): void {
    const task = this.#task;
    if (task === undefined || systemClock.nowMs() - task.heardMs <= ALONE_MS_MAX) return;
    this.#options.say("the conductor is gone");
    void this.#end();
  }

  async #end(): Promise<void> {
    const task = this.#task;
    this.#task = undefined;
    await task?.parts.end();
  }
}

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
