import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { reportText } from "../src/report/json.ts";
import { around, latencies, reportOf } from "./support/sample-report.ts";

const ROOT = join(import.meta.dirname, "../..");
const CLI = join(ROOT, "loadtest/src/cli.ts");
const TOKEN = join(ROOT, "loadtest/src/token/cli.ts");
const RUN_MS = 15_000;

type Ended = { readonly code: number | null; readonly out: string; readonly err: string };

/** Runs a command to its end; only what is given is in its environment. */
function run(file: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [file, ...args], {
      cwd: ROOT,
      env: { PATH: process.env.PATH ?? "", ...env },
      timeout: RUN_MS,
    });
    const said = { out: "", err: "" };
    child.stdout.on("data", (piece: Buffer) => {
      said.out += piece.toString();
    });
    child.stderr.on("data", (piece: Buffer) => {
      said.err += piece.toString();
    });
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, ...said }));
  });
}

let folder = "";
let listener: Server;
let target = "";
let sockets = 0;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "whisper-cli-"));
  listener = createServer((socket) => {
    sockets++;
    socket.destroy();
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  target = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`;
});
afterAll(() => {
  listener.close();
  rmSync(folder, { recursive: true, force: true });
});

describe("wrong usage", () => {
  test.each<readonly [readonly string[], string]>([
    [[], "say what to do: smoke, connect"],
    [["dance", "--target", "TARGET"], 'there is no scenario "dance"'],
    [["smoke"], "--target http://127.0.0.1:8787"],
    [["smoke", "--target", "https://chat.example.org"], "needs a load pass"],
    [["smoke", "--targt", "TARGET"], "Did you mean --target?"],
    [["chat", "--target", "TARGET", "more"], "too many arguments"],
    [["chat", "--target", "TARGET", "--connections"], "argument missing"],
    [["chat", "--target", "TARGET", "--json", "FOLDER/no/x.json"], "make it first"],
    [["chat", "--target", "TARGET", "--metrics-port", "99999"], "from 0 to 65535"],
    [["chat", "--target", "TARGET", "--pass", "FOLDER/none"], "cannot be read"],
    [["compare"], "missing required argument"],
    [["compare", "FOLDER/a", "FOLDER/b"], "cannot be read: write two files that --json made"],
  ])("[Y1] %j: exit 2, one line, and no socket was opened", async (args, says) => {
    const before = sockets;
    const filled = args.map((arg) => arg.replace("TARGET", target).replace("FOLDER", folder));
    const { code, out, err } = await run(CLI, filled);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toContain(says);
    expect(err.trimEnd()).not.toContain("\n");
    expect(sockets).toBe(before);
  });

  test("[Y2] a target that answers but is none of ours: exit 2, and nothing but two questions", async () => {
    const asked: string[] = [];
    const page = createHttpServer((request, answer) => {
      asked.push(request.url ?? "");
      answer.end("<!doctype html>hello");
    });
    await new Promise<void>((resolve) => page.listen(0, "127.0.0.1", resolve));
    const { port } = page.address() as AddressInfo;
    const { code, err } = await run(CLI, ["smoke", "--target", `http://127.0.0.1:${port}`]);
    page.close();
    expect([code, asked]).toEqual([2, ["/healthz"]]);
    expect(err).toContain("is no Whisper edge");
  });

  test("[Y2] a target that is down: exit 2", async () => {
    const { code, err } = await run(CLI, ["smoke", "--target", target]);
    expect(code).toBe(2);
    expect(err).toContain("does not answer");
  });

  test("[Y11] a load pass from the environment is checked, and not quoted", async () => {
    const { code, err } = await run(CLI, ["smoke", "--target", target], { WHISPER_LOAD_PASS: "very.secret.pass" });
    expect(code).toBe(2);
    expect(err).toContain("the load pass is none");
    expect(err).not.toContain("secret");
  });
});

test.each([
  [[], "Commands:"],
  [["chaos"], "--hook <command>"],
  [["compare"], "npm run loadtest -- compare before.json after.json"],
])("help of %j has an example and the exit codes", async (args, says) => {
  const { code, out } = await run(CLI, [...args, "--help"]);
  expect(code).toBe(0);
  expect(out).toContain(says);
  expect(out).toContain("Exit: 0");
});

describe("compare", () => {
  test("[Y10] the same is 0, worse is 99, unlike is 2, a run that says nothing is 98", async () => {
    const file = (name: string, report: object): string => {
      const path = join(folder, name);
      writeFileSync(path, reportText(report as ReturnType<typeof reportOf>));
      return path;
    };
    const good = reportOf();
    const [ramp, hold] = good.phases;
    const slower = { ...hold, latencies: latencies({ text: around(70, 4_000) }) };
    const paths = {
      good: file("good.json", good),
      worse: file("worse.json", { ...good, phases: [ramp, slower] }),
      unlike: file("unlike.json", { ...good, plan: { ...good.plan, connections: 5 } }),
      stopped: file("stopped.json", reportOf({ interrupted: true })),
    };
    const codeOf = async (a: string, b: string) => (await run(CLI, ["compare", a, b])).code;
    expect(await codeOf(paths.good, paths.good)).toBe(0);
    expect(await codeOf(paths.good, paths.worse)).toBe(99);
    expect(await codeOf(paths.good, paths.unlike)).toBe(2);
    expect(await codeOf(paths.good, paths.stopped)).toBe(98);
  });
});

describe("loadtest:token", () => {
  const WISH = ["--region", "eu-west", "--sessions", "100", "--hours", "1"];

  test("[Y12] prints a pass and nothing else, with keys that it made itself", async () => {
    const keys = await run(TOKEN, ["--new-keys"]);
    const pass = await run(TOKEN, WISH, { WHISPER_SIGNING_KEYS: keys.out.trim() });
    expect([keys.code, pass.code, keys.err, pass.err]).toEqual([0, 0, "", ""]);
    expect(pass.out).toMatch(/^[\w-]+\.[\w-]+\.[\w-]{86}\n$/);
  });

  test("[Y1] says what to set, in one line, and prints no pass", async () => {
    for (const [args, env, says] of [
      [WISH, {}, "WHISPER_SIGNING_KEYS is not set"],
      [WISH, { WHISPER_SIGNING_KEYS: "[]" }, "WHISPER_SIGNING_KEYS is wrong"],
      [WISH.slice(2), { WHISPER_SIGNING_KEYS: "[]" }, "--region eu-west"],
      [["--sesions", "5"], {}, "Did you mean --sessions?"],
    ] as const) {
      const { code, out, err } = await run(TOKEN, args, env);
      expect([code, out]).toEqual([2, ""]);
      expect(err).toContain(says);
      expect(err.trimEnd()).not.toContain("\n");
    }
  });
});

test("no command leaves a file behind", () => {
  expect(existsSync(join(folder, "x.json"))).toBe(false);
});
