import { useEffect, useRef } from "preact/hooks";

/** Runs on Escape, but not while a dialog is open (it closes itself) nor while an input method is composing. */
export function useEscape(run: () => void): void {
  const runRef = useRef(run);
  runRef.current = run;
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => {
      if (event.key !== "Escape" || event.isComposing || event.repeat) return;
      if (document.querySelector("dialog[open]") === null) runRef.current();
    };
    document.addEventListener("keydown", listen);
    return () => document.removeEventListener("keydown", listen);
  }, []);
}
