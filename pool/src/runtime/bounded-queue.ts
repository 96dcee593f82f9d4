export type Queue<T> = {
  /** False when there is no room. */
  take(item: T): boolean;
  /** Resolves when nothing is at work and nothing waits. */
  idle(): Promise<void>;
};

/**
 * Works on items in the order in which they came, `atOnceMax` at a time, and holds no more than `queuedMax`. `work`
 * never rejects.
 */
export function createQueue<T>(atOnceMax: number, queuedMax: number, work: (item: T) => Promise<void>): Queue<T> {
  const waiting: T[] = [];
  let head = 0;
  let atWork = 0;
  const onIdle: (() => void)[] = [];
  const next = (): void => {
    while (atWork < atOnceMax && head < waiting.length) start(waiting[head++] as T);
    if (head > queuedMax || head === waiting.length) {
      waiting.splice(0, head);
      head = 0;
    }
    if (atWork === 0) for (const tell of onIdle.splice(0)) tell();
  };
  const start = (item: T): void => {
    atWork += 1;
    void work(item).then(() => {
      atWork -= 1;
      next();
    });
  };
  return {
    take(item) {
      if (waiting.length - head >= queuedMax) return false;
      waiting.push(item);
      next();
      return true;
    },
    idle: () =>
      new Promise((resolve) => {
        if (atWork === 0) resolve();
        else onIdle.push(resolve);
      }),
  };
}
