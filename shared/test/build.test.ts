import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { lineOf, type Outcome, ROOT, runSteps, type Step, stopSteps, totalOf } from "../../.ci/steps.ts";

// The build's own promises: what fails is told, what ran no test fails, what hangs is ended, and the sum is the sum.

const dir = mkdtempSync(join(tmpdir(), "whisper-build-"));
afterAll(() => rmSync(dir, { recursive: true }));

const node = (name: string, script: string): Step => ({ name, program: "node", args: ["-e", script] });
const run = async (...steps: readonly Step[]): Promise<readonly Outcome[]> => {
  const told: Outcome[] = [];
  await runSteps(steps, 2, (outcome) => told.push(outcome));
  return told;
};

describe("steps", () => {
  test("a step that fails is told with its exit code and all of its output, and the others run", async () => {
    const told = await run(
      node("bad", "console.log('out'); console.error('err'); process.exit(3)"),
      node("good", "console.log('fine')"),
      { name: "not there", program: "no-such-program", args: [] },
    );
    const named = Object.fromEntries(told.map((outcome) => [outcome.step.name, outcome]));
    expect(named.bad).toMatchObject({ fault: "exit 3", output: expect.stringMatching(/out[\s\S]*err/) });
    expect(named.good).toMatchObject({ fault: undefined, output: "fine\n" });
    expect(named["not there"]?.fault).toBe("exit not started");
    expect(told.map(lineOf).find((line) => line.includes("bad"))).toMatch(/^FAILED .* s {2}bad: exit 3$/);
  });

  test("the tests of a suite are counted, with the files that ran", async () => {
    const file = join(dir, "some.test.js");
    writeFileSync(file, 'test("a", () => {}); test("b", () => { throw new Error("x"); }); test.skip("c", () => {});\n');
    const [outcome] = await run(suite("--globals"));
    expect(outcome).toMatchObject({ fault: "exit 1", counts: { passed: 1, failed: 1, skipped: 1 }, files: [file] });
    rmSync(file);
  });

  test("a suite that runs no test has failed, even if it says that all is well", async () => {
    const [outcome] = await run(suite("--passWithNoTests"));
    expect(outcome).toMatchObject({ fault: "it ran no test", counts: { passed: 0, failed: 0, skipped: 0 } });
    writeFileSync(join(dir, "skipped.test.js"), 'test.skip("a", () => {});\n');
    const [skipped] = await run(suite("--globals"));
    expect(skipped?.fault).toBe("it ran no test");
  });

  test("a stop ends a step with its children", async () => {
    const pidFile = join(dir, "pid");
    const child = `require("node:child_process").spawn("sleep", ["600"], { stdio: "ignore" })`;
    const running = run(
      node(
        "hangs",
        `require("fs").writeFileSync(${JSON.stringify(pidFile)}, String(${child}.pid)); setInterval(() => {}, 1e6)`,
      ),
    );
    const pid = await waitFor("the child", () => Number(readOr(pidFile)) || undefined);
    stopSteps();
    expect((await running)[0]?.fault).toBe("exit SIGKILL");
    await waitFor("the child's end", () => !lives(pid) || undefined);
  });

  test("the sum counts a step that failed without a test once", () => {
    const counts = { passed: 2, failed: 0, skipped: 1 };
    expect(totalOf([])).toEqual({ passed: 0, failed: 0, skipped: 0 });
    expect(
      totalOf([
        { fault: undefined, counts },
        { fault: "exit 1", counts },
      ]),
    ).toEqual({ passed: 4, failed: 1, skipped: 2 });
    expect(totalOf([{ fault: "exit 1", counts: { ...counts, failed: 3 } }]).failed).toBe(3);
  });
});

const suite = (...flags: readonly string[]): Step => ({
  name: "suite",
  program: "vitest",
  args: ["run", ...flags],
  cwd: relative(ROOT, dir),
  vitest: true,
});

function readOr(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // not written yet
  }
}

/** Whether a process runs; one that has ended and only waits to be collected does not. */
const lives = (pid: number): boolean => !/^(?:$|\d+ \(.*\) Z)/.test(readOr(`/proc/${pid}/stat`));

async function waitFor<T>(what: string, look: () => T | undefined): Promise<T> {
  const end = performance.now() + 10_000;
  for (;;) {
    const seen = look();
    if (seen !== undefined) return seen;
    if (performance.now() > end) throw new Error(`waited 10 s for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
