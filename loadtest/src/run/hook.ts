import { spawn } from "node:child_process";
import type { HookOutcome } from "../plan/plan.ts";

const OUTPUT_CHARS_MAX = 4_096;

/** A command of the tester that runs. */
export type RunningHook = {
  /** Ends it with all that it started, if it still runs; resolves with what became of it. */
  end(): Promise<HookOutcome>;
};

/** Runs the tester's command by `sh -c`; each line that it prints is told. Never rejects. */
export function runHook(
  command: string,
  env: Readonly<Record<string, string>>,
  onLine: (line: string) => void,
): RunningHook {
  const startedMs = performance.now();
  const child = spawn("/bin/sh", ["-c", command], {
    env: { ...env },
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [output, rest] = ["", ""];
  const hear = (piece: string): void => {
    output = (output + piece).slice(-OUTPUT_CHARS_MAX);
    const lines = (rest + piece).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) onLine(line);
  };
  child.stdout.setEncoding("utf8").on("data", hear);
  child.stderr.setEncoding("utf8").on("data", hear);
  const outcome = new Promise<HookOutcome>((resolve) => {
    const over = (ended: string): void => resolve({ ended, tookMs: Math.round(performance.now() - startedMs), output });
    child.once("error", (error) => over(error.message));
    child.once("exit", (code, signal) => over(signal === null ? `code ${code}` : signal));
  });
  return {
    end() {
      if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) endGroup(child.pid);
      return outcome;
    },
  };
}

function endGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended in the meantime, which is what was wanted.
  }
}
