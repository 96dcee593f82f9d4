import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { secondsLeft } from "../countdown.ts";
import { useNow } from "../hooks/use-now.ts";
import { useTyping } from "../hooks/use-typing.ts";
import { isSendable, pointsLeft } from "../text-points.ts";
import { words } from "../words.ts";
import { ArrowUpIcon } from "./icons.tsx";

/** Where a person writes. What cannot be sent now stays in the box. */
export function Composer(props: {
  readonly nowMs: () => number;
  readonly slowUntilMs: number | undefined;
  readonly onSay: (text: string) => boolean;
  readonly onTyping: (isTyping: boolean) => void;
}) {
  const [text, setText] = useState("");
  const box = useRef<HTMLTextAreaElement>(null);
  const typing = useTyping(props.onTyping);
  const isSlowSet = props.slowUntilMs !== undefined;
  const now = useNow(props.nowMs, 250, isSlowSet);
  const slowS = props.slowUntilMs === undefined ? 0 : secondsLeft(props.slowUntilMs, now);
  const left = pointsLeft(text);
  const canSend = isSendable(text) && slowS === 0;
  useEffect(() => box.current?.focus({ preventScroll: true }), []);
  useLayoutEffect(() => {
    if (box.current !== null) growToText(box.current);
  }, [text]);
  const send = (): void => {
    box.current?.focus();
    if (!canSend || !props.onSay(text.trim())) return;
    setText("");
    typing.over();
  };
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <p class="composer-note" id="composer-note">
        <span class="composer-slow" aria-hidden="true">
          {slowS > 0 ? words.chat.slow(slowS) : ""}
        </span>
        {left === undefined ? null : <span class={left < 0 ? "fault" : ""}>{words.chat.left(left)}</span>}
      </p>
      <div class="composer-box">
        <textarea
          ref={box}
          rows={1}
          value={text}
          dir="auto"
          aria-label={words.chat.compose}
          aria-describedby="composer-note"
          aria-invalid={left !== undefined && left < 0}
          placeholder={words.chat.placeholder}
          enterkeyhint="send"
          onInput={(event) => {
            setText(event.currentTarget.value);
            typing.touched(event.currentTarget.value !== "");
          }}
          onKeyDown={(event) => {
            if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
            event.preventDefault();
            send();
          }}
        />
        <button type="submit" class="send" aria-label={words.chat.send} aria-disabled={!canSend}>
          {slowS > 0 ? <span aria-hidden="true">{slowS}</span> : <ArrowUpIcon />}
        </button>
      </div>
    </form>
  );
}

/** Makes the box as high as its text; its style sheet says how high at most. */
function growToText(box: HTMLTextAreaElement): void {
  box.style.height = "auto";
  box.style.height = `${box.scrollHeight}px`;
}
