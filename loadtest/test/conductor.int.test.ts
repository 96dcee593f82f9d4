import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { ConductHooks, PerSecond, Plan, Report } from "../src/plan/plan.ts";
import { judge } from "../src/report/verdict.ts";
import { conduct } from "../src/run/conductor.ts";
import { planOf } from "./support/crew-process.ts";

const FAULTY = join(import.meta.dirname, "support/faulty-worker.ts");

type Ran = { readonly report: Report; readonly said: readonly string[]; readonly seconds: readonly PerSecond[] };
type Wish = Partial<Plan> & { readonly signal?: AbortSignal; readonly ops?: readonly string[] };

/** Runs four people in two worker processes, of which the first has the fault. */
async function run(fault: string, { signal, ops = [], ...plan }: Wish = {}): Promise<Ran> {
  const said: string[] = [];
  const seconds: PerSecond[] = [];
  const hooks: ConductHooks = {
    say: (line) => said.push(line),
    signal: signal ?? new AbortController().signal,
    onSecond: (second) => seconds.push(second),
    ops,
    env: { PATH: process.env.PATH ?? "", WHISPER_TRIED: "yes" },
  };
  const wished = planOf(`http://${fault}`, { connections: 4, workers: 2, holdMs: 1_500, ...plan });
  const facts = await conduct(wished, hooks, async () => FAULTY);
  return { report: { ...facts, verdict: judge(facts) }, said, seconds };
}

/** Processes of this machine whose parent is this one. */
const children = (): readonly string[] =>
  readdirSync("/proc").filter((pid) => {
    try {
      return (
        /^\d+$/.test(pid) &&
        readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ")[1] === `${process.pid}`
      );
    } catch {
      return false; // it ended while it was looked at
    }
  });
const faulty = (): readonly string[] =>
  children().filter((pid) => readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("faulty-worker"));

describe.concurrent("a conductor and its workers", () => {
  test("what two workers measure is one report", async () => {
    const { report, seconds } = await run("well");
    expect(report.health.lostParts).toEqual([]);
    expect(report.interrupted).toBe(false);
    expect(report.totals.textsSent).toBeGreaterThanOrEqual(6);
    expect(report.histograms.text.count).toBe(report.totals.textsSent);
    expect(report.histograms.text.p99Ms).toBeCloseTo(1, 2);
    expect(seconds.map(({ atMs }) => atMs)).toEqual(seconds.map((_, at) => (at + 1) * 1_000));
    expect(seconds[0]?.gauges.sockets).toBe(4);
    expect(report.seconds).toEqual(seconds);
    expect(report.plan.workers).toBe(2);
    expect(JSON.stringify(report)).not.toContain("yes");
  });

  test.each([
    ["dies", "worker 1 ended by SIGKILL"],
    ["throws", "worker 1 ended with code 1"],
    ["leaves", "worker 1 ended with code 0"],
    ["nonsense", "worker 1 said something unreadable"],
    ["garbled", "worker 1 said something unreadable"],
    ["garbled-end", "worker 1 ended with something unreadable"],
    ["askew", "worker 1 said something unreadable"],
    ["floods", "worker 1 spoke without end"],
    ["hangs", "worker 1 fell silent for 10 s"],
    ["stays", "worker 1 fell silent for 10 s"],
  ])(
    "a worker with a fault (%s) makes the result inconclusive, and is named",
    async (fault, why) => {
      const { report, said } = await run(fault, { holdMs: 3_000 });
      expect(report.verdict).toMatchObject({ result: "inconclusive", exitCode: 98 });
      expect(report.health.lostParts).toEqual([why]);
      expect(report.verdict.reasons.join()).toContain(why);
      expect(report.totals.textsSent, "what the other measured is kept").toBeGreaterThan(0);
      expect(said.filter((line) => line.startsWith(why))).toHaveLength(1);
      if (fault === "throws") expect(said.join()).toContain("this was not to be");
      expect(JSON.stringify(report)).not.toContain("this was not to be");
    },
    30_000,
  );

  test("an interrupted run ends at once, and its report is whole", async () => {
    const ending = new AbortController();
    const startedMs = performance.now();
    const running = run("well", { holdMs: 60_000, signal: ending.signal });
    setTimeout(() => ending.abort(), 2_500);
    const { report } = await running;
    expect(performance.now() - startedMs).toBeLessThan(15_000);
    expect(report.verdict).toMatchObject({ result: "interrupted", exitCode: 130 });
    expect(report.health.lostParts).toEqual([]);
    expect(report.histograms.text.count).toBe(report.totals.textsSent);
  });

  test("a run that was interrupted before it began still reports", async () => {
    const { report } = await run("well", { holdMs: 60_000, signal: AbortSignal.abort() });
    expect(report.verdict.exitCode).toBe(130);
  });

  test("the hook runs at the middle of the hold, and its words are kept", async () => {
    const hook = "echo out; echo err >&2; echo $WHISPER_TRIED";
    const { report, said, seconds } = await run("well", { hook, holdMs: 3_000 });
    expect(report.hook).toMatchObject({ ended: "code 0" });
    expect([...(report.hook?.output ?? "").matchAll(/\w+/g)].map(String).sort()).toEqual(["err", "out", "yes"]);
    expect(said).toContain("hook: out");
    expect(seconds.length).toBeGreaterThan(1);
    expect(report.health.lostParts).toEqual([]);
    expect(JSON.stringify(report.plan)).not.toContain("echo");
  });

  test.each([
    ["exit 3", "the hook ended with code 3"],
    ["kill -9 $$", "the hook ended with SIGKILL"],
    ["sleep 600", "the hook ended with SIGKILL"],
    ["no-such-command-here", "the hook ended with code 127"],
  ])("a hook that does not do its work makes the result inconclusive: %s", async (hook, why) => {
    const { report } = await run("well", { hook });
    expect(report.verdict.exitCode).toBe(98);
    expect(report.health.lostParts).toEqual([why]);
  });

  test("what this machine cannot carry is refused before anything starts", async () => {
    await expect(run("well", { connections: 100_000_000, workers: 1 })).rejects.toThrow(/--source-ips[\s\S]*memory/);
  });

  test("a worker that is no program is said to be none", async () => {
    const hooks = { say: () => {}, signal: new AbortController().signal, onSecond: () => {}, ops: [], env: {} };
    const report = await conduct(planOf("http://well", { holdMs: 500 }), hooks, async () => "/no/such/worker.mjs");
    expect(report.health.lostParts).toEqual(["worker 1 ended with code 1"]);
    expect(report.seconds).toEqual([]);
  });
});

test("no worker is left behind", () => {
  expect(faulty()).toEqual([]);
});
