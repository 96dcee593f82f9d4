import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Report } from "../src/plan/plan.ts";
import { type Running, startProgram, startWorldProcess, until, type WorldProcess } from "./support/world-process.ts";

// The command that people type, against the product that `npm start` starts.

const CLI = "loadtest/src/cli.ts";
const TOKEN = "loadtest/src/token/cli.ts";
/** Others use this machine as well: what is tested here is the verdict, not the machine. */
const LENIENT = ["--thresholds", "connectP99Ms=5000,matchP99Ms=10000,textP99Ms=5000"];
const CHAT = ["--connections", "20", "--ramp", "1s", "--hold", "4s", "--rate", "40", "--seed", "7"];
const TRIES = 3;

const dir = mkdtempSync(join(tmpdir(), "whisper-loadtest-"));
const env: NodeJS.ProcessEnv = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !name.startsWith("WHISPER_")),
);
let world: WorldProcess;
let mortal: WorldProcess;
let pass = "";

beforeAll(async () => {
  const keys = await printed(["--new-keys"], {});
  [world, mortal] = await Promise.all([
    startWorldProcess({ ...env, WHISPER_SIGNING_KEYS: keys, WHISPER_TEXTS_PER_WINDOW: "1000" }),
    startWorldProcess(env),
  ]);
  const wish = ["--region", "eu-west", "--sessions", "1000", "--hours", "1"];
  pass = await printed(wish, { WHISPER_SIGNING_KEYS: keys });
}, 90_000);
afterAll(async () => {
  await Promise.all([world?.stop(), mortal?.stop()]);
  rmSync(dir, { recursive: true });
});

async function printed(args: readonly string[], more: NodeJS.ProcessEnv): Promise<string> {
  const program = startProgram(TOKEN, args, { ...env, ...more });
  expect(await program.ended, program.stderr()).toBe(0);
  return program.stdout().trim();
}

type Run = Running & { report(): Report };
let runs = 0;

function start(scenario: string, args: readonly string[], more: NodeJS.ProcessEnv = {}): Run {
  const json = join(dir, `${++runs}.json`);
  const target = args.includes("--target") ? [] : ["--target", world.url];
  const running = startProgram(CLI, [scenario, ...target, "--json", json, ...args], { ...env, ...more });
  return { ...running, report: () => JSON.parse(readFileSync(json, "utf8")) as Report };
}

/** Runs until it is conclusive: a neighbour may starve the generator, and then a run rightly says nothing. */
async function conclusive(scenario: string, args: readonly string[], more: NodeJS.ProcessEnv = {}): Promise<Run> {
  for (let left = TRIES; ; left--) {
    const run = start(scenario, args, more);
    if ((await run.ended) !== 98 || left <= 1) return run;
  }
}

/** The worker processes of a run. */
const workersOf = ({ process: { pid } }: Running): readonly number[] =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        return (
          readFileSync(`/proc/${name}/stat`, "utf8").split(") ")[1]?.split(" ")[1] === `${pid}` &&
          readFileSync(`/proc/${name}/cmdline`, "utf8").includes("load-worker")
        );
      } catch {
        return false; // it ended while it was looked at
      }
    })
    .map(Number);

/** How many sockets a process holds, the channel to its parent among them. */
function socketsOf(pid: number): number {
  try {
    const fds = readdirSync(`/proc/${pid}/fd`);
    return fds.filter((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`).startsWith("socket:")).length;
  } catch {
    return 0; // it ended, or closed one, while it was looked at
  }
}

/** Resolves with the run's worker once all of its people are there. */
async function crowded(run: Run): Promise<number> {
  let worker: number | undefined;
  await until(() => {
    [worker] = workersOf(run);
    return run.process.exitCode !== null || (worker !== undefined && socketsOf(worker) > 20);
  }, "all are there");
  if (worker === undefined) throw new Error(`no worker is there:\n${run.stdout()}${run.stderr()}`);
  return worker;
}

test("a small chat holds in each lane at the same time, and people of both who seek the same never meet", async () => {
  const html = join(dir, "chat.html");
  const [live, tested] = await Promise.all([
    conclusive("chat", [...CHAT, ...LENIENT, "--region", "eu-west", "--workers", "2", "--html", html]),
    conclusive("chat", [...CHAT, ...LENIENT], { WHISPER_LOAD_PASS: pass }),
  ]);
  for (const [run, lane] of [[live, "live"] as const, [tested, "test"] as const]) {
    expect(await run.ended, run.stdout() + run.stderr()).toBe(0);
    const { totals, histograms, plan } = run.report();
    expect(plan.lane).toBe(lane);
    expect(totals).toMatchObject({ laneCrossed: 0, foreign: 0, lost: 0, doubled: 0, matchTimeouts: 0, refused: 0 });
    expect(totals.textsSent).toBeGreaterThanOrEqual(20);
    expect([totals.textsDelivered, histograms.text.count]).toEqual([totals.textsSent, totals.textsSent]);
  }
  expect(live.report().plan.workers).toBe(2);
  expect(readFileSync(html, "utf8")).toContain("<html");
  expect(JSON.stringify(tested.report()) + tested.stdout() + tested.stderr()).not.toContain(pass);
}, 60_000);

describe.concurrent("a run", () => {
  test("a server that dies is a verdict, not a stack trace", async () => {
    const run = start("chat", [...CHAT, "--hold", "8s", "--target", mortal.url]);
    await crowded(run);
    await mortal.kill();
    expect([98, 99], run.stderr()).toContain(await run.ended); // 98 on a machine that starves the generator, too
    expect(run.stderr()).not.toMatch(/^\s+at /m);
    const { totals } = run.report();
    expect(totals.dropped + totals.upgradesFailed + totals.errors, JSON.stringify(totals)).toBeGreaterThan(0);
  }, 90_000);

  test("smoke holds", async () => {
    const run = await conclusive("smoke", LENIENT);
    expect(await run.ended, run.stdout() + run.stderr()).toBe(0);
    const { totals, verdict, servers, seconds } = run.report();
    expect(verdict).toEqual({ result: "held", reasons: [], exitCode: 0 });
    expect(totals).toMatchObject({ admitted: 2, chatsBegun: 1, lost: 0, errors: 0 });
    expect(totals.textsDelivered).toBe(totals.textsSent);
    expect(Math.max(...seconds.map(({ gauges }) => gauges.sockets))).toBe(2);
    expect(servers.some(({ rssBytes, sockets }) => rssBytes > 1e6 && sockets >= 2)).toBe(true);
  }, 60_000);

  test("a bound that nobody can keep is crossed", async () => {
    const run = await conclusive("smoke", ["--thresholds", "textP99Ms=0.01"]);
    expect(await run.ended).toBe(99);
    expect(run.report().verdict.reasons.join()).toContain("0.01 ms allowed");
  }, 60_000);

  test("a generator that stood still says nothing about the server", async () => {
    const run = start("chat", CHAT);
    const worker = await crowded(run);
    process.kill(worker, "SIGSTOP");
    setTimeout(() => process.kill(worker, "SIGCONT"), 3_000);
    expect(await run.ended, run.stdout()).toBe(98);
    const { verdict, totals } = run.report();
    expect(verdict.reasons.join()).toMatch(/generator/);
    expect(totals).toMatchObject({ lost: 0, doubled: 0, reordered: 0 });
  }, 60_000);

  test("a worker that is killed is named, and the run says nothing", async () => {
    const run = start("chat", CHAT);
    process.kill(await crowded(run), "SIGKILL");
    expect(await run.ended).toBe(98);
    expect(run.report().health.lostParts).toEqual(["worker 1 ended by SIGKILL"]);
  }, 60_000);

  test("an interrupted run reports what there was", async () => {
    const run = start("chat", [...CHAT, "--hold", "10m"]);
    await crowded(run);
    run.process.kill("SIGINT");
    expect(await run.ended, run.stderr()).toBe(130);
    const { interrupted, totals, seconds } = run.report();
    expect(interrupted).toBe(true);
    expect(totals.admitted).toBeGreaterThan(0);
    expect(seconds.length).toBeGreaterThan(0);
  }, 60_000);

  test("a conductor that is killed takes its workers along", async () => {
    const run = start("chat", [...CHAT, "--hold", "10m"]);
    const worker = await crowded(run);
    run.process.kill("SIGKILL");
    await until(() => !existsSync(`/proc/${worker}`), "the worker ends");
  }, 60_000);

  test.each<readonly [string, readonly string[], string]>([
    ["a target that is down", ["--target", "http://127.0.0.1:1"], "does not answer: start it"],
    ["a target that is none", ["--target", "127.0.0.1"], "--target"],
    ["a region that is none", ["--region", "eu-wets"], "write --region eu-west"],
    ["more people than there are places", ["--connections", "900000"], "free places"],
    ["an unknown bound", ["--thresholds", "textP99=1"], "write textP99Ms"],
    ["a pass that is none", ["--pass", "/dev/null"], "load pass"],
  ])(
    "what cannot be meant is refused in one line: %s",
    async (_what, args, line) => {
      const run = start("chat", args);
      expect(await run.ended).toBe(2);
      expect(run.stderr()).toContain(line);
      expect(run.stderr().trim().split("\n")).toHaveLength(1);
      expect(() => run.report()).toThrow("ENOENT");
    },
    60_000,
  );
});
