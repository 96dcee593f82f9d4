import type { View } from "@whisper/shared/client/view";
import { useEffect, useRef } from "preact/hooks";
import { partnerLines, titleOf } from "../unread.ts";

const ICON = "/icon.svg";
const ICON_UNREAD = "/icon-unread.svg";

/** Shows in the tab's title and icon what came while the tab was hidden. */
export function useUnread(view: View): void {
  const seen = useRef(partnerLines(view.transcript));
  useEffect(() => {
    const show = (): void => {
      const all = partnerLines(view.transcript);
      if (document.visibilityState === "visible" || all < seen.current) seen.current = all;
      const unread = all - seen.current;
      document.title = titleOf(view, unread);
      const wanted = unread > 0 ? ICON_UNREAD : ICON;
      const link = document.querySelector<HTMLLinkElement>("link[rel=icon]");
      if (link !== null && link.getAttribute("href") !== wanted) link.href = wanted;
    };
    show();
    document.addEventListener("visibilitychange", show);
    return () => document.removeEventListener("visibilitychange", show);
  }, [view]);
}
