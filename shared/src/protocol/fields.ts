import { type ChatId, isChatId } from "../base/ids.ts";
import { fail, ok, type Result } from "../base/result.ts";
import { INTEREST_POINTS_MAX, INTERESTS_MAX, LANGUAGES_MAX, TEXT_ID_MAX, TEXT_POINTS_MAX } from "../limits.ts";

/** A decoded JSON object whose fields nobody has looked at yet. */
export type Fields = { readonly [name: string]: unknown };
export type FieldError = "parse_error" | "invalid_message" | "invalid_chat";

/** How many code points `text` has, counted no further than `most + 1`. */
export function pointsUpTo(text: string, most: number): number {
  if (text.length <= most) return text.length; // never more points than units, and this only feeds a comparison
  if (text.length > most * 2) return most + 1;
  let points = 0;
  for (const _ of text) if (++points > most) return points;
  return points;
}

/** A text as a person may send it: 1 to 2,000 code points, lone surrogates made U+FFFD. */
export function textOf(value: unknown): Result<string, FieldError> {
  if (typeof value !== "string") return fail("parse_error");
  if (value.length === 0 || pointsUpTo(value, TEXT_POINTS_MAX) > TEXT_POINTS_MAX) return fail("invalid_message");
  return ok(value.isWellFormed() ? value : value.toWellFormed());
}

/** A free remark of at most `most` code points; absent is empty. */
export function remarkOf(value: unknown, most: number): Result<string, FieldError> {
  if (value === undefined) return ok("");
  if (typeof value !== "string" || pointsUpTo(value, most) > most) return fail("parse_error");
  return ok(value.toWellFormed());
}

/** A chat's id; a string that is none is `invalid_chat`, anything else `parse_error`. */
export function chatIdOf(value: unknown): Result<ChatId, FieldError> {
  if (isChatId(value)) return ok(value);
  return fail(typeof value === "string" ? "invalid_chat" : "parse_error");
}

/** Number of a text: 1 to 16,777,215 (a chat at the meter's rate lasts a year). */
export const isTextId = (value: unknown): value is number =>
  typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= TEXT_ID_MAX;

/** A cumulative number: 0 is "nothing yet". */
export const isCount = (value: unknown): value is number => value === 0 || isTextId(value);

const CONTROL = /\p{Cc}/u;

/** Interests: 0 to 5, each 1 to 32 characters, folded (NFKC, lower case, trimmed), doubles dropped, sorted. */
export function interestsOf(value: unknown): Result<readonly string[], FieldError> {
  if (value === undefined) return ok([]);
  if (!Array.isArray(value) || value.length > INTERESTS_MAX) return fail("parse_error");
  const folded = new Set<string>();
  for (const one of value as unknown[]) {
    if (typeof one !== "string" || one.length > INTEREST_POINTS_MAX * 2) return fail("parse_error");
    const tag = one.toWellFormed().normalize("NFKC").toLowerCase().trim();
    if (tag.length === 0 || pointsUpTo(tag, INTEREST_POINTS_MAX) > INTEREST_POINTS_MAX || CONTROL.test(tag))
      return fail("parse_error");
    folded.add(tag);
  }
  return ok([...folded].sort());
}

const LANGUAGE = /^[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*$/;

/** Languages: up to 3 BCP 47 tags, kept as their primary subtag in lower case. */
export function languagesOf(value: unknown): Result<readonly string[], FieldError> {
  if (value === undefined) return ok([]);
  if (!Array.isArray(value) || value.length > LANGUAGES_MAX) return fail("parse_error");
  const primary = new Set<string>();
  for (const one of value as unknown[]) {
    if (typeof one !== "string" || one.length > 35 || !LANGUAGE.test(one)) return fail("parse_error");
    primary.add((one.split("-")[0] as string).toLowerCase());
  }
  return ok([...primary].sort());
}
