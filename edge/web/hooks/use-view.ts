import type { View, WhisperClient } from "@whisper/shared/client/view";
import { useEffect, useRef, useState } from "preact/hooks";

/** The client's view, kept current for as long as the component is shown. */
export function useView(client: WhisperClient): View {
  const [view, setView] = useState(() => client.view());
  useEffect(() => {
    setView(client.view()); // what changed between the first render and now
    return client.subscribe(setView);
  }, [client]);
  return view;
}

/** Calls `step` after each change of the view, with the one before it. */
export function useViewStep(view: View, step: (before: View, next: View) => void): void {
  const last = useRef(view);
  useEffect(() => {
    const before = last.current;
    last.current = view;
    if (before !== view) step(before, view);
  }, [view]);
}
