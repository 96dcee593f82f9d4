import { commandOf, lineOf, type Outcome, runSteps, stopSteps } from "./steps.ts";
import { LOOKS, UNITS } from "./table.ts";

// `npm run check`: format, types, lint, tidy and unit tests, in under a minute. What fails first is shown whole.

const AT_ONCE = 2;
const say = (text: string): void => void process.stdout.write(`${text}\n`);

process.once("SIGINT", () => {
  stopSteps();
  process.exit(130);
});

const failures: Outcome[] = [];
const startedMs = performance.now();
// The longest first, so that no lane idles at the end.
await runSteps([...UNITS, ...LOOKS], AT_ONCE, (outcome) => {
  say(lineOf(outcome));
  for (const [note] of outcome.output.matchAll(/^note: .*$/gm)) say(`               ${note}`);
  if (outcome.fault !== undefined) failures.push(outcome);
});

const [first, ...others] = failures;
if (first !== undefined) {
  say(`\n${first.step.name} failed: ${commandOf(first.step)}\n${first.output}`);
  for (const other of others) say(`${other.step.name} failed, too: ${commandOf(other.step)}`);
}
const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1);
say(`${first === undefined ? "check passed" : "check FAILED"} in ${seconds} s`);
process.exitCode = first === undefined ? 0 : 1;
