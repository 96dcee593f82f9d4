import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

export const ROOT = join(import.meta.dirname, "..");

/** One command of a check. `vitest`: its tests are counted, and it must run at least one. */
export type Step = {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly vitest?: boolean;
};
export type Counts = { readonly passed: number; readonly failed: number; readonly skipped: number };
export type Outcome = {
  readonly step: Step;
  readonly fault: string | undefined;
  readonly seconds: number;
  readonly output: string;
  readonly counts: Counts;
  /** The test files that it ran, as absolute paths. */
  readonly files: readonly string[];
};

const NONE: Counts = { passed: 0, failed: 0, skipped: 0 };
/** No step may hang a build: all of them together are meant to take five minutes. */
const STEP_MS_MAX = 600_000;
const running = new Set<number>();

/** Runs the steps in order, `atOnce` at a time; a failed one stops none of the others. Tells `onDone` as each ends. */
export async function runSteps(
  steps: readonly Step[],
  atOnce: number,
  onDone: (outcome: Outcome) => void,
): Promise<readonly Outcome[]> {
  const waiting = [...steps];
  const outcomes: Outcome[] = [];
  const lane = async (): Promise<void> => {
    for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) {
      const outcome = await runStep(step);
      outcomes.push(outcome);
      onDone(outcome);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  return outcomes;
}

/** Ends every step that still runs, with all its children: for a Ctrl-C. */
export function stopSteps(): void {
  for (const pid of running) endGroup(pid);
}

/** One line for a person: `ok  3.2 s  types pool  (12 tests)`. */
export function lineOf({ step, fault, seconds, counts }: Outcome): string {
  const tests = step.vitest === true ? `  ${counts.passed} passed` : "";
  const verdict = fault === undefined ? "ok    " : "FAILED";
  const why = fault === undefined ? "" : `: ${fault}`;
  return `${verdict} ${seconds.toFixed(1).padStart(6)} s  ${step.name}${tests}${why}`;
}

/** All tests of all suites. A step that fails without a failing test counts as one that failed. */
export function totalOf(outcomes: readonly Pick<Outcome, "fault" | "counts">[]): Counts {
  const sum = { passed: 0, failed: 0, skipped: 0 };
  for (const { counts, fault } of outcomes) {
    sum.passed += counts.passed;
    sum.skipped += counts.skipped;
    sum.failed += Math.max(counts.failed, fault === undefined ? 0 : 1);
  }
  return sum;
}

/** What a person types to see one step alone. */
export const commandOf = (step: Step): string =>
  `${step.cwd === undefined ? "" : `cd ${step.cwd} && `}npx ${step.program} ${step.args.join(" ")}`;

async function runStep(step: Step): Promise<Outcome> {
  const startedMs = performance.now();
  const dir = await mkdtemp(join(tmpdir(), "whisper-step-"));
  try {
    const report = join(dir, "report.json");
    const extra = step.vitest === true ? ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`] : [];
    const { exit, output } = await run(step, insertFlags(step.args, extra));
    const seconds = (performance.now() - startedMs) / 1_000;
    const tally = step.vitest === true ? await tallyOf(report) : { counts: NONE, files: [] };
    const ranNone = step.vitest === true && tally.counts.passed + tally.counts.failed === 0;
    const fault = exit !== 0 ? `exit ${exit}` : ranNone ? "it ran no test" : undefined;
    return { step, fault, seconds, output, ...tally };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** Flags of vitest go before a `--`, behind which it hands everything to the configuration. */
function insertFlags(args: readonly string[], flags: readonly string[]): readonly string[] {
  const at = args.indexOf("--");
  return at < 0 ? [...args, ...flags] : [...args.slice(0, at), ...flags, ...args.slice(at)];
}

function run(step: Step, args: readonly string[]): Promise<{ exit: number | string; output: string }> {
  const bin = join(ROOT, "node_modules", ".bin");
  return new Promise((resolve) => {
    let output = "";
    const child = spawn(step.program, args, {
      cwd: join(ROOT, step.cwd ?? "."),
      env: { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH ?? ""}`, FORCE_COLOR: "0", NO_COLOR: "1" },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true, // a group of its own, so that it can be ended with all its children
    });
    const late = setTimeout(() => {
      output += `\nStopped after ${STEP_MS_MAX / 1_000} s.\n`;
      if (child.pid !== undefined) endGroup(child.pid);
    }, STEP_MS_MAX);
    const end = (exit: number | string): void => {
      clearTimeout(late);
      if (child.pid !== undefined) running.delete(child.pid);
      resolve({ exit, output });
    };
    if (child.pid !== undefined) running.add(child.pid);
    child.stdout.on("data", (piece: Buffer) => {
      output += piece.toString();
    });
    child.stderr.on("data", (piece: Buffer) => {
      output += piece.toString();
    });
    child.on("error", (error) => {
      output += error.message;
      end("not started");
    });
    // Not "close": a server that a test left behind holds the pipe open, and that must not hold the build.
    child.on("exit", (code, signal) => setTimeout(() => end(code ?? signal ?? "unknown"), 50));
  });
}

function endGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended in the meantime, which is what was wanted.
  }
}

async function tallyOf(report: string): Promise<{ counts: Counts; files: readonly string[] }> {
  let raw: unknown;
  try {
    raw = JSON.parse(await readFile(report, "utf8"));
  } catch {
    return { counts: NONE, files: [] }; // it fell before it could report; its exit code tells
  }
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = raw as {
    readonly [name: string]: unknown;
  };
  const suites = Array.isArray(testResults) ? (testResults as readonly { readonly name: string }[]) : [];
  return {
    counts: {
      passed: Number(numPassedTests),
      failed: Number(numFailedTests),
      skipped: Number(numPendingTests) + Number(numTodoTests),
    },
    files: suites.map((suite) => suite.name),
  };
}
