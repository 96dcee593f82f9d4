import type { WorkerTick } from "../plan/plan.ts";

/** What those who drive people tell the one who conducts. Parts are named for people: "worker 3". */
export type PartEvents = {
  tick(part: string, tick: WorkerTick): void;
  /** A part is gone before it was done; told once of each. `lastWords` may be empty. */
  lost(part: string, why: string, lastWords: string): void;
};

/** Those who drive the people of a run: processes of this machine, or of others. */
export type Parts = {
  readonly names: readonly string[];
  /** All begin at this moment of the system's clock. */
  begin(startAtMs: number): void;
  /** People leave, then the parts say that they are done. */
  stop(): void;
  /** Ends a part whose words cannot be used; it is lost. */
  lose(part: string, why: string): void;
  /** Ends everything; resolves when nothing is left. */
  end(): Promise<void>;
};
