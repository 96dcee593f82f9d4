/** A part of a role. `start` resolves when it is ready, `stop` when it holds nothing. */
export type Part = { readonly name: string; start(): Promise<void>; stop(): Promise<void> };

/** What runs: `stop` ends the parts in reverse order, tries all of them, and names those that failed. */
export type Running = { stop(): Promise<readonly string[]> };

/** Starts parts in order. When one cannot start, those before it are stopped and its error is thrown. */
export async function startAll(parts: readonly Part[]): Promise<Running> {
  const running: Part[] = [];
  let stopping: Promise<readonly string[]> | undefined;
  const stopEach = async (): Promise<readonly string[]> => {
    const failed: string[] = [];
    for (const part of running.splice(0).reverse()) {
      try {
        await part.stop();
      } catch {
        failed.push(part.name); // the others must still be stopped; the caller says which ones failed
      }
    }
    return failed;
  };
  const stop = (): Promise<readonly string[]> => {
    stopping ??= stopEach();
    return stopping;
  };
  for (const part of parts) {
    try {
      await part.start();
    } catch (error) {
      await stop();
      throw error;
    }
    running.push(part);
  }
  return { stop };
}

/** Resolves with what `work` gives, or with `"late"` after `waitMs`; never leaves a timer behind. */
export async function within<T>(waitMs: number, work: Promise<T>): Promise<T | "late"> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<"late">((resolve) => {
    timer = setTimeout(() => resolve("late"), waitMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
