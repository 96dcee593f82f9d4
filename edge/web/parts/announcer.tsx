import type { View } from "@whisper/shared/client/view";
import { useState } from "preact/hooks";
import { announcementOf } from "../announce.ts";
import { useViewStep } from "../hooks/use-view.ts";

/** The page's live region: what changes is said once, politely, whatever scene is shown. */
export function Announcer({ view }: { readonly view: View }) {
  const [said, setSaid] = useState({ text: "", no: 0 });
  useViewStep(view, (before, next) => {
    const text = announcementOf(before, next);
    if (text !== undefined) setSaid(({ no }) => ({ text, no: no + 1 }));
  });
  return (
    <div class="unseen" role="status" aria-live="polite">
      <p key={said.no}>{said.text}</p>
    </div>
  );
}
