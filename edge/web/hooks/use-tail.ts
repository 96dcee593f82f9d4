import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

/** So close to the end counts as at the end. */
const NEAR_PX = 48;

export type Tail = {
  readonly box: RefObject<HTMLDivElement | null>;
  /** Lines that came while the reader was further up. */
  readonly fresh: number;
  readonly onScroll: () => void;
  readonly toEnd: () => void;
};

/** Keeps a box at its end while its reader is there, and never moves it while they read further up, but for `mine`. */
export function useTail(count: number, mine: number): Tail {
  const box = useRef<HTMLDivElement | null>(null);
  const isAtEnd = useRef(true);
  const last = useRef({ count, mine });
  const [fresh, setFresh] = useState(0);
  const toEnd = (): void => {
    const element = box.current;
    if (element === null) return;
    element.scrollTop = element.scrollHeight;
    isAtEnd.current = true;
    setFresh(0);
  };
  useLayoutEffect(() => {
    const before = last.current;
    last.current = { count, mine };
    if (isAtEnd.current || mine > before.mine) toEnd();
    else if (count > before.count) setFresh((known) => known + count - before.count);
  }, [count, mine]);
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    toEnd();
    // A keyboard that opens, or a box that grows as one types, must not hide the newest text.
    const watch = new ResizeObserver(() => isAtEnd.current && toEnd());
    watch.observe(element);
    if (element.firstElementChild !== null) watch.observe(element.firstElementChild);
    return () => watch.disconnect();
  }, []);
  const onScroll = (): void => {
    const element = box.current;
    if (element === null) return;
    isAtEnd.current = element.scrollHeight - element.scrollTop - element.clientHeight <= NEAR_PX;
    if (isAtEnd.current) setFresh(0);
  };
  return { box, fresh, onScroll, toEnd };
}
