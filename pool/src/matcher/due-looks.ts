import type { Clock } from "@whisper/shared/base/clock";

/** A timer that can be called off. */
export type Timers = { after(delayMs: number, run: () => void): { stop(): void } };

/** The longest time between two looks: while somebody waits, and while nobody does or the store is away. */
const BUSY_MS = 50;
const IDLE_MS = 250;

export type Looks = {
  /** Something was added: looks within 50 ms. */
  soon(): void;
  /** No look any more; resolves when the one that runs is over. */
  stop(): Promise<void>;
};

/**
 * Looks at the due-list when its next moment comes, one look at a time: another matcher may have added something, so
 * never more than 50 ms pass while anything is in it. `look` never rejects; it says whether more is due now, and when
 * the next moment is.
 */
export function startLooks(
  clock: Clock,
  timers: Timers,
  look: (nowMs: number) => Promise<{ readonly isMore: boolean; readonly nextMs: number | undefined }>,
): Looks {
  let isStopped = false;
  let planned: { readonly atMs: number; stop(): void } | undefined;
  let running: Promise<void> | undefined;

  const within = (delayMs: number): void => {
    const atMs = clock.nowMs() + delayMs;
    // While a look runs none is planned: what it finds decides.
    if (isStopped || running !== undefined || (planned !== undefined && planned.atMs <= atMs)) return;
    planned?.stop();
    const timer = timers.after(delayMs, () => {
      planned = undefined;
      running = run();
    });
    planned = { atMs, stop: () => timer.stop() };
  };
  const run = async (): Promise<void> => {
    const { isMore, nextMs } = await look(clock.nowMs());
    running = undefined;
    within(isMore ? 0 : delayUntil(nextMs));
  };
  const delayUntil = (nextMs: number | undefined): number =>
    nextMs === undefined ? IDLE_MS : Math.min(BUSY_MS, Math.max(1, nextMs - clock.nowMs()));

  within(0);
  return {
    soon: () => within(BUSY_MS),
    async stop() {
      isStopped = true;
      planned?.stop();
      await running;
    },
  };
}
