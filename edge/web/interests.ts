import type { Keep } from "@whisper/shared/client/view";
import { INTERESTS_MAX, LANGUAGES_MAX } from "@whisper/shared/limits";
import { interestsOf, languagesOf } from "@whisper/shared/protocol/fields";

/** The tags offered, by category. The names are those of the wire; the page shows a space for a dash. */
export const CATEGORIES = {
  technology: ["programming", "gaming", "ai", "crypto", "gadgets", "cybersecurity"],
  entertainment: ["movies", "music", "anime", "books", "tv-shows", "podcasts", "comics"],
  lifestyle: ["fitness", "cooking", "travel", "fashion", "photography", "gardening"],
  sports: ["football", "basketball", "cricket", "esports", "f1", "mma"],
  creative: ["art", "writing", "design", "filmmaking", "music-production"],
  academic: ["science", "philosophy", "history", "psychology", "mathematics", "languages"],
  social: ["relationships", "career", "mental-health", "parenting", "pets"],
  random: ["memes", "conspiracy-theories", "shower-thoughts", "unpopular-opinions", "debate"],
} as const;
export type Category = keyof typeof CATEGORIES;
export const CATEGORY_NAMES = Object.keys(CATEGORIES) as readonly Category[];

const OFFERED: ReadonlySet<string> = new Set(Object.values(CATEGORIES).flat());

/** Languages offered, as BCP 47 primary tags; each is shown by its own name. */
export const LANGUAGES_OFFERED = [
  ...["en", "es", "pt", "fr", "de", "it", "nl", "pl", "uk", "ru", "tr"],
  ...["ar", "fa", "hi", "bn", "id", "vi", "th", "ja", "ko", "zh"],
] as const;

/** What a person wants to talk about, and in which languages. */
export type Wish = { readonly interests: readonly string[]; readonly languages: readonly string[] };
export const NO_WISH: Wish = { interests: [], languages: [] };

/** Tags that are in no category: a person's own. */
export const ownTags = (interests: readonly string[]): readonly string[] =>
  interests.filter((tag) => !OFFERED.has(tag));

/** A tag as people read it. */
export const tagWords = (tag: string): string => (OFFERED.has(tag) ? tag.replaceAll("-", " ") : tag);

/** A language by its own name, `Deutsch` for `de`; the tag itself where the browser knows no name. */
export function languageWords(tag: string): string {
  return new Intl.DisplayNames([tag], { type: "language" }).of(tag) ?? tag;
}

/** `chosen` with `one` put in or taken out; unchanged when it would be more than `most`. */
export function toggled(chosen: readonly string[], one: string, most: number): readonly string[] {
  if (chosen.includes(one)) return chosen.filter((other) => other !== one);
  return chosen.length < most ? [...chosen, one] : chosen;
}

export type OwnTag =
  | { readonly ok: true; readonly interests: readonly string[] }
  | { readonly ok: false; readonly why: "empty" | "unfit" | "full" | "double" };

/** `chosen` and a tag that a person typed, folded as the server folds it; or why it cannot be added. */
export function withOwnTag(chosen: readonly string[], typed: string): OwnTag {
  if (typed.trim() === "") return { ok: false, why: "empty" };
  const folded = interestsOf([typed.replaceAll(/\s+/g, " ")]);
  const tag = folded.ok ? folded.value[0] : undefined;
  if (tag === undefined) return { ok: false, why: "unfit" };
  const dashed = tag.replaceAll(" ", "-");
  const known = OFFERED.has(dashed) ? dashed : tag;
  if (chosen.includes(known)) return { ok: false, why: "double" };
  return chosen.length < INTERESTS_MAX ? { ok: true, interests: [...chosen, known] } : { ok: false, why: "full" };
}

const KEY = "whisper.wish";

/** The wish of the last visit; what cannot be read counts as none. */
export function readWish(keep: Keep): Wish {
  const kept = keep.getItem(KEY);
  if (kept === null) return NO_WISH;
  try {
    return wishOf(JSON.parse(kept));
  } catch {
    return NO_WISH; // another program's words under our key: start afresh
  }
}

/** Remembers the wish in this browser only. */
export const writeWish = (keep: Keep, wish: Wish): void => keep.setItem(KEY, JSON.stringify(wish));

function wishOf(raw: unknown): Wish {
  if (typeof raw !== "object" || raw === null) return NO_WISH;
  const { interests, languages } = raw as { readonly [name: string]: unknown };
  const tags = interestsOf(interests);
  const tongues = languagesOf(languages);
  return {
    interests: tags.ok ? tags.value.slice(0, INTERESTS_MAX) : [],
    languages: tongues.ok ? tongues.value.slice(0, LANGUAGES_MAX) : [],
  };
}
