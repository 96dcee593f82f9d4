import type { MemoOf } from "@whisper/shared/bus/memos";
import { INTERESTS_MAX, LANGUAGES_MAX } from "@whisper/shared/limits";

/** What somebody looks for, in the one form in which two of them are compared. */
export type Wanted = {
  /** Well-formed, each once, sorted: a doubled tag counts once, a comma is a letter like any other (defect 15). */
  readonly interests: readonly string[];
  readonly languages: readonly string[];
  /** The whole set as one text that no other set can spell. */
  readonly same: string;
};

const tidy = (words: readonly string[], most: number): readonly string[] =>
  [...new Set(words.map((word) => word.toWellFormed()))].slice(0, most).sort();

/**
 * Interests and languages of a seek, ready to be compared. Hostile strings are data: they end up in no name but as
 * its last part.
 */
export function wantedOf(seek: Pick<MemoOf<"seek">, "interests" | "languages">): Wanted {
  const interests = tidy(seek.interests, INTERESTS_MAX);
  return { interests, languages: tidy(seek.languages, LANGUAGES_MAX), same: JSON.stringify(interests) };
}
