import { useEffect } from "preact/hooks";

/** Keeps `--seen` the height that an on-screen keyboard leaves: Safari does not shrink `100dvh` for its own. */
export function useSeenHeight(): void {
  useEffect(() => {
    const viewport = window.visualViewport;
    if (viewport === null) return;
    const measure = (): void => {
      const isCovered = viewport.scale === 1 && window.innerHeight - viewport.height > 80;
      if (isCovered) document.documentElement.style.setProperty("--seen", `${Math.round(viewport.height)}px`);
      else document.documentElement.style.removeProperty("--seen");
    };
    viewport.addEventListener("resize", measure);
    return () => viewport.removeEventListener("resize", measure);
  }, []);
}
