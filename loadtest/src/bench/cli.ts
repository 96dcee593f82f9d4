import { parseArgs } from "node:util";
import { type BenchLine, GROUPS, lineOf, type Measured, NUMBERS, type NumberName, numbersOf } from "./lines.ts";
import { headCommit, thisMachine } from "./machine.ts";
import { stopHelpers } from "./processes.ts";
import { measureMemory } from "./shard-memory.ts";
import { measureTexts } from "./shard-texts.ts";
import { measureUpgrades } from "./shard-upgrades.ts";

type Say = (line: string) => void;
/** What measures which numbers. */
const MEASURES: readonly {
  readonly gives: readonly NumberName[];
  readonly run: (say: Say) => Promise<readonly Measured[]>;
}[] = [
  { gives: ["shard.idle_bytes"], run: async (say) => [await measureMemory(say)] },
  { gives: ["shard.texts_per_cpu_s", "shard.texts_with_receipts_per_cpu_s"], run: measureTexts },
  { gives: ["shard.upgrades_per_cpu_s"], run: async (say) => [await measureUpgrades(say)] },
];

const say: Say = (line) => void process.stderr.write(`${line}\n`);
const [wanted] = process.argv.slice(2);
const numbers = wanted === undefined ? (Object.keys(NUMBERS) as NumberName[]) : numbersOf(wanted);
void parseArgs;
void GROUPS;
const machine = thisMachine();
const commit = headCommit();
try {
  for (const { gives, run } of MEASURES) {
    if (!gives.some((name) => numbers?.includes(name))) continue;
    for (const measured of await run(say)) {
      const line: BenchLine = lineOf(measured, machine, commit);
      process.stdout.write(`${JSON.stringify(line)}\n`);
    }
  }
} catch (error) {
  say(error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.exitCode = 1;
}
await stopHelpers();
