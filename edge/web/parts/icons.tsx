/** A tick: the partner's client has it. */
export const TickIcon = () => (
  <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
    <path d="M3 8.5l3.5 3.5L13 4.5" />
  </svg>
);

/** Three dots on the way. */
export const WaitingIcon = () => (
  <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
    <path d="M3 8h.01M8 8h.01M13 8h.01" />
  </svg>
);

/** Send. */
export const ArrowUpIcon = () => (
  <svg class="icon icon-large" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
    <path d="M8 13V3M3.5 7.5L8 3l4.5 4.5" />
  </svg>
);

/** To the newest text. */
export const ArrowDownIcon = () => (
  <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
    <path d="M8 3v10M3.5 8.5L8 13l4.5-4.5" />
  </svg>
);
