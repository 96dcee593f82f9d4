import { useEffect, useRef, useState } from "preact/hooks";
import { useEscape } from "../hooks/use-escape.ts";
import { useSceneFocus } from "../hooks/use-scene-focus.ts";
import { Pair, Wordmark } from "../parts/mark.tsx";
import { loadTurnstile } from "../turnstile.ts";
import { words } from "../words.ts";
import type { SceneProps } from "./props.ts";

type Asked = { readonly sitekey: string; readonly action: string };

/** The edge wants to know that a person is here. */
export function Challenge({ client, page, asked }: SceneProps & { readonly asked: Asked }) {
  const heading = useSceneFocus<HTMLHeadingElement>();
  const box = useRef<HTMLDivElement>(null);
  const [hasFailed, setHasFailed] = useState(false);
  const [turn, setTurn] = useState(0);
  useEscape(page.giveUp);
  useEffect(() => {
    let undo: (() => void) | undefined;
    let isGone = false;
    loadTurnstile().then(
      (turnstile) => {
        if (isGone || box.current === null) return;
        const widget = turnstile.render(box.current, {
          sitekey: asked.sitekey,
          action: asked.action,
          callback: client.answerChallenge,
          "error-callback": () => {
            setHasFailed(true);
            return true; // we show it ourselves
          },
        });
        if (widget !== undefined) undo = () => turnstile.remove(widget);
      },
      () => setHasFailed(true),
    );
    return () => {
      isGone = true;
      undo?.();
    };
  }, [asked.sitekey, asked.action, turn]);
  return (
    <main class="meeting">
      <Wordmark />
      <div class="meeting-middle">
        <Pair mood="apart" />
        <h1 ref={heading} tabIndex={-1}>
          {words.challenge.heading}
        </h1>
        <p class="hint">{words.challenge.body}</p>
        <div class="challenge-box" ref={box} />
        {hasFailed ? (
          <p class="fault" role="alert">
            {words.challenge.failed}
          </p>
        ) : null}
      </div>
      <div class="answers">
        {hasFailed ? (
          <button
            type="button"
            class="firm"
            onClick={() => {
              setHasFailed(false);
              setTurn(turn + 1);
            }}
          >
            {words.challenge.again}
          </button>
        ) : null}
        <button type="button" class="quiet" onClick={page.giveUp}>
          {words.challenge.cancel}
        </button>
      </div>
    </main>
  );
}
