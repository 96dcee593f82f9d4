import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { ROOT } from "../../src/bench/processes.ts";

const READY_MS = 60_000;

/** A program that runs, and what it has said so far. */
export type Running = {
  readonly process: ChildProcess;
  stdout(): string;
  stderr(): string;
  /** Its exit code, or the signal that ended it; once its outputs are closed. */
  readonly ended: Promise<number | string>;
};

/** Starts one of the repository's programs. */
export function startProgram(file: string, args: readonly string[], env: NodeJS.ProcessEnv): Running {
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", join(ROOT, file), ...args], {
    cwd: ROOT,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (piece: string) => {
    stdout += piece;
  });
  child.stderr.setEncoding("utf8").on("data", (piece: string) => {
    stderr += piece;
  });
  const ended = new Promise<number | string>((resolve) => {
    child.once("close", (code, signal) => resolve(code ?? signal ?? "unknown"));
  });
  return { process: child, stdout: () => stdout, stderr: () => stderr, ended };
}

/** Resolves when it is so; rejects after `waitMs`. */
export async function until(isSo: () => boolean | Promise<boolean>, what: string, waitMs = 50_000): Promise<void> {
  const endMs = performance.now() + waitMs;
  while (!(await isSo())) {
    if (performance.now() > endMs) throw new Error(`in vain: ${what}`);
    await pause(50);
  }
}

/** The whole product on this machine, as `npm start` starts it, on free ports. */
export type WorldProcess = { readonly url: string; readonly pid: number; stop(): Promise<void>; kill(): Promise<void> };

export async function startWorldProcess(env: NodeJS.ProcessEnv): Promise<WorldProcess> {
  const ports = { WHISPER_EDGE_PORT: "0", WHISPER_POOL_PORTS: "0", WHISPER_OPS_PORTS: "0" };
  const world = startProgram("pool/world/cli.ts", [], { ...env, ...ports });
  const ready = (): string | undefined => /whisper ready (\S+)/.exec(world.stdout())?.[1];
  await until(() => ready() !== undefined || world.process.exitCode !== null, "a world is ready", READY_MS);
  const url = ready();
  if (url === undefined) throw new Error(`the world did not start:\n${world.stderr()}`);
  const end = async (signal: "SIGINT" | "SIGKILL"): Promise<void> => {
    world.process.kill(signal);
    await world.ended;
  };
  return { url, pid: world.process.pid ?? 0, stop: () => end("SIGINT"), kill: () => end("SIGKILL") };
}
