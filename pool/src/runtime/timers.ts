/** Timers of the machine, for roles that take them as an argument. */
export const systemTimers = {
  /** Runs `run` once, `delayMs` from now, unless stopped before. */
  after(delayMs: number, run: () => void): { stop(): void } {
    const timer = setTimeout(run, delayMs);
    return { stop: () => clearTimeout(timer) };
  },
};
