import { useState } from "preact/hooks";
import { useArmed } from "../hooks/use-armed.ts";
import { useEscape } from "../hooks/use-escape.ts";
import { useSceneFocus } from "../hooks/use-scene-focus.ts";
import { ArmedButton } from "../parts/armed-button.tsx";
import { BlockDialog } from "../parts/block-dialog.tsx";
import { Composer } from "../parts/composer.tsx";
import { Pair, Wordmark } from "../parts/mark.tsx";
import { Notice } from "../parts/notice.tsx";
import { ReportDialog } from "../parts/report-dialog.tsx";
import { PartnerStrip } from "../parts/strip.tsx";
import { TagBar } from "../parts/tag-bar.tsx";
import { Transcript } from "../parts/transcript.tsx";
import { endOf } from "../showing.ts";
import { words } from "../words.ts";
import type { SceneProps } from "./props.ts";

type Leave = "next" | "end";
type Open = "report" | "block" | undefined;

/** The conversation, running or over: one scene, so that its texts stay where the reader left them. */
export function Conversation(props: SceneProps) {
  const { client, view, wish, world, page } = props;
  const [open, setOpen] = useState<Open>(undefined);
  const [blocked, setBlocked] = useState<string | undefined>(undefined);
  const chatting = view.now.scene === "chatting" ? view.now : undefined;
  const chat = view.now.scene === "chatting" || view.now.scene === "idle" ? view.now.chat : undefined;
  const armed = useArmed<Leave>(world.nowMs, (leave) => (leave === "end" ? client.end() : client.next(wish.interests)));
  useEscape(() => chatting !== undefined && armed.press("end"));
  return (
    <main class={chatting === undefined ? "talk talk-over" : "talk"}>
      <TalkHead {...props} />
      <div class="talk-actions">
        <button type="button" class="small" disabled={chat === undefined} onClick={() => setOpen("report")}>
          {words.chat.report}
        </button>
        <button
          type="button"
          class="small"
          disabled={chat === undefined || blocked === chat}
          onClick={() => setOpen("block")}
        >
          {words.chat.block}
        </button>
        {chatting === undefined ? null : (
          <span class="talk-leave">
            <ArmedButton
              action="end"
              armed={armed}
              label={words.chat.end}
              sure={words.chat.endSure}
              look="small small-lined"
            />
            <ArmedButton
              action="next"
              armed={armed}
              label={words.chat.next}
              sure={words.chat.nextSure}
              look="small small-firm"
            />
          </span>
        )}
      </div>
      <section class="talk-body" aria-label={words.chat.log}>
        {view.connection !== "open" && chatting !== undefined ? (
          <p class="strip strip-top">
            {view.connection === "reconnecting" ? words.chat.reconnecting : words.chat.returning}
          </p>
        ) : null}
        <Transcript
          transcript={view.transcript}
          isPartnerTyping={chatting?.partnerTyping === true}
          isOver={chatting === undefined}
          empty={<p class="begin">{chatting === undefined ? "" : words.chat.begin}</p>}
        />
        {chatting === undefined ? (
          <EndPanel view={view} page={page} isBlocked={blocked !== undefined && blocked === chat} />
        ) : (
          <>
            <PartnerStrip awayUntilMs={chatting.partnerAwayUntilMs} nowMs={world.nowMs} />
            <Composer
              key={chatting.chat}
              nowMs={world.nowMs}
              slowUntilMs={view.slowUntilMs}
              onSay={client.say}
              onTyping={client.typing}
            />
          </>
        )}
        <Notice notice={view.notice} />
      </section>
      {open === "report" ? (
        <ReportDialog
          transcript={view.transcript}
          notice={view.notice}
          onReport={client.report}
          onClose={() => setOpen(undefined)}
        />
      ) : null}
      {open === "block" ? (
        <BlockDialog
          isOver={chatting === undefined}
          onClose={() => setOpen(undefined)}
          onBlock={() => {
            setOpen(undefined);
            setBlocked(chat);
            client.block();
          }}
        />
      ) : null}
    </main>
  );
}

function TalkHead({ view }: SceneProps) {
  const chatting = view.now.scene === "chatting" ? view.now : undefined;
  const isApart = chatting === undefined || chatting.partnerAwayUntilMs !== undefined;
  return (
    <header class="talk-head">
      <Wordmark />
      <div class="talk-who">
        <Pair mood={isApart ? "apart" : "near"} />
        <div>
          <h1>{words.chat.partner}</h1>
          {chatting === undefined ? null : (
            <>
              <p class="talk-about">{chatting.shared.length === 0 ? words.chat.noneShared : words.chat.about}</p>
              <TagBar tags={chatting.shared} label={words.chat.about} />
            </>
          )}
        </div>
      </div>
      {chatting === undefined ? null : <p class="talk-hint">{words.chat.hint}</p>}
    </header>
  );
}

function EndPanel({ view, page, isBlocked }: Pick<SceneProps, "view" | "page"> & { readonly isBlocked: boolean }) {
  const heading = useSceneFocus<HTMLHeadingElement>();
  const end = endOf(view) ?? "ended";
  return (
    <div class="end-panel">
      <div>
        <h2 ref={heading} tabIndex={-1}>
          {words.ended.heading[end]}
        </h2>
        <p class="hint">{isBlocked ? words.block.done : words.ended.hint[end]}</p>
      </div>
      <div class="end-actions">
        <button type="button" class="quiet" onClick={page.goHome}>
          {words.ended.home}
        </button>
        <button type="button" class="firm" onClick={page.start}>
          {words.ended.next}
        </button>
      </div>
    </div>
  );
}
