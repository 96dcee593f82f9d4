import { INTERESTS_MAX } from "@whisper/shared/limits";
import { useState } from "preact/hooks";
import { CATEGORIES, CATEGORY_NAMES, type OwnTag, ownTags, tagWords, toggled, withOwnTag } from "../interests.ts";
import { words } from "../words.ts";

type Props = { readonly chosen: readonly string[]; readonly onChange: (chosen: readonly string[]) => void };

/** Up to five interests: those offered, by category, and a person's own. */
export function TagPicker({ chosen, onChange }: Props) {
  const isFull = chosen.length >= INTERESTS_MAX;
  const own = ownTags(chosen);
  const tag = (name: string) => (
    <li key={name}>
      <button
        type="button"
        class="tag"
        aria-pressed={chosen.includes(name)}
        aria-disabled={isFull && !chosen.includes(name)}
        onClick={() => onChange(toggled(chosen, name, INTERESTS_MAX))}
      >
        {tagWords(name)}
      </button>
    </li>
  );
  return (
    <div class={isFull ? "picker picker-full" : "picker"}>
      {CATEGORY_NAMES.map((category) => (
        <section class="picker-row" key={category} aria-labelledby={`category-${category}`}>
          <h3 id={`category-${category}`}>{words.category[category]}</h3>
          <ul>{CATEGORIES[category].map(tag)}</ul>
        </section>
      ))}
      <section class="picker-row" aria-labelledby="category-own">
        <h3 id="category-own">{words.landing.own}</h3>
        <ul>
          {own.map(tag)}
          {isFull ? null : (
            <li>
              <OwnTagField chosen={chosen} onChange={onChange} />
            </li>
          )}
        </ul>
      </section>
    </div>
  );
}

function OwnTagField({ chosen, onChange }: Props) {
  const [typed, setTyped] = useState("");
  const [fault, setFault] = useState<Extract<OwnTag, { ok: false }>["why"]>("empty");
  const add = (): void => {
    const added = withOwnTag(chosen, typed);
    setFault(added.ok ? "empty" : added.why);
    if (!added.ok) return;
    setTyped("");
    onChange(added.interests);
  };
  return (
    <form
      class="own-tag"
      onSubmit={(event) => {
        event.preventDefault();
        add();
      }}
    >
      <input
        value={typed}
        onInput={(event) => setTyped(event.currentTarget.value)}
        aria-label={words.landing.ownLabel}
        aria-describedby="own-tag-fault"
        placeholder={words.landing.ownPlaceholder}
        autocomplete="off"
        autocapitalize="none"
        enterkeyhint="done"
      />
      <button type="submit" class="quiet" disabled={typed.trim() === ""}>
        {words.landing.ownAdd}
      </button>
      <p class="fault" id="own-tag-fault" role="status">
        {words.landing.ownFault[fault]}
      </p>
    </form>
  );
}
