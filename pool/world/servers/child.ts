import { type ChildProcess, spawn } from "node:child_process";
import { unwatch, watch } from "./watchdog.ts";

const OUTPUT_CHARS_MAX = 16_384;
/** A part that takes longer is killed, so that a whole world stops within 5 s. */
const STOP_MS = 3_000;

/** What the person at the terminal must read: no stack, no cause, just what is wrong and what to do. */
export class WorldFault extends Error {
  override readonly name = "WorldFault";
}

/** A running child process, in a process group of its own, that dies when we do. */
export type Child = {
  readonly pid: number;
  readonly process: ChildProcess;
  /** The last 16 KiB that it wrote to its outputs. */
  output(): string;
  /** Whether it still runs. */
  alive(): boolean;
  /** Resolves when it is gone, however that came. */
  readonly gone: Promise<void>;
  /** SIGTERM (or another), and SIGKILL for the whole group after 3 s; resolves when it is gone. */
  stop(signal?: "SIGTERM" | "SIGINT"): Promise<void>;
  /** SIGKILL for the whole group; resolves when it is gone. */
  kill(): Promise<void>;
};

export type ChildOptions = {
  /** How it is called in faults. */
  readonly name: string;
  /** Where the program may be; the first that exists is taken. */
  readonly programs: readonly string[];
  readonly args: readonly string[];
  /** What to say when no program exists. */
  readonly missing: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Called with each piece of what it writes to standard error. */
  readonly onStderr?: (piece: string) => void;
  /** Keeps its standard input open as long as we live, for programs that end when it closes. */
  readonly holdStdin?: boolean;
};

const isMissing = (error: unknown): boolean =>
  error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR");

const running = new Set<Child>();
let isClosing = false;

/** Ends every child of this process, for a Ctrl-C in the middle of a start; after it none starts any more. */
export async function stopChildren(): Promise<void> {
  isClosing = true;
  await Promise.all([...running].map((child) => child.stop()));
}

/** Starts one program; rejects with a `WorldFault` when it is missing. Says nothing about whether it is ready. */
export async function startChild(options: ChildOptions): Promise<Child> {
  for (const program of isClosing ? [] : options.programs) {
    const child = await spawned(program, options);
    if (child !== undefined) return keep(child, options);
  }
  throw new WorldFault(isClosing ? `${options.name} was not started: we are stopping` : options.missing);
}

function spawned(program: string, options: ChildOptions): Promise<ChildProcess | undefined> {
  return new Promise((resolve, reject) => {
    // Its own process group, so that a Ctrl-C in the terminal reaches only us and the order of stopping stays ours.
    const child = spawn(program, options.args, {
      detached: true,
      stdio: [options.holdStdin === true ? "pipe" : "ignore", "pipe", "pipe"],
      ...(options.env === undefined ? {} : { env: options.env }),
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    child.once("spawn", () => resolve(child));
    child.once("error", (error) => (isMissing(error) ? resolve(undefined) : reject(error)));
  });
}

function keep(child: ChildProcess, options: ChildOptions): Child {
  const { pid } = child;
  if (pid === undefined) throw new WorldFault(`${options.name} has no process`);
  watch(pid);
  let output = "";
  const note = (piece: string): void => {
    output = (output + piece).slice(-OUTPUT_CHARS_MAX);
  };
  child.stdout?.setEncoding("utf8").on("data", note);
  child.stdin?.on("error", () => {
    // The child has closed its end: that it is gone is told by `gone`.
  });
  child.stderr?.setEncoding("utf8").on("data", (piece: string) => {
    note(piece);
    options.onStderr?.(piece);
  });
  let alive = true;
  const gone = new Promise<void>((resolve) => {
    child.once("exit", () => {
      alive = false;
      signalGroup(pid, "SIGKILL"); // what it started and forgot
      unwatch(pid);
      resolve();
    });
  });
  const end = async (signal: "SIGTERM" | "SIGINT" | "SIGKILL"): Promise<void> => {
    if (!alive) return gone;
    if (signal === "SIGKILL") signalGroup(pid, signal);
    else child.kill(signal);
    const late = setTimeout(() => signalGroup(pid, "SIGKILL"), STOP_MS);
    await gone;
    clearTimeout(late);
  };
  const kept: Child = {
    pid,
    process: child,
    output: () => output,
    alive: () => alive,
    gone,
    stop: (signal = "SIGTERM") => end(signal),
    kill: () => end("SIGKILL"),
  };
  running.add(kept);
  gone.then(() => running.delete(kept));
  return kept;
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    // Nobody of the group is left, which is what the signal was for.
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}
