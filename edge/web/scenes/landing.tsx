import { INTERESTS_MAX } from "@whisper/shared/limits";
import { secondsLeft } from "../countdown.ts";
import { useNow } from "../hooks/use-now.ts";
import { useOnline } from "../hooks/use-online.ts";
import { useSceneFocus } from "../hooks/use-scene-focus.ts";
import { LanguagePicker } from "../parts/language-picker.tsx";
import { Wordmark } from "../parts/mark.tsx";
import { TagPicker } from "../parts/tag-picker.tsx";
import { words } from "../words.ts";
import type { SceneProps } from "./props.ts";

/** The first thing a stranger sees: what this is, what to talk about, what we promise. */
export function Landing(props: SceneProps & { readonly isFirst: boolean }) {
  const heading = useSceneFocus<HTMLHeadingElement>(!props.isFirst);
  const { view, wish, page, world } = props;
  const online = useOnline(world.edge, world.fetch);
  const note = view.now.scene === "idle" && view.now.note !== undefined ? words.landing.note[view.now.note] : "";
  return (
    <main class="landing">
      <header class="landing-head">
        <Wordmark />
        <h1 ref={heading} tabIndex={-1}>
          {words.landing.heading}
        </h1>
        <p class="tagline">{words.landing.tagline}</p>
        <p class="online">
          {online === undefined ? null : (
            <>
              <i class={online > 0 ? "pulse" : "pulse pulse-quiet"} aria-hidden="true" />
              {words.landing.online(online)}
            </>
          )}
        </p>
      </header>
      <section class="landing-pick" aria-labelledby="pick-title">
        {note === "" ? null : <p class="strip">{note}</p>}
        <h2 id="pick-title">{words.landing.pick}</h2>
        <p class="hint">{wish.interests.length >= INTERESTS_MAX ? words.landing.full : words.landing.pickHint}</p>
        <TagPicker chosen={wish.interests} onChange={(interests) => page.setWish({ ...wish, interests })} />
        <LanguagePicker chosen={wish.languages} onChange={(languages) => page.setWish({ ...wish, languages })} />
      </section>
      <StartBar {...props} />
      <Promises />
    </main>
  );
}

function StartBar({ view, wish, page, world }: SceneProps) {
  const now = useNow(world.nowMs, 500, view.slowUntilMs !== undefined);
  const slowS = view.slowUntilMs === undefined ? 0 : secondsLeft(view.slowUntilMs, now);
  const count = wish.interests.length;
  return (
    <div class="start-bar">
      <p class="start-count">
        <span class="pips" aria-hidden="true">
          {Array.from({ length: INTERESTS_MAX }, (_, at) => (
            <i key={at} class={at < count ? "pip pip-on" : "pip"} />
          ))}
        </span>
        <span role="status">{words.landing.picked(count, INTERESTS_MAX)}</span>
      </p>
      <button type="button" class="firm start" disabled={slowS > 0} onClick={page.start}>
        {slowS > 0 ? words.landing.slow(slowS) : count === 0 ? words.landing.startPlain : words.landing.start}
      </button>
    </div>
  );
}

function Promises() {
  return (
    <section class="promises" aria-labelledby="promises-title">
      <h2 id="promises-title" class="unseen">
        {words.landing.promisesHeading}
      </h2>
      <ul class="promise-list">
        {words.landing.promises.map(([promise, how]) => (
          <li key={promise}>
            <strong>{promise}</strong> {how}
          </li>
        ))}
      </ul>
      <details class="fold">
        <summary>{words.landing.rulesHeading}</summary>
        <ul class="rules">
          {words.landing.rules.map((rule) => (
            <li key={rule}>{rule}</li>
          ))}
        </ul>
      </details>
    </section>
  );
}
