import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";

/** The repository's folder: processes of other workspaces are started by their path in it. */
export const ROOT = join(import.meta.dirname, "../../..");

/** A process of the bench: it answers questions. */
export type Helper = {
  readonly name: string;
  readonly pid: number;
  /** What it said when it was ready. */
  readonly ready: Readonly<Record<string, unknown>>;
  /**
   * Asks, and waits for the answer, at most a minute. Rejects with what went wrong there, and when the process is
   * gone.
   */
  ask(what: string, given?: unknown): Promise<unknown>;
  stop(): Promise<void>;
};

const ANSWER_MS_MAX = 60_000;
const STOP_MS_MAX = 3_000;

type Word = {
  readonly ready?: Readonly<Record<string, unknown>>;
  readonly n?: number;
  readonly value?: unknown;
  readonly fault?: string;
};
type Open = { readonly resolve: (value: unknown) => void; readonly reject: (error: Error) => void };

const running = new Set<Helper>();

/** Starts `file` (from the repository's folder) with one JSON argument; resolves when it says that it is ready. */
export async function startHelper(name: string, file: string, options: object = {}): Promise<Helper> {
  const child = fork(join(ROOT, file), [JSON.stringify(options)], {
    cwd: ROOT,
    execArgv: ["--expose-gc", "--disable-warning=ExperimentalWarning"],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const open = new Map<number, Open>();
  let asked = 0;
  let isGone = false;
  const put = (n: number, send: () => void): Promise<unknown> =>
    new Promise((resolve, reject) => {
      if (isGone) return reject(new Error(`${name} is gone`));
      const late = setTimeout(() => reject(new Error(`${name} did not answer`)), ANSWER_MS_MAX);
      const done = <T>(end: (value: T) => void): ((value: T) => void) => {
        return (value) => {
          clearTimeout(late);
          open.delete(n);
          end(value);
        };
      };
      open.set(n, { resolve: done(resolve), reject: done(reject) });
      send();
    });
  child.on("message", (word: Word) => {
    const waiting = open.get(word.ready === undefined ? (word.n ?? 0) : 0);
    if (word.fault !== undefined) waiting?.reject(new Error(`${name}: ${word.fault}`));
    else waiting?.resolve(word.ready ?? word.value);
  });
  const gone = new Promise<void>((resolve) => {
    child.once("exit", () => {
      isGone = true;
      for (const { reject } of [...open.values()]) reject(new Error(`${name} has ended`));
      resolve();
    });
  });
  const ready = (await put(0, () => {})) as Readonly<Record<string, unknown>>;
  const helper: Helper = {
    name,
    pid: child.pid ?? 0,
    ready,
    ask: (what, given) => {
      const n = ++asked;
      return put(n, () => child.send({ n, ask: what, with: given }));
    },
    stop: () => {
      running.delete(helper);
      return end(child, gone);
    },
  };
  running.add(helper);
  return helper;
}

async function end(child: ChildProcess, gone: Promise<void>): Promise<void> {
  if (child.connected) child.send({ n: -1, ask: "stop" });
  const late = setTimeout(() => child.kill("SIGKILL"), STOP_MS_MAX);
  await gone;
  clearTimeout(late);
}

/** Stops every helper that still runs. */
export async function stopHelpers(): Promise<void> {
  await Promise.all([...running].map((helper) => helper.stop()));
}

/** A whole number that a helper answered. */
export async function askNumber(helper: Helper, what: string): Promise<number> {
  const value = await helper.ask(what);
  if (typeof value !== "number") throw new Error(`${helper.name} answered ${what} with no number`);
  return value;
}

/** Waits; the spans of a measurement are all that the bench ever waits for by the clock. */
export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
