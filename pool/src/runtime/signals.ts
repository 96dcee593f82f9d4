import type { Clock } from "@whisper/shared/base/clock";
import { within } from "./lifecycle.ts";

/** What ends a process: the two signals, and the exit. `process` fits. */
export type Signals = {
  on(signal: "SIGINT" | "SIGTERM", heard: () => void): unknown;
  exit(code: number): void;
};

/**
 * A Ctrl-C reaches a process that npm started twice, from the terminal and from npm: so close together they are one.
 */
const SAME_SIGNAL_MS = 300;

/**
 * The first SIGTERM or SIGINT runs `stop`, a later one ends the process at once with 130. Exit 0 when all has stopped
 * in time, 1 when something failed to stop or took longer than `stopMs`.
 */
export function stopOnSignals(
  signals: Signals,
  { stopMs, clock }: { readonly stopMs: number; readonly clock: Clock },
  stop: () => Promise<readonly string[]>,
): void {
  let firstMs: number | undefined;
  const onSignal = (): void => {
    const nowMs = clock.nowMs();
    if (firstMs !== undefined) {
      if (nowMs - firstMs > SAME_SIGNAL_MS) signals.exit(130);
      return;
    }
    firstMs = nowMs;
    within(stopMs, stop()).then(
      (failed) => signals.exit(failed === "late" || failed.length > 0 ? 1 : 0),
      () => signals.exit(1),
    );
  };
  signals.on("SIGINT", onSignal);
  signals.on("SIGTERM", onSignal);
}
