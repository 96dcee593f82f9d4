/** So many broken promises within this span, and the shard wishes to be started afresh. */
const BROKEN_MAX = 5;
const WITHIN_MS = 60_000;

/** Counts broken promises of ours: each costs one socket, but many mean that something here is wrong for good. */
export class Arena {
  #brokenMs: number[] = [];
  #isUnwell = false;

  broke(nowMs: number): void {
    this.#brokenMs = [...this.#brokenMs.filter((atMs) => nowMs - atMs < WITHIN_MS), nowMs].slice(-BROKEN_MAX);
    if (this.#brokenMs.length === BROKEN_MAX) this.#isUnwell = true;
  }

  /** Whether there were too many at one time; stays so to the end of the process. */
  get isUnwell(): boolean {
    return this.#isUnwell;
  }
}
