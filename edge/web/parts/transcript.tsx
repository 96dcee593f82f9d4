import type { Line } from "@whisper/shared/client/view";
import type { ComponentChildren } from "preact";
import { useTail } from "../hooks/use-tail.ts";
import { type Run, runState, runsOf } from "../runs.ts";
import { words } from "../words.ts";
import { ArrowDownIcon, TickIcon, WaitingIcon } from "./icons.tsx";

const TIME = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });

/** The conversation so far. It follows the newest text only while the reader is at the end. */
export function Transcript(props: {
  readonly transcript: readonly Line[];
  readonly isPartnerTyping: boolean;
  readonly isOver: boolean;
  readonly empty: ComponentChildren;
}) {
  const { transcript } = props;
  const mine = transcript.reduce((count, line) => (line.from === "me" ? count + 1 : count), 0);
  const tail = useTail(transcript.length, mine);
  return (
    <div class="transcript">
      {/* New texts are said by the page's one live region, so this one is quiet. */}
      <div
        class="transcript-box"
        ref={tail.box}
        onScroll={tail.onScroll}
        role="log"
        aria-live="off"
        aria-label={words.chat.log}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard
        tabIndex={0}
      >
        <div class="transcript-lines">
          {transcript.length === 0 ? props.empty : null}
          {runsOf(transcript).map((run) => (
            <RunOfLines key={run.key} run={run} isOver={props.isOver} />
          ))}
          {props.isPartnerTyping ? <TypingDots /> : null}
        </div>
      </div>
      {tail.fresh > 0 ? (
        <button type="button" class="fresh" onClick={tail.toEnd}>
          <ArrowDownIcon />
          {words.chat.fresh(tail.fresh)}
        </button>
      ) : null}
    </div>
  );
}

function RunOfLines({ run, isOver }: { readonly run: Run; readonly isOver: boolean }) {
  const last = run.lines.at(-1);
  const state = runState(run);
  return (
    <div class={`run run-${run.from}`}>
      <span class="unseen">{run.from === "me" ? words.chat.me : words.chat.partner}:</span>
      {run.lines.map((line) => (
        <Bubble key={line.id} line={line} isOver={isOver} />
      ))}
      <p class="run-foot">
        {last === undefined ? null : <time dateTime={new Date(last.atMs).toISOString()}>{TIME.format(last.atMs)}</time>}
        {state === undefined ? null : (
          <span class={`mark mark-${state}`}>
            {state === "delivered" ? <TickIcon /> : <WaitingIcon />}
            {words.chat.state[state]}
          </span>
        )}
      </p>
    </div>
  );
}

/** A text, as text: no markup, no links. In a chat that is over, `refused` may mean that it ended too early for it. */
function Bubble({ line, isOver }: { readonly line: Line; readonly isOver: boolean }) {
  return (
    <>
      <p class={`bubble bubble-${line.state ?? "theirs"}`} dir="auto">
        {line.text}
      </p>
      {line.state === "refused" ? (
        <p class="bubble-reason">{isOver ? words.chat.undelivered : words.chat.refused}</p>
      ) : null}
    </>
  );
}

function TypingDots() {
  return (
    <p class="run run-partner typing">
      <span class="unseen">{words.chat.typing}</span>
      <span class="bubble" aria-hidden="true">
        <i />
        <i />
        <i />
      </span>
    </p>
  );
}
