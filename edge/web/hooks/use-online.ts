import { useEffect, useState } from "preact/hooks";
import { watchOnline } from "../online.ts";

/** How many people are here; `undefined` while unknown. Asks only while the page is visible. */
export function useOnline(edge: string, fetchOnline: typeof fetch): number | undefined {
  const [count, setCount] = useState<number | undefined>(undefined);
  useEffect(
    () =>
      watchOnline(
        `${edge}/v1/online`,
        {
          fetch: fetchOnline,
          isVisible: () => document.visibilityState === "visible",
          onVisibility: (listener) => {
            document.addEventListener("visibilitychange", listener);
            return () => document.removeEventListener("visibilitychange", listener);
          },
          setTimer: (run, delayMs) => window.setTimeout(run, delayMs),
          clearTimer: (timer) => window.clearTimeout(timer as number),
        },
        setCount,
      ),
    [edge, fetchOnline],
  );
  return count;
}
