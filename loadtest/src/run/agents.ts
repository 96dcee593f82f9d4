import { randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import type { Clock } from "@whisper/shared/base/clock";
import type { Plan } from "../plan/plan.ts";
import { UsageFault } from "../plan/usage-fault.ts";
import { type AgentBus, openAgentBus } from "./agent-bus.ts";
import { agentSubject, CALL, type FromAgent, fromAgent, runSubject, type ToAgent } from "./agent-words.ts";
import { PartWatch } from "./part-watch.ts";
import type { PartEvents, Parts } from "./parts.ts";
import { type Share, sharesOf } from "./preflight.ts";
import { tickIn } from "./worker-words.ts";

/** Everybody who is there has answered a call by then. */
const CALL_MS = 1_500;
const CALL_AGAIN_MS = 500;
/** An agent bundles and forks before it can say that it is ready. */
const MUSTER_MS_MAX = 30_000;
const STAY_MS = 2_000;
const LEAVE_MS_MAX = 45_000;

/** One run's words on the bus. */
class RunBus {
  readonly #bus: AgentBus;
  readonly run: string;
  hear: (word: FromAgent) => void = () => {};

  constructor(bus: AgentBus) {
    this.#bus = bus;
    this.run = randomBytes(6).toString("hex");
    bus.listen(runSubject(this.run), (raw) => {
      const word = fromAgent(raw);
      if (word !== undefined) this.hear(word);
    });
  }

  call(plan: Plan): void {
    this.#bus.say(CALL, { say: "call", run: this.run, plan });
  }

  tell(agent: string, word: ToAgent): void {
    this.#bus.say(agentSubject(agent), word);
  }

  close(): Promise<void> {
    return this.#bus.close();
  }
}

/**
 * Finds the agents on the bus at `url`, shares the people out by what each can carry, and resolves when all are ready.
 * Rejects with a `UsageFault` when together they cannot carry them, or one of them refuses.
 */
export async function musterAgents(plan: Plan, url: string, clock: Clock): Promise<(events: PartEvents) => Parts> {
  const bus = new RunBus(await openAgentBus(url, "--agents"));
  const { run } = bus;
  // What is secret to this machine stays here; the pass has to travel.
  const told: Plan = { ...plan, hook: undefined, agents: undefined };
  const chosen = new Map<string, Share>();
  try {
    for (const [agent, share] of await chooseAgents(bus, told)) chosen.set(agent, share);
    const parts = await ready(bus, told, chosen);
    return (events) => openAgents(bus, plan, parts, clock, events);
  } catch (error) {
    for (const agent of chosen.keys()) bus.tell(agent, { say: "leave", run });
    await bus.close();
    throw error;
  }
}

async function chooseAgents(bus: RunBus, plan: Plan): Promise<ReadonlyMap<string, Share>> {
  const found = new Map<string, number>();
  bus.hear = (word) => {
    if (word.say === "here") found.set(word.agent, word.capacity);
  };
  for (let leftMs = CALL_MS; leftMs > 0; leftMs -= CALL_AGAIN_MS) {
    bus.call(plan);
    await pause(CALL_AGAIN_MS);
  }
  const agents = [...found].sort(([a], [b]) => (a < b ? -1 : 1));
  const room = agents.reduce((sum, [, capacity]) => sum + capacity, 0);
  if (room < plan.connections)
    throw new UsageFault(
      found.size === 0
        ? "no agent answers on --agents: start npm run loadtest -- agent --nats <url> on each machine"
        : `${found.size} agents carry ${room} sockets: start agents for ${plan.connections - room} more, or write ` +
            `--connections ${room}`,
    );
  const shares = sharesOf(
    0,
    plan.connections,
    agents.map(([, capacity]) => capacity),
  );
  return new Map(
    agents.flatMap(([agent], at) => {
      const share = shares[at];
      return share === undefined || share.count === 0 ? [] : [[agent, share] as const];
    }),
  );
}

/** Which workers each agent has, once all have theirs. */
async function ready(
  bus: RunBus,
  plan: Plan,
  chosen: ReadonlyMap<string, Share>,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const parts = new Map<string, readonly string[]>();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  bus.hear = (word) => {
    if (word.say === "refused") reject(new UsageFault(`agent ${word.agent} refuses: ${word.why}`));
    if (word.say === "mustered" && chosen.has(word.agent)) parts.set(word.agent, word.parts);
    if (parts.size === chosen.size) resolve();
  };
  const late = setTimeout(() => {
    const silent = [...chosen.keys()].filter((agent) => !parts.has(agent));
    reject(new UsageFault(`agent ${silent.join(", agent ")} did not get ready: start it anew`));
  }, MUSTER_MS_MAX);
  for (const [agent, share] of chosen) bus.tell(agent, { say: "muster", run: bus.run, plan, share });
  await promise.finally(() => clearTimeout(late));
  return parts;
}

function openAgents(
  bus: RunBus,
  plan: Plan,
  workers: ReadonlyMap<string, readonly string[]>,
  clock: Clock,
  events: PartEvents,
): Parts {
  const { run } = bus;
  const nameOf = (agent: string, part: string): string => `agent ${agent} ${part}`;
  const names = [...workers].flatMap(([agent, parts]) => parts.map((part) => nameOf(agent, part)));
  const alive = new Set(names);
  const tellAll = (word: ToAgent): void => {
    for (const agent of workers.keys()) bus.tell(agent, word);
  };
  const over = (name: string): boolean => {
    watch.forget(name);
    return alive.delete(name);
  };
  const lose = (name: string, why: string): void => {
    if (over(name)) events.lost(name, why, "");
  };
  const watch = new PartWatch(clock, lose);
  bus.hear = (word) => {
    if (word.say !== "tick" && word.say !== "lost") return;
    const name = nameOf(word.agent, word.part);
    if (!alive.has(name)) return;
    if (word.say === "lost") return lose(name, word.why);
    const tick = tickIn(word.tick);
    if (tick === undefined || Math.abs(tick.atMs) > plan.rampMs + plan.holdMs + LEAVE_MS_MAX * 2)
      return lose(name, "said something unreadable");
    watch.heard(name);
    if (tick.say === "done") over(name);
    events.tick(name, tick);
  };
  const staying = setInterval(() => tellAll({ say: "stay", run }), STAY_MS);
  return {
    names,
    begin(startAtMs) {
      tellAll({ say: "begin", run, inMs: Math.max(0, startAtMs - clock.nowMs()) });
      watch.begin([...alive], startAtMs, plan.rampMs + plan.holdMs + LEAVE_MS_MAX);
    },
    stop() {
      tellAll({ say: "stop", run });
      watch.stopping();
    },
    lose,
    async end() {
      clearInterval(staying);
      watch.end();
      tellAll({ say: "leave", run });
      await bus.close();
    },
  };
}
