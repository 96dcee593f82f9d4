/** A countdown between two parentheses, which grow shorter as time runs. `mine` is lit once the person has accepted. */
export function Ring(props: {
  readonly share: number;
  readonly seconds: number;
  readonly unit: string;
  readonly isMineLit: boolean;
}) {
  const dash = `${props.share.toFixed(4)} 2`;
  return (
    <div class={props.seconds <= 5 ? "ring ring-late" : "ring"} aria-hidden="true">
      <svg viewBox="0 0 200 200" aria-hidden="true" focusable="false">
        <g class="ring-track">
          <path d="M74 184A88 88 0 0 1 74 16" />
          <path d="M126 184A88 88 0 0 0 126 16" />
        </g>
        <path
          class={props.isMineLit ? "ring-me ring-lit" : "ring-me"}
          d="M74 184A88 88 0 0 1 74 16"
          pathLength={1}
          stroke-dasharray={dash}
        />
        <path class="ring-them" d="M126 184A88 88 0 0 0 126 16" pathLength={1} stroke-dasharray={dash} />
      </svg>
      <p class="ring-number">
        {props.seconds}
        <span class="ring-unit">{props.unit}</span>
      </p>
    </div>
  );
}
