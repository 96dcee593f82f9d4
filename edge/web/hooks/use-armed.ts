import { useEffect, useRef, useState } from "preact/hooks";

/** How long a first press waits for its second. */
const ARMED_MS = 4_000;
/** A second press sooner than this is the same double click. */
const TOO_SOON_MS = 350;

export type Armed<A extends string> = { readonly armed: A | undefined; readonly press: (action: A) => void };

/** Makes actions that cannot be undone ask for a second press within 4 s. */
export function useArmed<A extends string>(nowMs: () => number, run: (action: A) => void): Armed<A> {
  const [armed, setArmed] = useState<{ readonly action: A; readonly atMs: number } | undefined>(undefined);
  const runRef = useRef(run);
  runRef.current = run;
  useEffect(() => {
    if (armed === undefined) return;
    const timer = setTimeout(() => setArmed(undefined), ARMED_MS);
    return () => clearTimeout(timer);
  }, [armed]);
  const press = (action: A): void => {
    if (armed?.action !== action) {
      setArmed({ action, atMs: nowMs() });
    } else if (nowMs() - armed.atMs >= TOO_SOON_MS) {
      setArmed(undefined);
      runRef.current(action);
    }
  };
  return { armed: armed?.action, press };
}
