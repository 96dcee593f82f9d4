import { WORD_CLASS } from "./fold.ts";
import { SAW } from "./glance.ts";

/**
 * Undoes spellings that hide a word from a plain search: f u c k, f.u.c.k, b1tch, fuuuck. Each is done only where a
 * glance saw its trace.
 */

/**
 * Three or more letters that each stand alone, one to three other characters between them. Every step eats one
 * letter: linear.
 */
const SPACED = new RegExp(
  `(?<![${WORD_CLASS}])[a-z0-9@$](?:[^${WORD_CLASS}@$]{1,3}[a-z0-9@$](?![${WORD_CLASS}])){2,}`,
  "g",
);
const GAP = new RegExp(`[^${WORD_CLASS}@$]+`, "g");
const PUNCTURE = new RegExp(`(?<=[a-z0-9@$])[^${WORD_CLASS}\\s@$!|+']{1,3}(?=[a-z0-9@$])`, "g");
const LEET_WORD = /[a-z0-9@$!|+]+/g;
const LEET_SIGN = /[013456789@$!|+]/g;
const I_OR_L = /[1|]/;
const HAS_LETTER = /[a-z]/;
const STRETCH = /([a-z])\1{2,}/g;

const LETTER_OF: Readonly<Record<string, string>> = {
  "0": "o",
  "1": "i",
  "3": "e",
  "4": "a",
  "5": "s",
  "6": "g",
  "7": "t",
  "8": "b",
  "9": "g",
  "@": "a",
  $: "s",
  "!": "i",
  "|": "i",
  "+": "t",
};

/**
 * Every other reading of a folded text that its glance calls for, the plain one not among them. At most 17, each no
 * longer than the text.
 */
export function otherReadings(folded: string, saw: number): ReadonlySet<string> {
  const readings = new Set<string>([folded]);
  if ((saw & (SAW.spaced | SAW.punctured)) !== 0) {
    const joined = (saw & SAW.spaced) !== 0 ? folded.replace(SPACED, joinLetters) : folded;
    readings.add((saw & SAW.punctured) !== 0 ? joined.replace(PUNCTURE, "") : joined);
  }
  // Joining may bring a letter and a sign together, so every reading is looked at, not only when the glance saw them
  // touch.
  for (const one of [...readings]) {
    if ((saw & (SAW.leet | SAW.spaced | SAW.punctured)) === 0) break;
    readings.add(one.replace(LEET_WORD, unleetWithI));
    if (I_OR_L.test(one)) readings.add(one.replace(LEET_WORD, unleetWithL));
  }
  for (const one of [...readings]) {
    if ((saw & (SAW.stretched | SAW.spaced | SAW.leet)) === 0) break;
    readings.add(one.replace(STRETCH, "$1"));
    readings.add(one.replace(STRETCH, "$1$1"));
  }
  readings.delete(folded);
  return readings;
}

/** "f u c k  y o u" becomes "fuck you": the narrow gaps close, the wider ones end a word. */
function joinLetters(run: string): string {
  let narrowest = 3;
  for (const gap of run.match(GAP) ?? []) narrowest = Math.min(narrowest, gap.length);
  return run.replace(GAP, (gap) => (gap.length > narrowest ? " " : ""));
}

const letterWithI = (sign: string): string => LETTER_OF[sign] ?? sign;
const letterWithL = (sign: string): string => (sign === "1" || sign === "|" ? "l" : letterWithI(sign));
const unleetWithI = (word: string): string => unleet(word, letterWithI);
const unleetWithL = (word: string): string => unleet(word, letterWithL);

/** A number stays a number: only a word that has a letter is read so. Signs at its end are punctuation. */
function unleet(word: string, letterOf: (sign: string) => string): string {
  if (!HAS_LETTER.test(word)) return word;
  const end = word.endsWith("!") ? word.replace(/!+$/, "").length : word.length;
  return word.slice(0, end).replace(LEET_SIGN, letterOf) + word.slice(end);
}
