import type { Scene } from "@whisper/shared/client/view";
import { ACCEPT_WINDOW_MS } from "@whisper/shared/limits";
import { useState } from "preact/hooks";
import { secondsLeft, shareLeft } from "../countdown.ts";
import { useNow } from "../hooks/use-now.ts";
import { useSceneFocus } from "../hooks/use-scene-focus.ts";
import { Wordmark } from "../parts/mark.tsx";
import { Ring } from "../parts/ring.tsx";
import { TagBar } from "../parts/tag-bar.tsx";
import { words } from "../words.ts";
import type { SceneProps } from "./props.ts";

type Proposed = Extract<Scene, { scene: "proposed" }>;

/** Someone is there: say hello, or not. Escape does nothing here, so that nobody turns a person away by accident. */
export function Proposal({ client, world, now: proposed }: SceneProps & { readonly now: Proposed }) {
  const accept = useSceneFocus<HTMLButtonElement>();
  const now = useNow(world.nowMs, 200);
  const left = secondsLeft(proposed.untilMs, now);
  const [leftAtFirst] = useState(left); // a number that changes would be read out each second
  return (
    <main class="meeting">
      <Wordmark />
      <div class="meeting-middle">
        <Ring
          share={shareLeft(proposed.untilMs, now, ACCEPT_WINDOW_MS)}
          seconds={left}
          unit={words.proposal.unit}
          isMineLit={proposed.accepted}
        />
        <h1>{words.proposal.heading}</h1>
        <p class="hint">{proposed.shared.length === 0 ? words.proposal.noneShared : words.proposal.shared}</p>
        <TagBar tags={proposed.shared} label={words.proposal.shared} />
      </div>
      <div class="answers">
        <button
          type="button"
          class={proposed.accepted ? "firm is-waiting" : "firm"}
          ref={accept}
          aria-describedby="answer-within"
          aria-disabled={proposed.accepted}
          onClick={() => proposed.accepted || client.accept()}
        >
          {proposed.accepted ? words.proposal.waiting : words.proposal.accept}
        </button>
        <p class="unseen" id="answer-within">
          {words.proposal.left(leftAtFirst)}
        </p>
        <button type="button" class="quiet" onClick={client.decline}>
          {proposed.accepted ? words.proposal.withdraw : words.proposal.decline}
        </button>
      </div>
    </main>
  );
}
