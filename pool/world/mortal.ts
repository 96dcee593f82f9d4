/** What can be made to fail in a world. */
export type MortalKind = "pool" | "clerk" | "matcher" | "redis" | "nats" | "gateway" | "edge" | "directory";

/**
 * A part of the world that can be killed and started again as it was: same place, same ports, same settings. What it
 * had in memory is gone. Its death by `kill` is no loss that the world tells of; any other is.
 */
export type Mortal = {
  readonly kind: MortalKind;
  /** Empty for the edge and its directory, which have none. */
  readonly region: string;
  /** A pool's name; empty for everything else. */
  readonly pool: string;
  /** The process that is it now, and of which all its other processes are children. */
  pid(): number | undefined;
  /** SIGKILL for all its processes; resolves when they are gone. */
  kill(): Promise<void>;
  /** Resolves when it serves again. */
  start(): Promise<void>;
};

type Mortally<T> = {
  readonly kind: MortalKind;
  readonly region: string;
  readonly pool?: string;
  begin(): Promise<T>;
  /** Told when it ends and nobody ended it through this. */
  lost(thing: T): void;
};
type Living = { readonly pid: number; readonly gone: Promise<void>; stop(): Promise<void>; kill(): Promise<void> };

/** Makes a part mortal. `current` is the one that runs, or ran last; `stop` ends it in order and for good. */
export function mortal<T extends Living>(options: Mortally<T>) {
  const { kind, region, pool = "", begin, lost } = options;
  let current: T | undefined;
  const ended = new WeakSet<T>();
  const start = async (): Promise<void> => {
    const started = await begin();
    current = started;
    started.gone.then(() => {
      if (!ended.has(started)) lost(started);
    });
  };
  const end = async (how: "kill" | "stop"): Promise<void> => {
    if (current === undefined) return;
    ended.add(current);
    await current[how]();
  };
  const part: Mortal = { kind, region, pool, pid: () => current?.pid, kill: () => end("kill"), start };
  return { part, start, stop: () => end("stop"), current: () => current };
}
