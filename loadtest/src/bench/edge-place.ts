import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { systemClock } from "@whisper/shared/base/clock";
import { systemRandom } from "@whisper/shared/base/random";
import { generateSigningKey } from "@whisper/shared/credentials/signing-keys";
import { type Helper, pause, ROOT, startHelper } from "./processes.ts";

export type Env = Readonly<Record<string, string>>;
export type EdgePlace = {
  readonly url: string;
  readonly directory: Helper;
  /** CPU time of the workerd that runs our Worker, in microseconds. */
  cpuUs(): number;
  stop(): Promise<void>;
};

const READY_MS_MAX = 45_000;
const WORKER_MS_MAX = 10_000;
const LOOK_MS = 100;
/** So high that a bench from one address never meets it. */
const NEVER_MET = "999999999";
/** Kernel ticks per second in /proc (USER_HZ), the same on every Linux that Node runs on. */
const TICKS_PER_S = 100;

/**
 * The edge on workerd, as `npm start` runs it, over a directory in a process of its own. `env` is what a child
 * process needs (PATH).
 */
export async function startEdge(env: Env): Promise<EdgePlace> {
  const directory = await startHelper("the directory", "pool/bench/directory-process.ts");
  const key = await generateSigningKey(systemClock.nowMs(), systemRandom);
  const edge = spawn(process.execPath, [join(ROOT, "edge/serve.ts")], {
    cwd: ROOT,
    stdio: ["pipe", "pipe", "inherit"],
    env: {
      ...env,
      WHISPER_EDGE_PORT: "0",
      WHISPER_SIGNING_KEYS: JSON.stringify([key]),
      WHISPER_SIGNING_LEAD_MS: "0",
      WHISPER_NETWORK_KEY: randomBytes(32).toString("base64url"),
      WHISPER_UPSTASH_URL: String(directory.ready.url),
      WHISPER_UPSTASH_TOKEN: String(directory.ready.token),
      WHISPER_CONNECTS_PER_MIN: NEVER_MET,
      WHISPER_DEVICES_PER_MIN: NEVER_MET,
    },
  });
  const gone = new Promise<void>((resolve) => edge.once("exit", () => resolve()));
  const stop = async (): Promise<void> => {
    edge.stdin.end(); // serve.ts ends, and takes workerd with it, when its input closes
    await gone;
    await directory.stop();
  };
  try {
    const url = await readyUrl(createInterface(edge.stdout), gone);
    const worker = await workerOf(edge.pid ?? 0, Number(new URL(url).port));
    return { url, directory, cpuUs: () => cpuUsOf(worker), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function readyUrl(lines: AsyncIterable<string>, gone: Promise<void>): Promise<string> {
  const line = (async () => {
    for await (const one of lines) return (JSON.parse(one) as { readonly ready?: string }).ready;
    return undefined;
  })();
  const late = new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), READY_MS_MAX).unref());
  const url = await Promise.race([line, gone.then(() => undefined), late]);
  if (url === undefined) throw new Error("the edge did not start");
  return url;
}

/** Everything that descends from `pid`, by process id. */
function descendants(pid: number): readonly number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const fields = statOf(Number(name));
    if (fields !== undefined) parents.set(Number(name), Number(fields[1]));
  }
  const found = [pid];
  for (const one of found) for (const [child, parent] of parents) if (parent === one) found.push(child);
  return found.slice(1);
}

/** The fields of /proc/<pid>/stat behind the program's name (state first); `undefined` when the process is gone. */
function statOf(pid: number): readonly string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return undefined; // it ended while we looked
  }
}

function cpuUsOf(pid: number): number {
  const fields = statOf(pid);
  if (fields === undefined) throw new Error("workerd has ended");
  return ((Number(fields[11]) + Number(fields[12])) * 1e6) / TICKS_PER_S;
}

/**
 * Of the two workerds that wrangler starts, the one that does not listen on the edge's port (that is wrangler's
 * proxy) runs our Worker. It may come a moment after the port answers.
 */
async function workerOf(pid: number, port: number): Promise<number> {
  const inode = listenerInode(port);
  const isWorkerd = (one: number): boolean => readlinkOr(`/proc/${one}/exe`).includes("workerd");
  const holds = (one: number): boolean =>
    readdirSync(`/proc/${one}/fd`).some((fd) => readlinkOr(`/proc/${one}/fd/${fd}`) === `socket:[${inode}]`);
  for (const until = performance.now() + WORKER_MS_MAX; performance.now() < until; await pause(LOOK_MS)) {
    const [worker, more] = descendants(pid).filter((one) => isWorkerd(one) && !holds(one));
    if (worker !== undefined && more === undefined) return worker;
  }
  throw new Error("wrangler did not start one workerd for its proxy and one for the Worker");
}

function readlinkOr(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return ""; // gone, or a kernel thread's
  }
}

/** The socket that listens on a loopback port, from /proc/net/tcp. */
function listenerInode(port: number): string {
  const LISTEN = "0A";
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  for (const line of readFileSync("/proc/net/tcp", "utf8").split("\n")) {
    const fields = line.trim().split(/\s+/);
    if (fields[1]?.endsWith(`:${hex}`) && fields[3] === LISTEN) return fields[9] ?? "";
  }
  throw new Error("nobody listens on the edge's port");
}
