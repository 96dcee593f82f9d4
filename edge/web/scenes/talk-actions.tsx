import type { ChatId } from "@whisper/shared/base/ids";
import { useState } from "preact/hooks";
import { useArmed } from "../hooks/use-armed.ts";
import { useEscape } from "../hooks/use-escape.ts";
import { ArmedButton } from "../parts/armed-button.tsx";
import { BlockDialog } from "../parts/block-dialog.tsx";
import { ReportDialog } from "../parts/report-dialog.tsx";
import { words } from "../words.ts";
import type { SceneProps } from "./props.ts";

type Leave = "next" | "end";

/** What can be done about a conversation: end it, move on, report, block. The last two work after its end, too. */
export function TalkActions(
  props: SceneProps & {
    readonly chat: ChatId | undefined;
    readonly isBlocked: boolean;
    readonly onBlocked: (chat: ChatId | undefined) => void;
  },
) {
  const { client, view, chat } = props;
  const [open, setOpen] = useState<"report" | "block" | undefined>(undefined);
  const isOver = view.now.scene !== "chatting";
  const close = (): void => setOpen(undefined);
  return (
    <div class="talk-actions">
      {isOver ? null : <LeaveButtons {...props} />}
      <button type="button" class="small" disabled={chat === undefined} onClick={() => setOpen("report")}>
        {words.chat.report}
      </button>
      <button
        type="button"
        class="small"
        disabled={chat === undefined || props.isBlocked}
        onClick={() => setOpen("block")}
      >
        {words.chat.block}
      </button>
      {open === "report" ? (
        <ReportDialog transcript={view.transcript} notice={view.notice} onReport={client.report} onClose={close} />
      ) : null}
      {open === "block" ? (
        <BlockDialog
          isOver={isOver}
          onClose={close}
          onBlock={() => {
            close();
            props.onBlocked(chat);
            client.block();
          }}
        />
      ) : null}
    </div>
  );
}

function LeaveButtons({ client, wish, world }: SceneProps) {
  const armed = useArmed<Leave>(world.nowMs, (leave) => (leave === "end" ? client.end() : client.next(wish.interests)));
  useEscape(() => armed.press("end"));
  return (
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
  );
}
