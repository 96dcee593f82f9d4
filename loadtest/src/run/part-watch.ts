import type { Clock } from "@whisper/shared/base/clock";

/** Each part is heard once a second; one that is silent for longer than this is gone. */
export const SILENT_MS_MAX = 10_000;
const LOOK_MS = 1_000;
/** People who were asked to leave have left by then. */
const STOP_MS_MAX = 15_000;

/** Gives up parts that fell silent, or go on after they should have ended. */
export class PartWatch {
  readonly #clock: Clock;
  readonly #giveUp: (part: string, why: string) => void;
  readonly #heardMs = new Map<string, number>();
  #endsMs = Number.POSITIVE_INFINITY;
  #lookedMs = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(clock: Clock, giveUp: (part: string, why: string) => void) {
    this.#clock = clock;
    this.#giveUp = giveUp;
  }

  /** Looks after these parts from now on; all should be done within `runMs` from `startAtMs`. */
  begin(parts: readonly string[], startAtMs: number, runMs: number): void {
    for (const part of parts) this.#heardMs.set(part, startAtMs);
    this.#endsMs = Math.min(this.#endsMs, startAtMs + runMs);
    this.#lookedMs = this.#clock.nowMs();
    this.#timer ??= setInterval(() => this.look(), LOOK_MS);
  }

  heard(part: string): void {
    if (this.#heardMs.has(part)) this.#heardMs.set(part, this.#clock.nowMs());
  }

  forget(part: string): void {
    this.#heardMs.delete(part);
  }

  /** They were asked to stop. */
  stopping(): void {
    this.#endsMs = Math.min(this.#endsMs, this.#clock.nowMs() + STOP_MS_MAX);
  }

  /** Gives up whoever is to be given up now. */
  look(): void {
    const nowMs = this.#clock.nowMs();
    // Whoever did not look for a while may not judge: what was said meanwhile has not been read yet.
    const isLate = nowMs - this.#lookedMs > LOOK_MS * 3;
    this.#lookedMs = nowMs;
    if (isLate) return;
    for (const [part, heardMs] of [...this.#heardMs]) {
      if (nowMs - heardMs > SILENT_MS_MAX) this.#giveUp(part, `fell silent for ${SILENT_MS_MAX / 1_000} s`);
      else if (nowMs > this.#endsMs) this.#giveUp(part, "did not end in time");
    }
  }

  end(): void {
    clearInterval(this.#timer);
    this.#heardMs.clear();
  }
}
