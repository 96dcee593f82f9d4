import type { Armed } from "../hooks/use-armed.ts";

/** A button that asks for a second press in its own place. */
export function ArmedButton<A extends string>(props: {
  readonly action: A;
  readonly armed: Armed<A>;
  readonly label: string;
  readonly sure: string;
  readonly look: string;
}) {
  const isArmed = props.armed.armed === props.action;
  return (
    <button
      type="button"
      class={isArmed ? `${props.look} is-armed` : props.look}
      onClick={() => props.armed.press(props.action)}
    >
      <span aria-live="polite">{isArmed ? props.sure : props.label}</span>
    </button>
  );
}
