import { readFileSync } from "node:fs";
import { startProfiler } from "./profiler.ts";

type Ask = { readonly n: number; readonly ask: string };
/** What a process of the bench can be asked beside what all of them can. */
export type Answers = Readonly<Record<string, () => unknown>>;

/**
 * User memory of this process in bytes after two collections: anonymous pages and what was swapped out of them, from
 * the kernel's own count (proc(5), smaps_rollup). Resident size would move with page reclaim. Needs `--expose-gc`.
 */
async function memoryBytes(): Promise<number> {
  if (globalThis.gc === undefined) throw new Error("start this process with --expose-gc");
  for (let i = 0; i < 2; i++) {
    await globalThis.gc({ execution: "async", type: "major", flavor: "last-resort" });
    await new Promise((resolve) => setImmediate(resolve));
  }
  const rollup = readFileSync("/proc/self/smaps_rollup", "utf8");
  return kilobytes(rollup, "Pss_Anon") + kilobytes(rollup, "SwapPss");
}

function kilobytes(rollup: string, name: string): number {
  const found = new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(rollup);
  if (found === null) throw new Error(`this kernel does not tell ${name}`);
  return Number(found[1]) * 1_024;
}

/** CPU time of this process so far, user and system, all threads, in microseconds. */
function cpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/**
 * Answers `{n, ask}` of the parent with `{n, value}` or `{n, fault}`: `cpu_us`, `memory_bytes`, `profile_start`,
 * `profile_stop`, `stop`, and what `more` holds. Tells the parent `{ready}` first. Ends, after `stop`, when it is
 * told to or when the parent is gone.
 */
export function answerAsks(ready: object, more: Answers = {}, stop: () => Promise<void> = async () => {}): void {
  const profiler = startProfiler();
  const answers: Answers = {
    cpu_us: cpuUs,
    memory_bytes: memoryBytes,
    profile_start: () => profiler.start(),
    profile_stop: () => profiler.stop(),
    ...more,
  };
  const leave = (): void => void stop().finally(() => process.exit(0));
  const tell = (word: object): void => void process.send?.(word);
  process.on("message", ({ n, ask }: Ask) => {
    if (ask === "stop") return leave();
    Promise.resolve(answers[ask]?.()).then(
      (value) => tell({ n, value: value ?? null }),
      (error: unknown) => tell({ n, fault: error instanceof Error ? error.message : String(error) }),
    );
  });
  process.once("disconnect", leave);
  tell({ ready });
}
