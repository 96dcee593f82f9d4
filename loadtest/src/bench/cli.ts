import { readFileSync, writeFileSync } from "node:fs";
import { HELP, readArguments, type Wish } from "./arguments.ts";
import { MEASURES } from "./groups.ts";
import type { KillWish } from "./kills.ts";
import {
  type BenchLine,
  GROUPS,
  type GroupName,
  isBroken,
  lineOf,
  type Measured,
  NUMBERS,
  type NumberName,
} from "./lines.ts";
import { headCommit, thisMachine } from "./machine.ts";
import { putSection, sectionOf } from "./page.ts";
import { stopHelpers } from "./processes.ts";
import type { Profile } from "./profile.ts";

// `npm run bench`: see `--help`.

const tell = (line: string): void => void process.stdout.write(`${line}\n`);
const say = (line: string): void => void process.stderr.write(`${line}\n`);

/** What a child process needs; no setting of ours may leak into what is measured. */
function childEnv(): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env))
    if (value !== undefined && !name.startsWith("WHISPER_")) env[name] = value;
  return env;
}

/** Runs what gives the wanted numbers; prints each line when it is known. */
async function measure(
  group: GroupName,
  names: readonly NumberName[],
  kills: KillWish,
  profiles: Profile[] | undefined,
) {
  const [machine, commit, lines] = [thisMachine(), headCommit(), [] as BenchLine[]];
  for (const { gives, run } of MEASURES.filter((one) => one.group === group)) {
    if (!gives.some((name) => names.includes(name))) continue;
    const options = { say, env: childEnv(), kills, ...(profiles === undefined ? {} : { profiles }) };
    for (const measured of await orNothing(gives, () => run(options))) {
      if (!names.includes(measured.name)) continue;
      const line = lineOf(measured, machine, commit);
      lines.push(line);
      tell(JSON.stringify(line));
      if (isBroken(line)) process.exitCode = 1;
    }
  }
  return lines;
}

/** A measurement that went wrong prints no number, and says why; those after it are taken all the same. */
async function orNothing(gives: readonly NumberName[], run: () => Promise<readonly Measured[]>) {
  try {
    return await run();
  } catch (error) {
    say(`nothing is printed of ${gives.join(", ")}: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
    await stopHelpers();
    return [];
  }
}

async function measureAll({ names, page, kills }: Extract<Wish, { do: "measure" }>): Promise<void> {
  for (const group of GROUPS) {
    const profiles: Profile[] | undefined = page === undefined ? undefined : [];
    const lines = await measure(group, names, kills, profiles);
    if (page === undefined || profiles === undefined || lines.length === 0) continue;
    writeFileSync(page, putSection(readFileSync(page, "utf8"), group, sectionOf(lines, profiles)));
    say(`${group} is written into ${page}`);
  }
}

const wish = readArguments(process.argv.slice(2));
switch (wish.do) {
  case "help":
    tell(HELP);
    break;
  case "list":
    for (const [name, { group, unit, goal }] of Object.entries(NUMBERS))
      tell(`${group}\t${name}\t${unit}\tgoal ${goal}`);
    break;
  case "refuse":
    say(wish.why);
    process.exitCode = 2;
    break;
  default:
    process.once("SIGINT", () => void stopHelpers().finally(() => process.exit(130)));
    await measureAll(wish).finally(stopHelpers);
}
