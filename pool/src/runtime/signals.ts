import { within } from "./lifecycle.ts";

/** What ends a process: the two signals, and the exit. `process` fits. */
export type Signals = {
  on(signal: "SIGINT" | "SIGTERM", heard: () => void): unknown;
  exit(code: number): void;
};

/**
 * The first SIGTERM or SIGINT runs `stop`, a second one ends the process at once with 130. Exit 0 when all has stopped in time,
 * 1 when something failed to stop or took longer than `stopMs`.
 */
export function stopOnSignals(signals: Signals, stopMs: number, stop: () => Promise<readonly string[]>): void {
  let heard = 0;
  const onSignal = (): void => {
    heard++;
    if (heard > 1) {
      signals.exit(130);
      return;
    }
    within(stopMs, stop()).then(
      (failed) => signals.exit(failed === "late" || failed.length > 0 ? 1 : 0),
      () => signals.exit(1),
    );
  };
  signals.on("SIGINT", onSignal);
  signals.on("SIGTERM", onSignal);
}
