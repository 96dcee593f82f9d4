import type { Scene } from "@whisper/shared/client/view";
import { STAGES } from "@whisper/shared/protocol/server-frames";
import { useState } from "preact/hooks";
import { secondsGone, secondsLeft, shareLeft } from "../countdown.ts";
import { useEscape } from "../hooks/use-escape.ts";
import { useNow } from "../hooks/use-now.ts";
import { useSceneFocus } from "../hooks/use-scene-focus.ts";
import { Pair, Wordmark } from "../parts/mark.tsx";
import { TagBar } from "../parts/tag-bar.tsx";
import { words } from "../words.ts";
import type { SceneProps } from "./props.ts";

type Seeking = Extract<Scene, { scene: "seeking" }>;

/** The way in takes this long before the page admits that it is slow. */
const SLOW_MS = 6_000;

/** Between pressing start and the search: the way in, in words. */
export function Entering({ page, world }: SceneProps) {
  const heading = useSceneFocus<HTMLHeadingElement>();
  const [fromMs] = useState(world.nowMs);
  const now = useNow(world.nowMs, 1_000);
  useEscape(page.giveUp);
  return (
    <main class="meeting">
      <Wordmark />
      <div class="meeting-middle">
        <Pair mood="seeking" />
        <h1 ref={heading} tabIndex={-1}>
          {words.searching.entering}
        </h1>
        <p class="hint" role="status">
          {now - fromMs < SLOW_MS ? words.searching.enteringHint : words.searching.enteringSlow}
        </p>
      </div>
      <button type="button" class="quiet" onClick={page.giveUp}>
        {words.searching.cancel}
      </button>
    </main>
  );
}

/** The search: how wide it looks now, how long it has run, how long it will. */
export function Searching({ client, view, world, wish, now: seeking }: SceneProps & { readonly now: Seeking }) {
  const heading = useSceneFocus<HTMLHeadingElement>();
  useEscape(client.cancel);
  const now = useNow(world.nowMs, 250);
  const left = secondsLeft(seeking.untilMs, now);
  const whole = seeking.untilMs - seeking.sinceMs;
  return (
    <main class="meeting">
      <Wordmark />
      <div class="meeting-middle">
        <Pair mood="seeking" />
        <h1 ref={heading} tabIndex={-1}>
          {words.searching.heading}
        </h1>
        {view.connection === "reconnecting" ? <p class="strip">{words.searching.reconnecting}</p> : null}
        {seeking.note === "declined" ? <p class="strip">{words.searching.declined}</p> : null}
        <ol class="stages">
          {STAGES.map((stage) => (
            <li key={stage} aria-current={stage === seeking.stage ? "step" : undefined}>
              {words.searching.stage[stage]}
            </li>
          ))}
        </ol>
        <div class="search-time">
          <svg class="thread" viewBox="0 0 100 2" preserveAspectRatio="none" aria-hidden="true" focusable="false">
            <path class="thread-whole" d="M0 1H100" />
            <path class="thread-gone" d={`M0 1H${(100 * (1 - shareLeft(seeking.untilMs, now, whole))).toFixed(1)}`} />
          </svg>
          <p>
            <span>{words.searching.gone(secondsGone(seeking.sinceMs, now))}</span>
            <span>{words.searching.left(left)}</span>
          </p>
        </div>
        <TagBar tags={wish.interests} label={words.searching.about} />
      </div>
      <button type="button" class="quiet" onClick={client.cancel}>
        {words.searching.cancel}
      </button>
    </main>
  );
}
