import { fork } from "node:child_process";
import { join } from "node:path";

const ANSWER_MS_MAX = 40_000;
const STOP_MS_MAX = 5_000;

type Word = {
  readonly ready?: Readonly<Record<string, unknown>>;
  readonly n?: number;
  readonly value?: unknown;
  readonly fault?: string;
};

/** A process of the test's own that answers questions (bench/answer-asks.ts is its half). */
export type Child = {
  /** What it said when it was ready. */
  readonly ready: Readonly<Record<string, unknown>>;
  /** Rejects with what went wrong there, when the process is gone, and after 40 s. */
  ask<T>(what: string): Promise<T>;
  /** Ends it, by force after 5 s. */
  stop(): Promise<void>;
};

/** Starts a file of this folder with one JSON argument; resolves when it says that it is ready. */
export async function startChild(file: string, options: object): Promise<Child> {
  const child = fork(join(import.meta.dirname, file), [JSON.stringify(options)], {
    execArgv: ["--expose-gc", "--disable-warning=ExperimentalWarning"],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const gone = new Promise<never>((_resolve, reject) =>
    child.once("exit", (code) => reject(new Error(`${file} has ended with ${code}`))),
  );
  const ended = gone.catch(() => {}); // an end that nobody waits for is no fault
  const words = new Map<number, (word: Word) => void>();
  child.on("message", (word: Word) => words.get(word.n ?? 0)?.(word));
  const answer = (n: number, what: string): Promise<Word> => {
    let late: NodeJS.Timeout | undefined;
    const tooLate = new Promise<never>((_resolve, reject) => {
      late = setTimeout(() => reject(new Error(`${file} did not answer ${what}`)), ANSWER_MS_MAX);
    });
    const heard = new Promise<Word>((resolve) => words.set(n, resolve));
    return Promise.race([heard, gone, tooLate]).finally(() => {
      clearTimeout(late);
      words.delete(n);
    });
  };
  const { ready = {} } = await answer(0, "its start");
  let asked = 0;
  return {
    ready,
    async ask<T>(what: string): Promise<T> {
      const n = ++asked;
      const coming = answer(n, what);
      child.send({ n, ask: what });
      const { value, fault } = await coming;
      if (fault !== undefined) throw new Error(`${file}, asked for ${what}: ${fault}`);
      return value as T;
    },
    async stop() {
      if (child.connected) child.send({ n: -1, ask: "stop" });
      const late = setTimeout(() => child.kill("SIGKILL"), STOP_MS_MAX);
      await ended;
      clearTimeout(late);
    },
  };
}
