import { useEffect, useState } from "preact/hooks";

/** The time of `nowMs`, read anew every `everyMs` while `isRunning`; the component renders each time. */
export function useNow(nowMs: () => number, everyMs: number, isRunning = true): number {
  const [, setTurn] = useState(0);
  useEffect(() => {
    if (!isRunning) return;
    const timer = setInterval(() => setTurn((turn) => turn + 1), everyMs);
    return () => clearInterval(timer);
  }, [everyMs, isRunning]);
  return nowMs();
}
