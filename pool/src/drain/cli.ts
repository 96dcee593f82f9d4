import { setTimeout as pause } from "node:timers/promises";
import { Command } from "commander";
import { DrainFault, drainOf, lineOf, type OpsPort, orderDrain, undoDrain } from "./follow.ts";

// `npm run drain`: moves everybody away from a pool, and shows how far that is.

const EVERY_MS = 1_000;

type Options = {
  readonly ops: readonly string[];
  readonly region?: string;
  readonly edge: string;
  readonly undo?: true;
};

const options = new Command("npm run drain --")
  .description(
    "Moves everybody from a pool to others of its region, and shows how far that is. Exit 0: nobody left; 3: some were closed.",
  )
  .option(
    "--ops <url>",
    "the pool's ops port; may be given again",
    (url: string, all: readonly string[]) => [...all, url.replace(/\/$/, "")],
    [] as readonly string[],
  )
  .option("--region <name>", "all pools of a region, as the edge's /v1/regions names them (in development)")
  .option("--edge <url>", "where to ask for them", "http://127.0.0.1:8787")
  .option("--undo", "takes newcomers again instead")
  .addHelpText(
    "after",
    "\nExample:\n  npm run drain -- --ops http://127.0.0.1:9101\n\nA token is read from WHISPER_OPS_TOKEN.",
  )
  .parse()
  .opts<Options>();

async function opsOf({ ops, region, edge }: Options): Promise<readonly string[]> {
  if (region === undefined) return ops;
  const answer = await fetch(`${edge}/v1/regions`).catch(() => undefined);
  if (answer?.ok !== true) throw new DrainFault(`${edge}/v1/regions does not answer: give --edge, or --ops`);
  const { regions } = (await answer.json()) as { regions?: { region: string; ports?: { ops?: string }[] }[] };
  const found = regions?.find((one) => one.region === region)?.ports?.flatMap((port) => port.ops ?? []) ?? [];
  if (found.length === 0) throw new DrainFault(`no ops port of a region ${region} is told there: give --ops`);
  return [...ops, ...found];
}

async function follow(port: OpsPort): Promise<number> {
  const startedMs = performance.now();
  for (let progress = await orderDrain(port); ; progress = await drainOf(port)) {
    console.log(lineOf(port.url, progress, (performance.now() - startedMs) / 1_000));
    if (progress.state === "done" || progress.state === "open") return progress.closed > 0 ? 3 : 0;
    await pause(EVERY_MS);
  }
}

try {
  const urls = await opsOf(options);
  if (urls.length === 0) throw new DrainFault("say which pool: --ops http://127.0.0.1:9101, or --region eu-west");
  const ports = urls.map((url): OpsPort => ({ url, token: process.env.WHISPER_OPS_TOKEN }));
  if (options.undo === true) {
    for (const port of ports) console.log(lineOf(port.url, await undoDrain(port), 0));
  } else process.exitCode = Math.max(...(await Promise.all(ports.map(follow))));
} catch (error) {
  if (!(error instanceof DrainFault)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
