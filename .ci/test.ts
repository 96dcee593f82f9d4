import { readdir } from "node:fs/promises";
import { join, relative } from "node:path";
import { commandOf, lineOf, type Outcome, ROOT, runSteps, stopSteps, totalOf } from "./steps.ts";
import { INTEGRATIONS, LOOKS, UNITS } from "./table.ts";
import { provideTools } from "./tools.ts";

// `npm test`: everything. The last line sums the tests of all suites; the exit code is 0 only if nothing failed.

const AT_ONCE = 2;
const say = (text: string): void => void process.stdout.write(`${text}\n`);

process.once("SIGINT", () => {
  stopSteps();
  process.exit(130);
});
process.once("SIGTERM", () => {
  stopSteps();
  process.exit(143);
});

/** Test files in the tree that no suite ran: they would be green for ever. */
async function orphans(outcomes: readonly Outcome[]): Promise<readonly string[]> {
  const ran = new Set(outcomes.flatMap((outcome) => outcome.files));
  const found: string[] = [];
  const walk = async (dir: string): Promise<void> => {
    for (const entry of await readdir(dir, { withFileTypes: true })) {
      const path = join(dir, entry.name);
      if (entry.isDirectory() && !["node_modules", "dist"].includes(entry.name) && !entry.name.startsWith(".")) {
        await walk(path);
      } else if (/\.test\.tsx?$/.test(entry.name) && !ran.has(path)) found.push(relative(ROOT, path));
    }
  };
  await walk(ROOT);
  return found.sort();
}

const missing = await provideTools(say);
if (missing.length > 0) {
  for (const line of missing) say(line);
  process.exit(1);
}

const startedMs = performance.now();
const outcomes: Outcome[] = [];
const tell = (outcome: Outcome): void => {
  outcomes.push(outcome);
  say(lineOf(outcome));
};
await runSteps([...UNITS, ...LOOKS], AT_ONCE, tell);
await runSteps(INTEGRATIONS, 1, tell);

const failures = outcomes.filter((outcome) => outcome.fault !== undefined);
for (const failure of failures) say(`\n${failure.step.name} failed: ${commandOf(failure.step)}\n${failure.output}`);
// A suite that fell over has not reported its files, and one fault is enough to tell.
const forgotten = failures.length === 0 ? await orphans(outcomes) : [];
for (const file of forgotten) say(`No suite runs ${file}: give it a row in .ci/table.ts`);

say(`\n${((performance.now() - startedMs) / 1_000).toFixed(1)} s in all`);
const { passed, failed, skipped } = totalOf(outcomes);
const bad = failed + forgotten.length;
process.exitCode = bad === 0 ? 0 : 1;
say(`${passed} passed, ${bad} failed, ${skipped} skipped`);
