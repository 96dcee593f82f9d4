import type { Mortal } from "./mortal.ts";
import type { WorldPlan } from "./plan.ts";

/** Where the edge's directory answers. */
export type Endpoint = { readonly url: string; readonly token: string };

/** A pool that runs. */
export type PoolThere = {
  readonly region: string;
  readonly pool: string;
  readonly url: string;
  readonly opsUrl: string;
  /** The process that holds its sockets, or the supervisor of those that do. */
  readonly pid: number;
};

/** One way to run everything behind the edge. */
export type Engine = {
  /** What must be there before the edge starts; resolves when the directory can be asked. */
  openDirectory(): Promise<Endpoint>;
  /** Pools, clerks and matchers; resolves when all of them serve. */
  openPools(jwksUrl: string): Promise<readonly PoolThere[]>;
  /** Ends all of it; names the parts that failed to stop. */
  stop(): Promise<readonly string[]>;
  /** Calls back once when a part has ended that nobody stopped. */
  onLoss(lost: (what: string) => void): void;
  /** What of it can be killed and started again; empty where all of it is one process. */
  mortals(): readonly Mortal[];
};

/** What every engine is given. */
export type EngineOptions = {
  readonly plan: WorldPlan;
  /** The repository's folder. */
  readonly root: string;
  /** The environment for child processes: no `WHISPER_*` in it. */
  readonly env: Readonly<Record<string, string>>;
  readonly limits: WorldLimits;
  /** A folder that is removed at the end. */
  readonly scratch: string;
  /** Where everything listens. */
  readonly host: string;
  readonly say: (line: string) => void;
  /** Lines of logs, as they are written. */
  readonly onLog: (line: string) => void;
};

/** Bounds that a load test moves; the product's own where nothing is given. */
export type WorldLimits = {
  readonly textsPerWindow?: number;
  readonly socketsMax?: number;
  /** Sockets that one shard lets in a second. */
  readonly upgradesPerS?: number;
  /** A shard that lived this long is started again without a growing pause. */
  readonly shardWellMs?: number;
  /** How long an absence counts: declared, by silence, and by silence of another region. */
  readonly graceMs?: number;
  readonly silenceMs?: number;
  readonly partitionMs?: number;
};
