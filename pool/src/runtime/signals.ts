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

export type StopPlan = {
  readonly stopMs: number;
  readonly clock: Clock;
  /** Moves people away first; only for SIGTERM. `late`: somebody was left when its time was up. */
  readonly drain?: () => Promise<"empty" | "late">;
};

/**
 * Exit codes: all done, something failed to stop, people were left at the drain's deadline, ended by a second signal.
 */
const EXIT = { done: 0, failed: 1, late: 3, forced: 130 } as const;

/**
 * The first SIGTERM runs `drain` (if any) and then `stop`; SIGINT, or a second signal in the middle of a drain, runs
 * `stop` at once; one more ends the process on the spot with 130. Exit 0 when all has stopped in time, 3 when the
 * drain's time was up, 130 when it was cut short, 1 when something failed to stop or took longer than `stopMs`.
 */
export function stopOnSignals(
  signals: Signals,
  { stopMs, clock, drain }: StopPlan,
  stop: () => Promise<readonly string[]>,
): void {
  let lastMs = Number.NEGATIVE_INFINITY;
  let phase: "serving" | "draining" | "stopping" = "serving";
  const stopNow = (code: number): void => {
    phase = "stopping";
    within(stopMs, stop()).then(
      (failed) => signals.exit(failed === "late" || failed.length > 0 ? EXIT.failed : code),
      () => signals.exit(EXIT.failed),
    );
  };
  const leave = (away: () => Promise<"empty" | "late">): void => {
    phase = "draining";
    const then = (code: number) => (): void => {
      if (phase === "draining") stopNow(code);
    };
    away().then((end) => then(end === "late" ? EXIT.late : EXIT.done)(), then(EXIT.failed));
  };
  const onSignal = (signal: "SIGINT" | "SIGTERM") => (): void => {
    const nowMs = clock.nowMs();
    if (nowMs - lastMs <= SAME_SIGNAL_MS) return;
    lastMs = nowMs;
    if (phase === "stopping") signals.exit(EXIT.forced);
    else if (phase === "draining") stopNow(EXIT.forced);
    else if (signal === "SIGTERM" && drain !== undefined) leave(drain);
    else stopNow(EXIT.done);
  };
  signals.on("SIGINT", onSignal("SIGINT"));
  signals.on("SIGTERM", onSignal("SIGTERM"));
}
