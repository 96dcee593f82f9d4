import type { View } from "@whisper/shared/client/view";
import { useEffect, useState } from "preact/hooks";
import { words } from "../words.ts";

/** How long a refusal stays on show. */
const SHOWN_MS = 6_000;

/** The last refusal, for a few seconds, for the eyes: the live region says it, too. Reports have their own dialog. */
export function Notice({ notice }: { readonly notice: View["notice"] }) {
  const no = notice?.no ?? 0;
  const [goneNo, setGoneNo] = useState(no); // what was there before this page is old news
  useEffect(() => {
    if (no === goneNo) return;
    const timer = setTimeout(() => setGoneNo(no), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [no]);
  if (notice === undefined || no === goneNo || notice.code.startsWith("report_")) return null;
  return (
    <p class="notice" key={no} aria-hidden="true">
      {words.notice[notice.code]}
    </p>
  );
}
