import { LANGUAGES_MAX } from "@whisper/shared/limits";
import { LANGUAGES_OFFERED, languageWords, toggled } from "../interests.ts";
import { words } from "../words.ts";

/** Up to three languages, folded away until wanted. */
export function LanguagePicker(props: {
  readonly chosen: readonly string[];
  readonly onChange: (chosen: readonly string[]) => void;
}) {
  const { chosen, onChange } = props;
  const isFull = chosen.length >= LANGUAGES_MAX;
  return (
    <details class="fold">
      <summary>
        {words.landing.languages}
        <span class="fold-now">
          {chosen.length === 0 ? words.landing.languagesAny : chosen.map(languageWords).join(", ")}
        </span>
      </summary>
      <p class="hint">{words.landing.languagesHint}</p>
      <ul class={isFull ? "tags picker-full" : "tags"}>
        {LANGUAGES_OFFERED.map((tag) => (
          <li key={tag}>
            <button
              type="button"
              class="tag"
              lang={tag}
              aria-pressed={chosen.includes(tag)}
              aria-disabled={isFull && !chosen.includes(tag)}
              onClick={() => onChange(toggled(chosen, tag, LANGUAGES_MAX))}
            >
              {languageWords(tag)}
            </button>
          </li>
        ))}
      </ul>
    </details>
  );
}
