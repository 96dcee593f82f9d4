import { useEffect, useRef } from "preact/hooks";

/** Typing counts as over after this silence. */
const QUIET_MS = 2_000;

export type Typing = { readonly touched: (hasText: boolean) => void; readonly over: () => void };

/** Tells the partner at the first key, and when it is over: after 2 s, an emptied box, or a sent text. */
export function useTyping(tell: (isTyping: boolean) => void): Typing {
  const timer = useRef<number | undefined>(undefined);
  const over = (): void => {
    if (timer.current === undefined) return;
    window.clearTimeout(timer.current);
    timer.current = undefined;
    tell(false);
  };
  const touched = (hasText: boolean): void => {
    if (!hasText) {
      over();
      return;
    }
    if (timer.current === undefined) tell(true);
    else window.clearTimeout(timer.current);
    timer.current = window.setTimeout(over, QUIET_MS);
  };
  useEffect(() => () => window.clearTimeout(timer.current), []);
  return { touched, over };
}
