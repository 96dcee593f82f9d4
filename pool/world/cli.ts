import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { systemClock } from "@whisper/shared/base/clock";
import { Command, InvalidArgumentError, Option } from "commander";
import { readSettings, refuseUnknown, SettingsFault } from "../src/runtime/settings.ts";
import { stopOnSignals } from "../src/runtime/signals.ts";
import { ENGINES, type EngineName } from "./plan.ts";
import { stopChildren, WorldFault } from "./servers/child.ts";
import { startWorld, type World } from "./world.ts";
import { WORLD_SETTINGS } from "./world-settings.ts";

const STOP_MS = 5_000;

type Arguments = {
  readonly engine: EngineName;
  readonly regions?: readonly string[];
  readonly pools: number;
  readonly shards: number;
  readonly nats: number;
};

function count(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new InvalidArgumentError("a whole number from 1 up is wanted");
  return Number(text);
}

function readArguments(argv: readonly string[]): Arguments {
  return new Command("npm start --")
    .description("The whole product on this machine. Ctrl-C stops all of it.")
    .addOption(
      new Option("--engine <name>", "embedded needs no server, real starts Redis and NATS")
        .choices(ENGINES)
        .default("embedded"),
    )
    .option("--regions <names>", "which regions, by comma (default: all that the engine can run)", (text) =>
      text.split(",").map((name) => name.trim()),
    )
    .option("--pools <count>", "pools in each region", count, 1)
    .option("--shards <count>", "shards in each pool", count, 1)
    .option("--nats <count>", "servers of each region's bus: 1, or 3 of which any may die", count, 1)
    .addHelpText("after", `\nEnvironment:\n${describeSettings()}`)
    .parse(argv)
    .opts<Arguments>();
}

const describeSettings = (): string =>
  Object.entries(WORLD_SETTINGS)
    .map(([name, { says, ...more }]) => `  ${name}: ${says}${"absent" in more ? ` (default: ${more.absent})` : ""}`)
    .join("\n");

function readEnvironment(): {
  settings: ReturnType<typeof readSettings<typeof WORLD_SETTINGS>>;
  env: Record<string, string>;
} {
  const faults: string[] = [];
  const settings = readSettings(WORLD_SETTINGS, process.env, faults);
  refuseUnknown([WORLD_SETTINGS], process.env, faults);
  if (faults.length > 0) throw new SettingsFault(faults);
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env))
    if (value !== undefined && !name.startsWith("WHISPER_")) env[name] = value;
  return { settings, env };
}

const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

const ending = new AbortController();
const PARENT_LOOK_MS = 500;

/** npm waits for what it started, so when it is gone somebody has killed it, and nobody is left to stop us. */
function followNpm(): void {
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  const look = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(look);
    process.kill(process.pid, "SIGTERM");
  }, PARENT_LOOK_MS);
  look.unref();
}

async function main(): Promise<void> {
  const wish = readArguments(process.argv);
  const { settings, env } = readEnvironment();
  followNpm();
  const starting = startWorld({
    ...wish,
    root: join(dirname(fileURLToPath(import.meta.url)), "../.."),
    env,
    edgePort: settings.WHISPER_EDGE_PORT,
    poolPorts: settings.WHISPER_POOL_PORTS,
    opsPorts: settings.WHISPER_OPS_PORTS,
    signingKeys: settings.WHISPER_SIGNING_KEYS,
    limits: { textsPerWindow: settings.WHISPER_TEXTS_PER_WINDOW, socketsMax: settings.WHISPER_SOCKETS_MAX },
    signal: ending.signal,
    say,
    onLog: (piece) => process.stderr.write(piece),
  });
  let world: World | undefined;
  const stopAll = async (): Promise<readonly string[]> => {
    if (world !== undefined) return world.stop();
    // In the middle of a start: what it waits for is ended, so it fails and clears away what it had.
    await Promise.allSettled([stopChildren(), starting]);
    return [];
  };
  stopOnSignals(process, { stopMs: STOP_MS, clock: systemClock }, async () => {
    say("stopping");
    ending.abort();
    const failed = await stopAll();
    say(failed.length === 0 ? "stopped" : `stopped, but for ${failed.join(" and ")}`);
    return failed;
  });
  world = await starting;
  process.stdout.write(`whisper ready ${world.edgeUrl}\n`);
  const lost = await world.lost;
  if (ending.signal.aborted) return;
  say(lost);
  await world.stop();
  process.exit(1);
}

main().catch((error: unknown) => {
  if (ending.signal.aborted) return; // the signal's own handler ends the process
  if (error instanceof WorldFault || error instanceof SettingsFault) say(error.message);
  else say(error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.exit(1);
});
