import type { Stopped } from "@whisper/shared/client/view";
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { clockWords, secondsLeft } from "../countdown.ts";
import { useNow } from "../hooks/use-now.ts";
import { useSceneFocus } from "../hooks/use-scene-focus.ts";
import { Pair, Wordmark } from "../parts/mark.tsx";
import { words } from "../words.ts";
import type { SceneProps } from "./props.ts";

/** A quiet page with one thing to say and one thing to do. */
function Quiet(props: {
  readonly heading: string;
  readonly children: ComponentChildren;
  readonly answers: ComponentChildren;
}) {
  const heading = useSceneFocus<HTMLHeadingElement>();
  return (
    <main class="meeting">
      <Wordmark />
      <div class="meeting-middle">
        <Pair mood="apart" />
        <h1 ref={heading} tabIndex={-1}>
          {props.heading}
        </h1>
        {props.children}
      </div>
      <div class="answers">{props.answers}</div>
    </main>
  );
}

/** Why a person may not chat, and until when. */
export function Banned({
  world,
  page,
  stopped,
}: SceneProps & { readonly stopped: Extract<Stopped, { why: "banned" }> }) {
  const now = useNow(world.nowMs, 1_000);
  const left = secondsLeft(stopped.untilMs, now);
  const reason = Object.hasOwn(words.banned.reasons, stopped.reason) ? words.banned.reasons[stopped.reason] : undefined;
  return (
    <Quiet
      heading={left > 0 ? words.banned.heading : words.banned.over}
      answers={
        <button type="button" class="firm" disabled={left > 0} onClick={page.comeBack}>
          {words.banned.back}
        </button>
      }
    >
      {left > 0 ? (
        <>
          <p>{reason ?? words.banned.reasonOther}</p>
          <p class="big-clock">
            <span class="unseen">{words.banned.left}: </span>
            {clockWords(left)}
          </p>
          <p class="hint">{words.banned.hint}</p>
        </>
      ) : null}
    </Quiet>
  );
}

/** Another tab has taken over. */
export function Superseded({ page }: SceneProps) {
  return (
    <Quiet
      heading={words.superseded.heading}
      answers={
        <button type="button" class="firm" onClick={page.comeBack}>
          {words.superseded.take}
        </button>
      }
    >
      <p class="hint">{words.superseded.body}</p>
    </Quiet>
  );
}

type Refusal = Extract<Stopped, { why: "refused" | "broken_client" | "superseded" | "closed" }>;

/** The edge said no, or nothing made sense: why, and when to try again. */
export function Refused({ world, page, stopped }: SceneProps & { readonly stopped: Refusal }) {
  const refused = stopped.why === "refused" ? stopped : undefined;
  const [untilMs] = useState(() => world.nowMs() + (refused?.retryAfterMs ?? 0));
  const now = useNow(world.nowMs, 500);
  const left = secondsLeft(untilMs, now);
  return (
    <Quiet
      heading={words.refused.heading}
      answers={
        <>
          <button type="button" class="firm" disabled={left > 0} onClick={page.comeBack}>
            {left > 0 ? words.refused.againIn(left) : words.refused.again}
          </button>
          <button type="button" class="quiet" onClick={page.giveUp}>
            {words.refused.home}
          </button>
        </>
      }
    >
      <p class="hint">{refused === undefined ? words.refused.broken : words.refused.code[refused.code]}</p>
    </Quiet>
  );
}
