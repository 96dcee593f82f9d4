import type { View, WhisperClient } from "@whisper/shared/client/view";
import { useEffect, useRef, useState } from "preact/hooks";
import { readWish, type Wish, writeWish } from "../interests.ts";
import type { PageActions, PageWorld } from "../scenes/props.ts";
import { type Showing, showingOf } from "../showing.ts";
import { useViewStep } from "./use-view.ts";

export type Page = {
  readonly showing: Showing;
  /** Whether nothing but the first scene has been shown yet: a page that has just loaded takes nobody's focus. */
  readonly isFirst: boolean;
  readonly wish: Wish;
  readonly actions: PageActions;
};

/** The little that the page knows beside the view: the wish, and what was put aside. */
export function usePage(client: WhisperClient, world: PageWorld, view: View): Page {
  const [wish, setWish] = useState(() => readWish(world.device));
  const [leftEnd, setLeftEnd] = useState(false);
  useEffect(() => {
    // The client found a search or a conversation in this tab's storage: the page was reloaded in the middle of it.
    if (client.view().now.scene !== "idle") client.connect();
  }, []);
  useViewStep(view, (_, next) => {
    if (next.now.scene !== "idle") setLeftEnd(false);
  });
  const actions: PageActions = {
    setWish: (next) => {
      setWish(next);
      writeWish(world.device, next);
    },
    start: () => client.seek(wish.interests, wish.languages),
    giveUp: () => {
      client.cancel();
      client.close();
    },
    goHome: () => setLeftEnd(true),
    comeBack: () => client.connect(),
  };
  const showing = showingOf(view, leftEnd);
  const first = useRef({ showing, isFirst: true });
  if (first.current.showing !== showing) first.current.isFirst = false;
  return { showing, isFirst: first.current.isFirst, wish, actions };
}
