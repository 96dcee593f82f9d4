import { spawn } from "node:child_process";
import { join } from "node:path";
import { systemClock } from "@whisper/shared/base/clock";
import type { RegionName } from "@whisper/shared/base/ids";
import { systemRandom } from "@whisper/shared/base/random";
import { generateSigningKey, publicHalf } from "@whisper/shared/credentials/signing-keys";
import type { MoveCounts } from "../engine/mover.ts";
import type { TicketPlace } from "../engine/tickets.ts";
import type { Run } from "./groups.ts";
import type { Measured } from "./lines.ts";
import { type Helper, pause, ROOT, startHelper } from "./processes.ts";

const REGION = "eu-west" as RegionName;
const SOCKETS = 15_000;
/** Who moves holds two sockets for a moment, and a process holds 20,000 here. */
const GENERATORS = 2;
const SHARDS = 2;
const SOCKETS_MAX = 16_000;
/** Of all people together: each says something every ten seconds. */
const TEXTS_PER_S = 1_500;
const WARM_MS = 3_000;
const LOOK_MS = 50;
const DRAIN_MS_MAX = 120_000;
/** EMQX: 250,000 connections evacuated in 500 s, as its documentation says. */
const EMQX_PER_S = 500;

type Told = MoveCounts & { readonly cpuS: number; readonly fault: string };
type Cpu = Readonly<Record<string, number>>;

const nowMs = (): number => performance.timeOrigin + performance.now();
const sumOf = (all: readonly Told[], of: (one: Told) => number): number => all.reduce((sum, one) => sum + of(one), 0);
const askAll = async (crowds: readonly Helper[], what: string, given?: unknown): Promise<readonly Told[]> =>
  (await Promise.all(crowds.map((crowd) => crowd.ask(what, given)))) as Told[];

/**
 * 15,000 people in chats on one pool, texts flowing, and `npm run drain` on it: how many move per second from the order
 * until the last is back on the other pool. Throws when a text was lost, a chat ended, a socket was lost or anybody had
 * to go by the edge.
 */
export async function measureDrain({ say, env }: Run): Promise<readonly Measured[]> {
  const key = await generateSigningKey(systemClock.nowMs(), systemRandom);
  const place: TicketPlace = { region: REGION, pools: ["p1"], key };
  const told = { root: ROOT, env, region: REGION, shards: SHARDS, socketsMax: SOCKETS_MAX, key: publicHalf(key) };
  const region = await startHelper("the region to be drained", "pool/bench/drain-process.ts", told);
  const crowds = await Promise.all(
    Array.from({ length: GENERATORS }, () => startHelper("movers", "loadtest/src/engine/mover-process.ts")),
  );
  try {
    const [url] = region.ready.urls as readonly string[];
    await Promise.all(crowds.map((crowd, at) => crowd.ask("begin", { url, place, name: `crowd ${at}` })));
    for (const step of ["sign", "open"]) await askAll(crowds, step, SOCKETS / GENERATORS);
    await askAll(crowds, "pair");
    await askAll(crowds, "talk", TEXTS_PER_S / GENERATORS);
    say(`drain: ${SOCKETS} people in ${SOCKETS / 2} chats on ${SHARDS} shards, ${TEXTS_PER_S} texts/s`);
    await pause(WARM_MS);
    return [await drained(region, crowds, env, say)];
  } finally {
    await Promise.all([...crowds, region].map((helper) => helper.stop()));
  }
}

async function drained(
  region: Helper,
  crowds: readonly Helper[],
  env: Readonly<Record<string, string>>,
  say: Run["say"],
): Promise<Measured> {
  const before = (await region.ask("cpu")) as Cpu;
  const first = await askAll(crowds, "counts");
  const fromMs = nowMs();
  const command = drainCommand(String(region.ready.opsUrl), env, say);
  let now = first;
  for (const endMs = fromMs + DRAIN_MS_MAX; sumOf(now, ({ moved }) => moved) < SOCKETS && nowMs() < endMs; ) {
    await pause(LOOK_MS);
    now = await askAll(crowds, "counts");
  }
  const after = (await region.ask("cpu")) as Cpu;
  const code = await command;
  const seconds = (Math.max(...now.map(({ movedLastMs }) => movedLastMs)) - fromMs) / 1_000;
  const end = (await askAll(crowds, "quiet")) as readonly (Told & { readonly missing: number })[];
  const missing = end.reduce((sum, one) => sum + one.missing, 0) + sumOf(end, ({ said, shown }) => said - shown);
  const bad = sumOf(end, ({ socketless, ended, odd, unticketed }) => socketless + ended + odd + unticketed);
  const fault = end.find((one) => one.fault !== "")?.fault ?? "nothing odd";
  if (missing + bad > 0 || code !== 0 || sumOf(end, ({ moved }) => moved) !== SOCKETS)
    throw new Error(
      `drain: ${missing} texts lost, ${sumOf(end, ({ ended }) => ended)} chats ended, ` +
        `${sumOf(end, ({ moved }) => moved)} moved, exit ${code}; ${fault}; ${JSON.stringify(end)}`,
    );
  tellCost(before, after, first, now, seconds, say);
  return {
    name: "region.drain_per_s",
    value: SOCKETS / seconds,
    baseline: { name: "EMQX, 250,000 in 500 s as published, sockets/s", value: EMQX_PER_S },
  };
}

function tellCost(
  before: Cpu,
  after: Cpu,
  first: readonly Told[],
  last: readonly Told[],
  seconds: number,
  say: Run["say"],
) {
  const used = Object.entries(after).map(([name, cpuS]) => [name, cpuS - (before[name] ?? 0)] as const);
  const servers = used.reduce((sum, [, cpuS]) => sum + cpuS, 0);
  const crowd = sumOf(last, ({ cpuS }) => cpuS) - sumOf(first, ({ cpuS }) => cpuS);
  const each = used.map(([name, cpuS]) => `${name} ${cpuS.toFixed(2)}`).join(", ");
  say(
    `drain: ${SOCKETS} moved in ${seconds.toFixed(2)} s; ${sumOf(last, ({ refused }) => refused)} tried again, ${sumOf(last, ({ away }) => away)} saw their partner away`,
  );
  say(`drain: ${(SOCKETS / servers).toFixed(0)} sockets per CPU-second of all servers together (${each})`);
  say(`drain: the generator used ${crowd.toFixed(2)} CPU-seconds, the servers ${servers.toFixed(2)}`);
  say(`drain: ${sumOf(last, ({ said }) => said) - sumOf(first, ({ said }) => said)} texts said meanwhile, none lost`);
}

/** `npm run drain -- --ops <url>`, as an operator runs it; resolves with its exit code. */
function drainCommand(opsUrl: string, env: Readonly<Record<string, string>>, say: Run["say"]): Promise<number> {
  const child = spawn(process.execPath, [join(ROOT, "pool/src/drain/cli.ts"), "--ops", opsUrl], {
    env: { ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    for (const line of text.trim().split("\n")) say(`drain: ${line}`);
  });
  return new Promise((resolve) => child.once("exit", (code) => resolve(code ?? 1)));
}
