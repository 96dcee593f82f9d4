import { words } from "../words.ts";

/** The name between its two parentheses: two people, leaning in. */
export function Wordmark() {
  return (
    <p class="wordmark">
      <span class="wordmark-side" aria-hidden="true">
        (
      </span>
      {words.name}
      <span class="wordmark-side" aria-hidden="true">
        )
      </span>
    </p>
  );
}

/** The two parentheses by themselves. `mood` says how they stand: one alone, both near, both away from each other. */
export function Pair({ mood }: { readonly mood: "seeking" | "near" | "apart" | "closed" }) {
  return (
    <svg class={`pair pair-${mood}`} viewBox="0 0 160 120" aria-hidden="true" focusable="false">
      <path class="pair-me" d="M62 14C34 40 34 80 62 106" />
      <path class="pair-them" d="M98 14C126 40 126 80 98 106" />
    </svg>
  );
}
