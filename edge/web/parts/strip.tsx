import { useEffect, useRef, useState } from "preact/hooks";
import { secondsLeft } from "../countdown.ts";
import { useNow } from "../hooks/use-now.ts";
import { words } from "../words.ts";

/** How long "they are back" stays. */
const BACK_MS = 4_000;

/** Shows that the partner is away and how long the chat waits, and for a moment that they are back. */
export function PartnerStrip(props: { readonly awayUntilMs: number | undefined; readonly nowMs: () => number }) {
  const isAway = props.awayUntilMs !== undefined;
  const now = useNow(props.nowMs, 500, isAway);
  const wasAway = useRef(isAway);
  const [isBack, setIsBack] = useState(false);
  useEffect(() => {
    const cameBack = wasAway.current && !isAway;
    wasAway.current = isAway;
    setIsBack(cameBack);
    if (!cameBack) return;
    const timer = setTimeout(() => setIsBack(false), BACK_MS);
    return () => clearTimeout(timer);
  }, [isAway]);
  if (props.awayUntilMs === undefined) return isBack ? <p class="strip strip-good">{words.chat.back}</p> : null;
  const left = secondsLeft(props.awayUntilMs, now);
  return <p class="strip">{left > 0 ? words.chat.away(left) : words.chat.awayLong}</p>;
}
