import { readFileSync } from "node:fs";
import { systemClock } from "@whisper/shared/base/clock";
import { Command, CommanderError } from "commander";
import { optionsOf, type RawOptions } from "./plan/option-table.ts";
import { readMetricsPort, readPlan, scenarioIn, sourceAddressesIn } from "./plan/options.ts";
import type { ConductHooks, Plan, Report, ScenarioName } from "./plan/plan.ts";
import { SCENARIO_NAMES, SCENARIOS } from "./plan/scenarios.ts";
import { checkTarget } from "./plan/target-check.ts";
import { UsageFault } from "./plan/usage-fault.ts";
import { compare, comparisonText } from "./report/compare.ts";
import { openMetricsPort } from "./report/metrics-port.ts";
import { metricsText, nothingSeen, seenAfter } from "./report/metrics-text.ts";
import { checkOutputs, readReportFile, writeOutputs } from "./report/outputs.ts";
import { summaryOf } from "./report/summary.ts";
import { judge } from "./report/verdict.ts";
import { runAgent } from "./run/agent.ts";
import { conduct } from "./run/conductor.ts";
import { Progress } from "./run/progress.ts";

// `npm run loadtest`: see `--help`.

const EXIT = { fault: 1, usage: 2, interrupted: 130 } as const;
const NAME = "npm run loadtest --";
const EXITS = `
Exit: 0 held, 99 a threshold was crossed, 98 inconclusive, 2 wrong usage, 1 a fault of ours, 130 interrupted (the
result is still written).`;

const ending = new AbortController();
const say = (line: string): void => void process.stderr.write(`${line}\n`);
const tell = (text: string): void => void process.stdout.write(`${text}\n`);

/** What child processes need; no setting of ours, and no load pass, is in it. */
function childEnv(): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env))
    if (value !== undefined && !name.startsWith("WHISPER_")) env[name] = value;
  return env;
}

function passIn(file: string | undefined): string | undefined {
  if (file === undefined) return process.env.WHISPER_LOAD_PASS?.trim() || undefined;
  try {
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    throw new UsageFault(
      `--pass ${file} cannot be read: write the file that holds what npm run loadtest:token printed`,
      {
        cause: error,
      },
    );
  }
}

function interrupt(): void {
  if (ending.signal.aborted) process.exit(EXIT.interrupted);
  say("stopping; once more to stop at once, without a result");
  ending.abort();
}

async function run(name: ScenarioName, written: RawOptions): Promise<number> {
  const raw = { ...written, pass: passIn(written.pass) };
  const plan = readPlan(name, raw, systemClock.nowMs());
  const outputs = { json: raw.json, html: raw.html };
  checkOutputs(outputs);
  const metricsPort = readMetricsPort(raw.metricsPort);
  const { ops } = await checkTarget(plan);
  process.on("SIGINT", interrupt);
  process.on("SIGTERM", interrupt);
  const report = await measured(plan, ops, metricsPort);
  tell(summaryOf(report));
  writeOutputs(report, outputs);
  return report.verdict.exitCode;
}

async function measured(plan: Plan, ops: readonly string[], port: number | undefined): Promise<Report> {
  let seen = nothingSeen(plan.scenario, plan.connections);
  const metrics = port === undefined ? undefined : await openMetricsPort(port, () => metricsText(seen));
  if (metrics !== undefined) say(`metrics at http://127.0.0.1:${metrics.port}/metrics`);
  const screen = { isTerminal: process.stderr.isTTY, write: (text: string) => void process.stderr.write(text) };
  const progress = new Progress(screen, plan);
  const hooks: ConductHooks = {
    say: (line) => progress.say(line),
    signal: ending.signal,
    onSecond: (second) => {
      seen = seenAfter(seen, second);
      progress.second(second);
    },
    ops,
    env: childEnv(),
  };
  try {
    const facts = await conduct(plan, hooks);
    return { ...facts, verdict: judge(facts) };
  } finally {
    progress.end();
    await metrics?.close();
  }
}

/** How a command tells what is wrong with it: one line, as every other usage fault. */
function withManners(command: Command, help: string): Command {
  return command
    .exitOverride()
    .showSuggestionAfterError(true)
    .configureOutput({ outputError: (text, write) => write(`${oneLine(text)}. See ${help}\n`) });
}

const oneLine = (text: string): string =>
  text
    .replace(/^error: /, "")
    .trim()
    .replaceAll(/\s*\n\s*/g, " ");

function scenarioCommand(name: ScenarioName): Command {
  const scenario = SCENARIOS[name];
  const command = withManners(new Command(name), `${NAME} ${name} --help`).description(
    `${scenario.does}\nProves ${scenario.proves}.`,
  );
  command.summary(scenario.does);
  for (const { flags, does } of optionsOf(scenario)) command.option(flags, does);
  command.addHelpText("after", `\nExample:\n  ${NAME} ${name} ${scenario.example}\n${EXITS}`);
  return command.action(async (written: RawOptions) => {
    process.exitCode = await run(name, written);
  });
}

function compareCommand(): Command {
  return withManners(new Command("compare"), `${NAME} compare --help`)
    .summary("compares two results, phase by phase")
    .description("Compares two results that --json wrote, phase by phase: what differs by more than 10 % is named.")
    .argument("<before>", "a file that --json wrote")
    .argument("<after>", "another, of a run with the same arguments")
    .addHelpText(
      "after",
      `\nExample:\n  ${NAME} compare before.json after.json\n\nExit: 0 nothing is worse, 99 something is, 98 they say nothing, 2 wrong usage.`,
    )
    .action((before: string, after: string) => {
      const comparison = compare(readReportFile(before), readReportFile(after));
      tell(comparisonText(comparison));
      process.exitCode = comparison.exitCode;
    });
}

function agentCommand(): Command {
  return withManners(new Command("agent"), `${NAME} agent --help`)
    .summary("drives people of this machine for a conductor on another")
    .description(
      "Waits for runs with --agents of the same NATS server, and drives a share of their people from this machine. Whoever " +
        "may speak on that server may have it aim at anything: keep it to yourself.",
    )
    .requiredOption("--nats <url>", "where the conductor finds it, as nats://user:password@10.0.0.1:4222")
    .option("--source-ips <list>", "addresses of this machine to connect from, by comma (default: the system's choice)")
    .addHelpText(
      "after",
      `\nExample:\n  ${NAME} agent --nats nats://10.0.0.1:4222\n\nCtrl-C ends it. Exit: 0, 2 wrong usage.`,
    )
    .action(async ({ nats, sourceIps }: { nats: string; sourceIps?: string }) => {
      process.on("SIGINT", interrupt);
      process.on("SIGTERM", interrupt);
      const addresses = sourceIps === undefined ? [] : sourceAddressesIn(sourceIps);
      await runAgent({ nats, sourceIps: addresses, env: childEnv(), say, signal: ending.signal });
    });
}

const program = withManners(new Command(NAME), `${NAME} --help`)
  .description("Drives a Whisper from outside, as people do, and says by its exit code whether it held.")
  .addHelpText("after", EXITS)
  .argument("[scenario]")
  .allowUnknownOption()
  .allowExcessArguments()
  .action((scenario: string | undefined) => {
    if (scenario !== undefined) scenarioIn(scenario);
    throw new UsageFault(`say what to do: ${SCENARIO_NAMES.join(", ")}, compare or agent; see ${NAME} --help`);
  });
for (const name of SCENARIO_NAMES) program.addCommand(scenarioCommand(name));
program.addCommand(compareCommand());
program.addCommand(agentCommand());

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : EXIT.usage;
  else if (error instanceof UsageFault) {
    say(error.message);
    process.exitCode = EXIT.usage;
  } else {
    say(error instanceof Error ? (error.stack ?? error.message) : String(error));
    process.exitCode = EXIT.fault;
  }
}
