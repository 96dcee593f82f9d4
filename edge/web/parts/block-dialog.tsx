import { words } from "../words.ts";
import { Dialog } from "./dialog.tsx";

/** Asks once before a partner is blocked. */
export function BlockDialog(props: {
  readonly isOver: boolean;
  readonly onBlock: () => void;
  readonly onClose: () => void;
}) {
  return (
    <Dialog titleId="block-title" onClose={props.onClose}>
      <h2 id="block-title">{words.block.heading}</h2>
      <p>{props.isOver ? words.block.bodyEnded : words.block.body}</p>
      <div class="dialog-actions">
        <button type="button" class="quiet" onClick={props.onClose}>
          {words.block.no}
        </button>
        <button type="button" class="firm" onClick={props.onBlock}>
          {words.block.yes}
        </button>
      </div>
    </Dialog>
  );
}
