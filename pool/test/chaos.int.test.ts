import { spawn } from "node:child_process";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { FAULT_KINDS } from "../world/chaos/fault-kinds.ts";
import type { Verdict } from "../world/chaos/verdict.ts";

const root = join(import.meta.dirname, "../..");
const { PATH = "", HOME = "" } = process.env;
/** A small world hurts soon: short stops and cuts, few people, and a run counts as soon as it saw each fault once. */
const SMALL = [
  ...["--chats", "60", "--text-every-s", "1", "--end-every-s", "25", "--stop-s", "8", "--cut-s", "5", "--gap-s", "0.5"],
  ...["--settle-s", "60", "--need-chats", "100", "--need-texts", "3000", "--need-faults", "1"],
];
const RUN_MS = 240_000;
const runs: ReturnType<typeof spawn>[] = [];

afterEach(() => {
  for (const run of runs.splice(0)) if (run.exitCode === null) run.kill("SIGTERM");
});

/** One run of the command; its progress is told when the test fails. */
async function chaos(args: readonly string[]): Promise<{ code: number | null; verdict: Verdict; said: string }> {
  const child = spawn(process.execPath, [join(root, "pool/world/chaos/cli.ts"), ...SMALL, ...args], {
    cwd: root,
    env: { PATH, HOME },
  });
  runs.push(child);
  let [out, said] = ["", ""];
  child.stdout.on("data", (piece: Buffer) => {
    out += piece.toString();
  });
  child.stderr.on("data", (piece: Buffer) => {
    said += piece.toString();
  });
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  expect(out, said).not.toBe("");
  return { code, verdict: JSON.parse(out) as Verdict, said };
}

test(
  "[K20] every kind of fault under chat load: nothing lost, doubled, reordered or foreign, and no chat ended by us",
  async () => {
    const { code, verdict, said } = await chaos(["--minutes", "1.3", "--seed", "20"]);
    expect(verdict.reasons, said).toEqual([]);
    expect(code).toBe(0);
    for (const kind of FAULT_KINDS) expect(verdict.faults[kind], `${kind}\n${said}`).toBeGreaterThanOrEqual(1);
  },
  RUN_MS,
);

test(
  "[K21] the same check reports the loss when nobody resends a text",
  async () => {
    const faults = ["--kinds", "bus_cut,shard_killed"];
    const { code, verdict, said } = await chaos([
      ...faults,
      "--minutes",
      "0.3",
      "--seed",
      "21",
      "--settle-s",
      "5",
      "--send-once",
    ]);
    expect(code, said).toBe(99);
    expect(verdict.findings.lost + verdict.undelivered, said).toBeGreaterThan(0);
  },
  RUN_MS,
);
