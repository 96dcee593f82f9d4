import { type ChildProcess, fork } from "node:child_process";
import type { ToWorker, WorkerTick } from "../plan/plan.ts";
import { tickIn } from "./worker-words.ts";

const STDERR_CHARS_MAX = 2_048;
/** A worker speaks once a second; one that speaks more than this is broken and would drown everybody. */
const WORDS_AT_ONCE_MAX = 12;
const WORDS_PER_S_MAX = 4;

/** What a worker process tells of itself. */
export type WorkerEvents = {
  tick(tick: WorkerTick): void;
  /** It ended, or had to be ended, before it was done; told once. `lastWords` are of its errors, or empty. */
  lost(why: string, lastWords: string): void;
};

/** A generator process, forked from here, that ends when we do. */
export type WorkerProcess = {
  say(word: ToWorker): void;
  /** Ends it at once because of what is said, unless it is done. */
  lose(why: string): void;
  /** Ends it without a word; resolves when it is gone. */
  end(): Promise<void>;
};

export type WorkerFile = {
  readonly path: string;
  readonly env: Readonly<Record<string, string>>;
};

/** Starts one. `nowMs` is any clock that only rises. */
export function startWorker({ path, env }: WorkerFile, nowMs: () => number, events: WorkerEvents): WorkerProcess {
  const child = fork(path, [], {
    env: { ...env },
    execArgv: ["--disable-warning=ExperimentalWarning"],
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    // A Ctrl-C in the terminal is for the conductor, which asks its workers to leave in order.
    detached: true,
  });
  const startedMs = nowMs();
  let [errors, words, isOver] = ["", 0, false];
  const over = (why: string | undefined): void => {
    if (isOver) return;
    isOver = true;
    if (why !== undefined) events.lost(why, lastWordsOf(errors));
  };
  const lose = (why: string): void => {
    over(why);
    kill(child);
  };
  child.stderr?.setEncoding("utf8").on("data", (piece: string) => {
    errors = (errors + piece).slice(-STDERR_CHARS_MAX);
  });
  child.on("message", (raw: unknown) => {
    if (isOver) return;
    if (++words > WORDS_AT_ONCE_MAX + ((nowMs() - startedMs) / 1_000) * WORDS_PER_S_MAX)
      return lose("spoke without end");
    const tick = tickIn(raw);
    if (tick === undefined) return lose("said something unreadable");
    if (tick.say === "done") over(undefined);
    events.tick(tick);
  });
  const gone = new Promise<void>((resolve) => {
    child.once("error", (error) => {
      over(`could not be started: ${error.message}`);
      resolve();
    });
    // Not "exit": what it said last is still in the pipe then.
    child.once("close", (code, signal) => {
      over(signal === null ? `ended with code ${code}` : `ended by ${signal}`);
      resolve();
    });
  });
  return {
    say: (word) => {
      if (child.connected) child.send(word, () => {}); // that it is gone is told by `close`
    },
    lose,
    async end() {
      over(undefined);
      kill(child);
      await gone;
    },
  };
}

function kill(child: ChildProcess): void {
  if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
}

/** The line of an uncaught error that says what it was, in a process's errors; else the last one. */
export function lastWordsOf(errors: string): string {
  const lines = errors.trim().split("\n");
  return (lines.findLast((line) => /^[A-Z]\w*(?: \[\w+\])?: /.test(line)) ?? lines.at(-1) ?? "").slice(0, 300);
}
