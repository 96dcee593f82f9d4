import type { Line, View } from "@whisper/shared/client/view";
import { words } from "./words.ts";

/** How many of the partner's texts there are: what a hidden page counts from. */
export const partnerLines = (transcript: readonly Line[]): number =>
  transcript.reduce((count, line) => (line.from === "partner" ? count + 1 : count), 0);

/** The tab's title: unread texts first, then what is happening. */
export function titleOf(view: View, unread: number): string {
  if (unread > 0) return words.title.unread(unread);
  if (view.stopped !== undefined) return words.title.plain;
  return words.title[view.now.scene];
}
