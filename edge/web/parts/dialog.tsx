import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

/** A modal dialog of the browser's: it keeps the focus, closes on Escape or a press beside it, gives the focus back. */
export function Dialog(props: {
  readonly titleId: string;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}) {
  const ref = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const before = document.activeElement;
    const dialog = ref.current;
    dialog?.showModal();
    return () => {
      dialog?.close();
      // The browser gives the focus back only to a dialog that closes itself; ours is taken away.
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={ref}
      class="dialog"
      aria-labelledby={props.titleId}
      onCancel={(event) => {
        event.preventDefault();
        props.onClose();
      }}
      onMouseDown={(event) => event.target === event.currentTarget && props.onClose()}
    >
      <div class="dialog-body">{props.children}</div>
    </dialog>
  );
}
