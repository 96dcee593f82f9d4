import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { commandOf, lives, treeOf } from "./support/processes.ts";
import { until } from "./support/until.ts";

const root = join(import.meta.dirname, "../..");
const { PATH = "", HOME = "" } = process.env;
const ANY_PORTS = { WHISPER_EDGE_PORT: "0", WHISPER_POOL_PORTS: "0", WHISPER_OPS_PORTS: "0" };
const READY = /^whisper ready http:\/\/127\.0\.0\.1:\d+\n$/;
const STARTED_MS = 60_000;
const STOPPED_MS = 5_000;

type Run = { readonly process: ChildProcess; stdout: string; stderr: string; code: number | null | undefined };
const runs: Run[] = [];

/** Starts `npm start`'s own program, or `npm` itself, in a process group of its own. */
function run(args: readonly string[], env: Record<string, string> = ANY_PORTS, program = process.execPath): Run {
  const words = program === process.execPath ? [join(root, "pool/world/cli.ts"), ...args] : args;
  const child = spawn(program, words, { cwd: root, env: { PATH, HOME, ...env }, detached: true });
  const started: Run = { process: child, stdout: "", stderr: "", code: undefined };
  child.stdout.on("data", (piece: Buffer) => {
    started.stdout += piece.toString();
  });
  child.stderr.on("data", (piece: Buffer) => {
    started.stderr += piece.toString();
  });
  child.on("close", (code) => {
    started.code = code;
  });
  runs.push(started);
  return started;
}

const ended = (one: Run, withinMs = 15_000) => until("it has ended", () => one.code !== undefined, withinMs);
const ready = async (one: Run): Promise<readonly number[]> => {
  await until(
    "it is ready",
    () => {
      if (one.code !== undefined) throw new Error(`ended with ${one.code}: ${one.stderr}`);
      return one.stdout.includes("\n");
    },
    STARTED_MS,
  );
  return treeOf(one.process.pid ?? 0);
};
/** The watchdog's shell ends when it has seen that we have, so a moment later. */
const gone = (tree: readonly number[]) => until("the whole tree is gone", () => !tree.some(lives), STOPPED_MS);

afterEach(async () => {
  for (const one of runs.splice(0)) {
    one.process.kill("SIGKILL");
    await until("the killed one is gone", () => one.process.exitCode !== null || one.process.signalCode !== null);
  }
});

describe("what cannot be had is told in words, with exit 1 and nothing on standard output", () => {
  test.each([
    ["two pools", ["--pools", "2"], {}, /leave --pools at 1/],
    ["two shards", ["--shards", "2"], {}, /leave --shards at 1/],
    ["an unknown region", ["--regions", "mars"], {}, /no region "mars" here, only eu-west, us-east/],
    ["a hundred pools", ["--engine", "real", "--pools", "100"], {}, /16 pools at most/],
    ["an unknown engine", ["--engine", "steam"], {}, /embedded, real/],
    ["an unknown option", ["--colour"], {}, /unknown option '--colour'/],
    ["a count that is none", ["--pools", "many"], {}, /whole number/],
    ["a word too many", ["more"], {}, /too many arguments/],
    [
      "settings that are wrong or unknown, all at once",
      [],
      { WHISPER_EDGE_PORT: "http", WHISPER_OPS_PORTS: "-1", WHISPER_EDGEPORT: "8787" },
      /3 settings are wrong:\s+\w+_EDGE_PORT is wrong.*\s+\w+_OPS_PORTS is wrong.*\s+\w+_EDGEPORT is unknown/,
    ],
  ])("%s", async (_what, args, env, words) => {
    const one = run(args, env);
    await ended(one);
    expect(one.stderr).toMatch(words);
    expect(one.stderr).not.toContain("    at ");
    expect([one.code, one.stdout]).toEqual([1, ""]);
  });

  test("a taken port", async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    const address = taken.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const one = run([], { ...ANY_PORTS, WHISPER_EDGE_PORT: String(port) });
    await ended(one);
    taken.close();
    expect(one.stderr).toContain(`port ${port}, for the edge, is taken: stop what uses it, or set WHISPER_EDGE_PORT`);
    expect([one.code, one.stdout]).toEqual([1, ""]);
  });

  test("a server that is not installed", async () => {
    const one = run(["--engine", "real"], { ...ANY_PORTS, PATH: "/nowhere" });
    await ended(one);
    expect(one.stderr).toMatch(/redis-server is not installed here.*apt-get install redis-server/);
    expect([one.code, one.stdout]).toEqual([1, ""]);
  });
});

test("--help tells the options and the settings", async () => {
  const one = run(["--help"]);
  await ended(one);
  expect(one.stdout).toMatch(/--engine <name>[\s\S]*--regions[\s\S]*--pools[\s\S]*--shards[\s\S]*WHISPER_EDGE_PORT/);
  expect(one.code).toBe(0);
});

describe.each(["embedded", "real"])("on the %s engine", (engine) => {
  test.each(["SIGINT", "SIGTERM"] as const)(
    "one line when ready; after %s all is gone",
    async (signal) => {
      const scratch = mkdtempSync(join(tmpdir(), "whisper-cli-"));
      const one = run(["--engine", engine], { ...ANY_PORTS, TMPDIR: scratch });
      const tree = await ready(one);
      expect(tree.length).toBeGreaterThan(engine === "real" ? 5 : 2);
      one.process.kill(signal);
      await ended(one, STOPPED_MS);
      await gone(tree);
      expect(one.stdout).toMatch(READY);
      expect(one.code).toBe(0);
      expect(one.stderr).toMatch(/stopping\nstopped\n$/);
      expect(readdirSync(scratch).filter((name) => name.startsWith("whisper-"))).toEqual([]);
      rmSync(scratch, { recursive: true });
    },
    STARTED_MS,
  );

  test(
    "nothing outlives a kill -9",
    async () => {
      const one = run(["--engine", engine]);
      const tree = await ready(one);
      one.process.kill("SIGKILL");
      await gone(tree);
    },
    STARTED_MS,
  );

  test("a Ctrl-C in the middle of the start leaves nothing", async () => {
    const one = run(["--engine", engine]);
    await until("the edge is being started", () => one.stderr.includes("starting the edge"), STARTED_MS);
    const tree = treeOf(one.process.pid ?? 0);
    one.process.kill("SIGINT");
    await ended(one, STOPPED_MS);
    await gone(tree);
    expect([one.code, one.stdout]).toEqual([0, ""]);
  });
});

describe("npm start", () => {
  const start = async (): Promise<{ readonly one: Run; readonly npm: number; readonly tree: readonly number[] }> => {
    const one = run(["start", "--silent"], ANY_PORTS, "npm");
    return { one, npm: one.process.pid ?? 0, tree: await ready(one) };
  };

  test(
    "a Ctrl-C, which reaches npm and us, stops all in order",
    async () => {
      const { one, npm, tree } = await start();
      process.kill(-npm, "SIGINT");
      await ended(one, STOPPED_MS);
      expect(one.stdout).toMatch(READY);
      expect(one.stderr).toMatch(/stopping\nstopped\n/);
      await gone(tree);
    },
    STARTED_MS,
  );

  test.each(["SIGINT", "SIGTERM"] as const)(
    "a %s to npm alone stops all in order",
    async (signal) => {
      const { one, npm, tree } = await start();
      process.kill(npm, signal);
      await ended(one, STOPPED_MS);
      expect(one.stderr).toMatch(/stopping\nstopped\n/);
      await gone(tree);
    },
    STARTED_MS,
  );

  test(
    "a kill -9 of npm alone leaves nothing either",
    async () => {
      const { npm, tree } = await start();
      process.kill(npm, "SIGKILL");
      await gone(tree);
    },
    STARTED_MS,
  );
});

test(
  "when a server dies, the rest stops and says so",
  async () => {
    const one = run(["--engine", "real"]);
    const tree = await ready(one);
    const redis = tree.find((pid) => commandOf(pid).startsWith("redis-server"));
    process.kill(redis ?? 0, "SIGKILL");
    await ended(one);
    expect(one.stderr).toContain("redis-server has ended");
    expect(one.code).toBe(1);
    await gone(tree);
  },
  STARTED_MS,
);

test(
  "when the edge dies, the rest stops and says so",
  async () => {
    const one = run([]);
    const tree = await ready(one);
    const edge = tree.find((pid) => commandOf(pid).includes("serve.ts"));
    process.kill(edge ?? 0, "SIGKILL");
    await ended(one);
    expect(one.stderr).toContain("the edge has ended");
    expect(one.code).toBe(1);
    await gone(tree);
  },
  STARTED_MS,
);
