import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";

/** Gives the scene's first thing the focus when the scene appears: a keyboard and a screen reader start there. */
export function useSceneFocus<E extends HTMLElement>(isWanted = true): RefObject<E | null> {
  const ref = useRef<E | null>(null);
  useEffect(() => {
    if (isWanted) ref.current?.focus({ preventScroll: true });
  }, []);
  return ref;
}
