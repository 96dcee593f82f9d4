import type { ClientWorld, View, WhisperClient } from "@whisper/shared/client/view";
import type { Wish } from "../interests.ts";

/** What the page needs from the browser, beside the client. */
export type PageWorld = Pick<ClientWorld, "edge" | "fetch" | "nowMs" | "tab" | "device">;

/** What every scene is given. */
export type SceneProps = {
  readonly client: WhisperClient;
  readonly world: PageWorld;
  readonly view: View;
  readonly wish: Wish;
  readonly page: PageActions;
};

/** What scenes may ask of the page around them. */
export type PageActions = {
  /** Remembers the wish in this browser. */
  readonly setWish: (wish: Wish) => void;
  /** Looks for someone, with the present wish. */
  readonly start: () => void;
  /** Leaves before having come in: nothing is tried any more. */
  readonly giveUp: () => void;
  /** Turns away from the conversation that ended. */
  readonly goHome: () => void;
  /** Comes in anew after the client stopped. */
  readonly comeBack: () => void;
};
