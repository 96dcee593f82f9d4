/** What an online poll needs from the world. */
export type OnlineWorld = {
  readonly fetch: typeof fetch;
  readonly isVisible: () => boolean;
  /** Calls back when the page is shown or hidden; the answer stops it. */
  readonly onVisibility: (listener: () => void) => () => void;
  readonly setTimer: (run: () => void, delayMs: number) => unknown;
  readonly clearTimer: (timer: unknown) => void;
};

const EVERY_MS = 10_000;

/** The count in an answer of `/v1/online`, or `undefined` for anything else. */
export function onlineOf(raw: unknown): number | undefined {
  if (typeof raw !== "object" || raw === null || !("count" in raw)) return undefined;
  const { count } = raw;
  return typeof count === "number" && Number.isInteger(count) && count >= 0 ? count : undefined;
}

/** Asks every 10 s how many people are here while the page is visible. A failed try tells `undefined`, never 0. */
export function watchOnline(url: string, world: OnlineWorld, tell: (count: number | undefined) => void): () => void {
  let timer: unknown;
  let turn = 0; // answers of an earlier turn come too late
  const ask = async (mine: number): Promise<void> => {
    let count: number | undefined;
    try {
      const answer = await world.fetch(url, { headers: { accept: "application/json" } });
      count = answer.ok ? onlineOf(await answer.json()) : undefined;
    } catch {
      count = undefined; // away, or not JSON: both mean that we do not know
    }
    if (mine !== turn) return;
    tell(count);
    timer = world.setTimer(() => void ask(mine), EVERY_MS);
  };
  const stop = (): void => {
    turn += 1;
    if (timer !== undefined) world.clearTimer(timer);
    timer = undefined;
  };
  const turnTo = (): void => {
    stop();
    if (world.isVisible()) void ask(turn);
  };
  const unlisten = world.onVisibility(turnTo);
  turnTo();
  return () => {
    unlisten();
    stop();
  };
}
