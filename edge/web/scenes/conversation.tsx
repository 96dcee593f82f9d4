import type { ChatId } from "@whisper/shared/base/ids";
import { useState } from "preact/hooks";
import { useSceneFocus } from "../hooks/use-scene-focus.ts";
import { Composer } from "../parts/composer.tsx";
import { Pair, Wordmark } from "../parts/mark.tsx";
import { Notice } from "../parts/notice.tsx";
import { PartnerStrip } from "../parts/strip.tsx";
import { TagBar } from "../parts/tag-bar.tsx";
import { Transcript } from "../parts/transcript.tsx";
import { endOf } from "../showing.ts";
import { words } from "../words.ts";
import type { SceneProps } from "./props.ts";
import { TalkActions } from "./talk-actions.tsx";

/** The conversation, running or over: one scene, so that its texts stay where the reader left them. */
export function Conversation(props: SceneProps) {
  const { client, view, world, page } = props;
  const [blocked, setBlocked] = useState<ChatId | undefined>(undefined);
  const chatting = view.now.scene === "chatting" ? view.now : undefined;
  const chat = view.now.scene === "chatting" || view.now.scene === "idle" ? view.now.chat : undefined;
  const isBlocked = blocked !== undefined && blocked === chat;
  return (
    <main class="talk">
      <TalkHead {...props} />
      <TalkActions {...props} chat={chat} isBlocked={isBlocked} onBlocked={setBlocked} />
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
          <EndPanel view={view} page={page} isBlocked={isBlocked} />
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
