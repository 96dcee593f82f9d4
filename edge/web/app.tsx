import type { View, WhisperClient } from "@whisper/shared/client/view";
import { type Page, usePage } from "./hooks/use-page.ts";
import { useSeenHeight } from "./hooks/use-seen-height.ts";
import { useUnread } from "./hooks/use-unread.ts";
import { useView } from "./hooks/use-view.ts";
import { Announcer } from "./parts/announcer.tsx";
import { Challenge } from "./scenes/challenge.tsx";
import { Conversation } from "./scenes/conversation.tsx";
import { Landing } from "./scenes/landing.tsx";
import { Proposal } from "./scenes/proposal.tsx";
import type { PageWorld, SceneProps } from "./scenes/props.ts";
import { Entering, Searching } from "./scenes/searching.tsx";
import { Banned, Refused, Superseded } from "./scenes/stopped.tsx";

/** The whole page: the client's view in, one scene out. */
export function App({ client, world }: { readonly client: WhisperClient; readonly world: PageWorld }) {
  const view = useView(client);
  const page = usePage(client, world, view);
  useUnread(view);
  useSeenHeight();
  const props: SceneProps = { client, world, view, wish: page.wish, page: page.actions };
  return (
    <>
      <Announcer view={view} />
      {sceneFor(page, view, props)}
    </>
  );
}

function sceneFor({ showing, isFirst }: Page, view: View, props: SceneProps) {
  const { now, stopped, challenge } = view;
  if (showing === "banned" && stopped?.why === "banned") return <Banned {...props} stopped={stopped} />;
  if (showing === "superseded") return <Superseded {...props} />;
  if (showing === "refused" && stopped !== undefined && stopped.why !== "banned")
    return <Refused {...props} stopped={stopped} />;
  if (showing === "challenge" && challenge !== undefined) return <Challenge {...props} asked={challenge} />;
  if (showing === "entering") return <Entering {...props} />;
  if (showing === "searching" && now.scene === "seeking") return <Searching {...props} now={now} />;
  if (showing === "proposal" && now.scene === "proposed") return <Proposal key={now.chat} {...props} now={now} />;
  if (showing === "chat" || showing === "ended") return <Conversation {...props} />;
  return <Landing {...props} isFirst={isFirst} />;
}
