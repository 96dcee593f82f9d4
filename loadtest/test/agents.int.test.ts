import { afterAll, describe, expect, test } from "vitest";
import type { ConductHooks, Plan, RunFacts } from "../src/plan/plan.ts";
import { judge } from "../src/report/verdict.ts";
import { openAgentBus } from "../src/run/agent-bus.ts";
import { CALL } from "../src/run/agent-words.ts";
import { conduct } from "../src/run/conductor.ts";
import { planOf } from "./support/crew-process.ts";
import { type NatsProcess, startNatsProcess } from "./support/nats-process.ts";
import { type Running, startProgram, until } from "./support/world-process.ts";

const HOOKS: ConductHooks = {
  say: () => {},
  signal: new AbortController().signal,
  onSecond: () => {},
  ops: [],
  env: {},
};
const nameOf = (agent: Running): string => /agent (\S+) waits/.exec(agent.stderr())?.[1] ?? "";
const subjectOf = (agent: Running): string => `whisper.loadtest.v1.agent.${nameOf(agent)}`;

const servers: NatsProcess[] = [];
const all: Running[] = [];
afterAll(async () => {
  for (const agent of all) agent.process.kill("SIGKILL");
  await Promise.all([...servers.map((nats) => nats.kill()), ...all.map((agent) => agent.ended)]);
});

type Run = (given: Partial<Plan>, hooks?: Partial<ConductHooks>) => Promise<RunFacts>;

/** A bus of its own with `count` agents on it, and a conductor's runs there. */
async function place(count: number): Promise<{ nats: NatsProcess; agents: readonly Running[]; run: Run }> {
  const nats = await startNatsProcess();
  servers.push(nats);
  const agents = Array.from({ length: count }, () =>
    startProgram("loadtest/test/support/agent-process.ts", [nats.url], {}),
  );
  all.push(...agents);
  await until(() => agents.every((agent) => agent.stderr().includes("waits")), "the agents wait");
  // `well` is no loopback address, so each agent has one address of its own and carries 9,000.
  const run: Run = (given, hooks = {}) =>
    conduct(
      planOf("http://well", { connections: 12_000, holdMs: 60_000, agents: nats.url, ...given }),
      { ...HOOKS, ...hooks },
      () => Promise.reject(new Error("this conductor forks nobody")),
    );
  return { nats, agents, run };
}

describe.concurrent("a conductor and its agents", () => {
  test("two agents share the people by what each can carry, and their figures are one report", async () => {
    const { agents, run } = await place(2);
    const facts = await run({ holdMs: 3_000, hook: "true" });
    expect(facts.health.lostParts).toEqual([]);
    expect(facts.totals.textsSent).toBeGreaterThan(10);
    expect(facts.histograms.text.count).toBe(facts.totals.textsSent);
    expect(facts.seconds[1]?.gauges.sockets).toBe(4); // each worker says that it has two
    for (const agent of agents) expect(agent.stderr()).toMatch(/6000 people for a run, by 1 workers/);
    await until(() => agents.every((agent) => agent.stderr().includes("is over")), "the agents are free again");
    expect((await run({ holdMs: 1_000 })).health.lostParts, "and can be asked again").toEqual([]);
  }, 90_000);

  test("an agent that is killed makes the result inconclusive, and is named", async () => {
    const { agents, run } = await place(2);
    const [dead, other] = agents;
    const kill = (): void => void dead?.process.kill("SIGKILL");
    const facts = await run({}, { onSecond: ({ atMs }) => atMs === 2_000 && kill() });
    const name = dead === undefined ? "" : nameOf(dead);
    expect(facts.health.lostParts).toEqual([`agent ${name} worker 1 fell silent for 10 s`]);
    expect(judge(facts)).toMatchObject({ result: "inconclusive", exitCode: 98 });
    expect(judge(facts).reasons.join()).toContain(name);
    expect(facts.totals.textsSent).toBeGreaterThan(10);
    await until(() => other?.stderr().includes("is over") === true, "the other is free again");
  }, 90_000);

  test("an agent that leaves is told of at once", async () => {
    const { agents, run } = await place(2);
    const [leaver] = agents;
    const leave = (): void => void leaver?.process.kill("SIGINT");
    const facts = await run({}, { onSecond: ({ atMs }) => atMs === 1_000 && leave() });
    expect(facts.health.lostParts).toEqual([
      `agent ${leaver === undefined ? "" : nameOf(leaver)} worker 1 was stopped`,
    ]);
    expect(await leaver?.ended).toBe(0);
  }, 90_000);

  test("an agent's worker that dies is named with its agent", async () => {
    const { run } = await place(1);
    const facts = await run({ connections: 4, target: "http://dies" });
    expect(facts.health.lostParts).toEqual([expect.stringMatching(/^agent \S+ worker 1 ended by SIGKILL$/)]);
  }, 90_000);

  test("an interrupted run of agents reports as any other", async () => {
    const { run } = await place(1);
    const ending = new AbortController();
    const onSecond: ConductHooks["onSecond"] = ({ atMs }) => atMs === 1_000 && ending.abort();
    const facts = await run({ connections: 4 }, { onSecond, signal: ending.signal });
    expect([facts.interrupted, facts.health.lostParts]).toEqual([true, []]);
    expect(facts.histograms.text.count).toBe(facts.totals.textsSent);
  }, 90_000);

  test("an agent whose conductor is gone ends its workers and is free again", async () => {
    const { nats, agents, run } = await place(1);
    const bus = await openAgentBus(nats.url, "--agents");
    const plan = planOf("http://well", { holdMs: 600_000 });
    for (const agent of agents) {
      bus.say(subjectOf(agent), { say: "muster", run: "abc", plan, share: { from: 0, count: 2 } });
      await until(() => agent.stderr().includes("people for a run"), "the agent has its workers");
      bus.say(subjectOf(agent), { say: "begin", run: "abc", inMs: 0 });
      await bus.close();
      await until(() => agent.stderr().includes("conductor is gone"), "the agent notices");
    }
    expect((await run({ connections: 2, holdMs: 500 })).health.lostParts).toEqual([]);
  }, 90_000);

  test.each<readonly [string, number, Partial<Plan>, string]>([
    ["nobody is there", 0, {}, "no agent answers on --agents"],
    ["they are too few", 1, {}, "1 agents carry 9000 sockets: start agents for 3000 more, or write --connections 9000"],
    ["the bus is none", 0, { agents: "nats://127.0.0.1:1" }, "--agents: no NATS server lets us in at 127.0.0.1:1"],
    ["the address is none", 0, { agents: "http://127.0.0.1" }, "--agents: write an address such as nats://"],
  ])(
    "what agents cannot carry is refused before any socket opens: %s",
    async (_what, count, plan, line) => {
      const { run } = await place(count);
      const refused = await run(plan).catch((error: unknown) => error);
      expect(refused).toMatchObject({ name: "UsageFault", message: expect.stringContaining(line) });
    },
    90_000,
  );

  test("an agent that is busy is not there for another conductor, and nonsense on the bus hurts nobody", async () => {
    const { nats, agents, run } = await place(1);
    const bus = await openAgentBus(nats.url, "--agents");
    const nonsense = [{}, { say: "call" }, { say: "call", run: "a b", plan: {} }, { say: "call", run: "a", plan: {} }];
    for (const word of [...nonsense, [], { say: "muster", run: 7 }, { say: "muster", run: "a", plan: {}, share: {} }]) {
      bus.say(CALL, word);
      for (const agent of agents) bus.say(subjectOf(agent), word);
    }
    const first = run({ connections: 2, holdMs: 6_000 });
    await until(() => agents.every((agent) => agent.stderr().includes("people for a run")), "the agent is busy");
    await expect(run({ connections: 2 })).rejects.toThrow("no agent answers");
    expect((await first).health.lostParts).toEqual([]);
    await bus.close();
  }, 90_000);

  test("the bus may go and come back in mid-run", async () => {
    const { nats, run } = await place(1);
    const restart = async (): Promise<void> => {
      await nats.kill();
      servers.push(await startNatsProcess(Number(new URL(nats.url).port)));
    };
    let restarted: Promise<void> | undefined;
    const onSecond: ConductHooks["onSecond"] = ({ atMs }) => {
      if (atMs === 2_000) restarted = restart();
    };
    const facts = await run({ connections: 2, holdMs: 8_000 }, { onSecond });
    await restarted;
    expect(facts.health.lostParts).toEqual([]);
    expect(facts.histograms.text.count).toBe(facts.totals.textsSent);
  }, 90_000);
});
