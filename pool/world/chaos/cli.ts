import { createWriteStream } from "node:fs";
import { writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { stopChildren, WorldFault } from "../servers/child.ts";
import { runChaos } from "./chaos.ts";
import { FAULT_KINDS, type FaultKind } from "./fault-kinds.ts";
import { summaryOf } from "./summary.ts";

const EXIT = { held: 0, fault: 1, usage: 2, inconclusive: 98, lost: 99, interrupted: 130 } as const;

const number =
  (from: number, whole = true) =>
  (text: string): number => {
    const value = Number(text);
    if (text.trim() === "" || !Number.isFinite(value) || value < from || (whole && !Number.isInteger(value)))
      throw new InvalidArgumentError(`a ${whole ? "whole " : ""}number from ${from} up is wanted`);
    return value;
  };
const names = (text: string): readonly string[] => text.split(",").map((name) => name.trim());

function kindsIn(text: string): readonly FaultKind[] {
  const wanted = names(text);
  const unknown = wanted.filter((name) => !FAULT_KINDS.some((kind) => kind === name));
  if (unknown.length > 0)
    throw new InvalidArgumentError(`there is no ${unknown.join(", ")}, only ${FAULT_KINDS.join(", ")}`);
  return FAULT_KINDS.filter((kind) => wanted.includes(kind));
}

const share = (text: string): number => {
  const value = number(0, false)(text);
  if (value > 1) throw new InvalidArgumentError("a share from 0 to 1 is wanted");
  return value;
};

const command = new Command("npm run chaos --")
  .description("Hurts a world on purpose while people chat in it, and says whether anything was lost.")
  .option("--minutes <count>", "how long people talk", number(0.1, false), 10)
  .option("--seed <number>", "chooses what is hurt when; the same again with the same seed", number(0), 1)
  .addOption(
    new Option(
      "--mode <name>",
      "single waits until everybody is back before the next fault; double does not, and a chat may end",
    )
      .choices(["single", "double"])
      .default("single"),
  )
  .option("--chats <count>", "couples that talk at one time", number(1), 250)
  .option("--regions <names>", "which regions, by comma", names, ["eu-west", "us-east"])
  .option("--pools <count>", "pools in each region", number(1), 2)
  .option("--shards <count>", "shards in each pool", number(1), 2)
  .option("--kinds <names>", `which faults, by comma (default: all): ${FAULT_KINDS.join(", ")}`, kindsIn, FAULT_KINDS)
  .option("--across <share>", "couples whose two sit in different regions, 0 to 1", share, 0.4)
  .option("--text-every-s <seconds>", "each person says something about this often", number(0.05, false), 1.5)
  .option("--end-every-s <seconds>", "a chat lasts about this long", number(1, false), 90)
  .option("--stop-s <seconds>", "how long a stopped shard stands still", number(0, false), 70)
  .option("--cut-s <seconds>", "how long a region's bus is away", number(0, false), 10)
  .option("--gap-s <seconds>", "about this long between two faults", number(0, false), 3)
  .option("--settle-s <seconds>", "how long the last texts may take", number(1, false), 120)
  .option("--seats-per-process <count>", "people in one process of talkers", number(2), 1_000)
  .option("--need-chats <count>", "chats without which the run does not count", number(0), 1_000)
  .option("--need-texts <count>", "texts …", number(0), 100_000)
  .option("--need-across-pools <share>", "share of chats between two pools …", share, 0.4)
  .option("--need-across-regions <share>", "share of chats between two regions …", share, 0.2)
  .option("--need-faults <count>", "faults of each kind …", number(0), 3)
  .option("--send-once", "test hook: nobody resends a text, so that the check can be seen to fail", false)
  .option("--json <file>", "also writes the verdict there")
  .option("--log <file>", "writes the processes' logs there")
  .exitOverride();

type Options = {
  readonly minutes: number;
  readonly seed: number;
  readonly mode: "single" | "double";
  readonly chats: number;
  readonly regions: readonly string[];
  readonly pools: number;
  readonly shards: number;
  readonly kinds: readonly FaultKind[];
  readonly across: number;
  readonly textEveryS: number;
  readonly endEveryS: number;
  readonly stopS: number;
  readonly cutS: number;
  readonly gapS: number;
  readonly settleS: number;
  readonly seatsPerProcess: number;
  readonly needChats: number;
  readonly needTexts: number;
  readonly needAcrossPools: number;
  readonly needAcrossRegions: number;
  readonly needFaults: number;
  readonly sendOnce: boolean;
  readonly json?: string;
  readonly log?: string;
};

const ending = new AbortController();
const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

function interrupt(): void {
  if (ending.signal.aborted) process.exit(EXIT.interrupted);
  say("stopping; once more to stop at once");
  ending.abort();
}

async function main(options: Options): Promise<number> {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env))
    if (value !== undefined && !name.startsWith("WHISPER_")) env[name] = value;
  const log = options.log === undefined ? undefined : createWriteStream(options.log);
  process.on("SIGINT", interrupt);
  process.on("SIGTERM", interrupt);
  const verdict = await runChaos({
    root: join(dirname(fileURLToPath(import.meta.url)), "../../.."),
    env,
    seed: options.seed,
    runMs: options.minutes * 60_000,
    mode: options.mode,
    couples: options.chats,
    regions: options.regions,
    pools: options.pools,
    shards: options.shards,
    acrossRegions: options.across,
    textEveryMs: options.textEveryS * 1_000,
    endEveryMs: options.endEveryS * 1_000,
    stopMs: options.stopS * 1_000,
    cutMs: options.cutS * 1_000,
    gapMs: options.gapS * 1_000,
    settleMs: options.settleS * 1_000,
    seatsPerProcess: options.seatsPerProcess,
    sendsOnce: options.sendOnce,
    needs: {
      chats: options.needChats,
      texts: options.needTexts,
      acrossPools: options.needAcrossPools,
      acrossRegions: options.needAcrossRegions,
      faultsEach: options.needFaults,
      kinds: options.kinds,
      mayEndChats: options.mode === "double",
    },
    signal: ending.signal,
    say,
    onLog: (piece) => void log?.write(piece),
  });
  const { seed, mode } = options;
  const text = JSON.stringify({ seed, mode, ...verdict });
  say(summaryOf(verdict));
  process.stdout.write(`${text}\n`);
  if (options.json !== undefined) await writeFile(options.json, `${text}\n`);
  log?.end();
  return ending.signal.aborted ? EXIT.interrupted : EXIT[verdict.verdict];
}

try {
  process.exitCode = await main(command.parse().opts<Options>());
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : EXIT.usage;
  else {
    await stopChildren();
    say(error instanceof WorldFault ? error.message : error instanceof Error ? (error.stack ?? "") : String(error));
    process.exitCode = EXIT.fault;
  }
}
