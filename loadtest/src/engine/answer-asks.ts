import { readFileSync } from "node:fs";

type Ask = { readonly n: number; readonly ask: string; readonly with?: unknown };
export type Answers = Readonly<Record<string, (given: unknown) => unknown>>;

/**
 * User memory of this process in bytes after two collections: anonymous pages and what was swapped out of them
 * (proc(5), smaps_rollup). Needs `--expose-gc`.
 */
async function memoryBytes(): Promise<number> {
  if (globalThis.gc === undefined) throw new Error("start this process with --expose-gc");
  for (let i = 0; i < 2; i++) {
    await globalThis.gc({ execution: "async", type: "major", flavor: "last-resort" });
    await new Promise((resolve) => setImmediate(resolve));
  }
  const rollup = readFileSync("/proc/self/smaps_rollup", "utf8");
  const kilobytes = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(rollup)?.[1]);
  return (kilobytes("Pss_Anon") + kilobytes("SwapPss")) * 1_024;
}

/** CPU time of this process so far, in microseconds. */
export function cpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/**
 * Answers `{n, ask, with}` of the parent with `{n, value}` or `{n, fault}`: `cpu_us`, `memory_bytes`, `stop`, and what
 * `more` holds. Tells the parent `{ready}` first. Ends, after `stop`, when it is told to or when the parent is gone.
 */
export function answerAsks(more: Answers, stop: () => void): void {
  const answers: Answers = {
    cpu_us: cpuUs,
    memory_bytes: memoryBytes,
    stop: () => {
      stop();
      setImmediate(() => process.exit(0));
    },
    ...more,
  };
  process.on("message", ({ n, ask, with: given }: Ask) => {
    Promise.resolve()
      .then(() => answers[ask]?.(given))
      .then(
        (value) => process.send?.({ n, value: value ?? null }),
        (error: unknown) => process.send?.({ n, fault: error instanceof Error ? error.message : String(error) }),
      );
  });
  process.once("disconnect", () => process.exit(0));
  process.send?.({ ready: {} });
}
