import { assert } from "@whisper/shared/base/assert";
import { WORD_CLASS } from "./fold.ts";
import { ENGLISH, SCAM_SIGNS, SPARED, WORD_RULES, type WordRule } from "./rules-en.ts";

/** The word rules as one regular expression over folded text, matched on whole words only. */

/**
 * A phrase of few words that is at least this long is also known written together ("killyourself"), as hidden
 * spellings leave it.
 */
const TOGETHER_CHARS_MIN = 8;
const TOGETHER_WORDS_MAX = 3;
/**
 * Between the words of a phrase: spaces, commas and the like, but not the end of a sentence. Bounded, so matching
 * stays linear.
 */
const BETWEEN = '(?:[\\s,_*~"/-]{1,4}|\\.{1,3}(?!\\s))';
const EDGE_BEFORE = `(?<![${WORD_CLASS}])`;
const EDGE_AFTER = `(?![${WORD_CLASS}])`;

/** All that a pattern with braces stands for: "kill{s,ing,} {him,her}" is six phrases. Braces do not nest. */
export function formsOf(pattern: string): readonly string[] {
  const open = pattern.indexOf("{");
  if (open < 0) return [pattern.replace(/ +/g, " ").trim()];
  const close = pattern.indexOf("}", open);
  const choices = pattern.slice(open + 1, close).split(",");
  return choices.flatMap((choice) => formsOf(pattern.slice(0, open) + choice + pattern.slice(close + 1)));
}

const RULE_OF = new Map<string, WordRule>();
for (const rule of WORD_RULES) {
  for (const form of ENGLISH[rule].flatMap(formsOf)) {
    RULE_OF.set(form, rule);
    const words = form.split(" ");
    const together = words.join("");
    if (words.length <= TOGETHER_WORDS_MAX && !RULE_OF.has(together) && together.length >= TOGETHER_CHARS_MIN)
      RULE_OF.set(together, rule);
  }
}

/** Which row of the signs a form belongs to: two forms of one row are one sign. */
const SIGN_OF = new Map(SCAM_SIGNS.flatMap((row) => formsOf(row).map((form) => [form, row] as const)));

type Branch = Map<string, Branch>;
const END = "";

/** One alternation that shares beginnings, so that a step looks at one letter and not at a thousand words. */
function alternation(forms: Iterable<string>): string {
  const root: Branch = new Map();
  for (const form of forms) {
    let branch = root;
    for (const letter of [...form, END]) {
      const next = branch.get(letter) ?? new Map();
      branch.set(letter, next);
      branch = next;
    }
  }
  return sourceOf(root);
}

function sourceOf(branch: Branch): string {
  const ways: string[] = [];
  // Longest first: the empty way, a form that ends here, is tried last.
  for (const [letter, next] of branch)
    if (letter !== END) ways.push(`${letter === " " ? BETWEEN : letter}${sourceOf(next)}`);
  if (branch.has(END)) ways.push("");
  return ways.length === 1 ? (ways[0] ?? "") : `(?:${ways.join("|")})`;
}

const BLOCKED = new RegExp(`${EDGE_BEFORE}${alternation(RULE_OF.keys())}${EDGE_AFTER}`);
const SIGNS = new RegExp(`${EDGE_BEFORE}${alternation(SIGN_OF.keys())}${EDGE_AFTER}`, "g");
const INNOCENT = new RegExp(`${EDGE_BEFORE}${alternation(SPARED.flatMap(formsOf))}${EDGE_AFTER}`, "g");

/** Words of phrases that half of all texts have. A phrase is looked up by another of its words if it can. */
const COMMON = new Set(
  (
    "a about add all am america an and are at attack back be better big blood " +
    "build buy by can cash check christians church come country cut day did do done dont " +
    "down dirty easy eating end everyone exactly eye face family finish fire find for forever found free from " +
    "get getting give go going gonna good got hair hard have having her here him his home hope hot house how huge " +
    "i ill im in inside is it join jump just kid kids know lets like little long make man matter me message " +
    "million mom money monkey more mother my name never no nobody not nothing now number of off office on " +
    "one or out over own photos pics piece please pls plz posting race real school see " +
    "self send shall share should show sister slowly so some support take tell text than that the their them there " +
    "they this those throw time to u up ur us wanna want was watch we well were what whats where white whites " +
    "will with without women wont work world would wrong y ya yes you your youre yourself youve"
  ).split(" "),
);
const SLOT_BITS = 18;
/** One step of a word's hash (FNV-1a over UTF-16 units). */
const stir = (hash: number, unit: number): number => Math.imul(hash ^ unit, 0x01_00_01_93);
const slotOf = (hash: number): number => (hash ^ (hash >>> 14)) & ((1 << SLOT_BITS) - 1);

/** A bit for each slot, small enough for the processor's cache. */
type Marks = Uint8Array;

/** Marks the slot of one word of every form: a text without any marked word holds none of the forms. */
function marksOf(forms: Iterable<string>): Marks {
  const marks = new Uint8Array(1 << (SLOT_BITS - 3));
  for (const form of forms) {
    const words = form.split(" ").sort((one, other) => other.length - one.length);
    let hash = 0;
    for (const letter of words.find((word) => !COMMON.has(word)) ?? words[0] ?? "")
      hash = stir(hash, letter.charCodeAt(0));
    const slot = slotOf(hash);
    marks[slot >>> 3] = (marks[slot >>> 3] ?? 0) | (1 << (slot & 7));
  }
  return marks;
}

const MARKED = marksOf([...RULE_OF.keys(), ...SIGN_OF.keys()]); // one look suffices for most texts
const MARKED_SIGNS = marksOf(SIGN_OF.keys());

const isMarked = (marks: Marks, hash: number): boolean => {
  const slot = slotOf(hash);
  return ((marks[slot >>> 3] ?? 0) & (1 << (slot & 7))) !== 0;
};

/** Whether any word of a text may be part of a marked form. Allocates nothing; wrong only in saying yes too often. */
function hasMarkedWord(marks: Marks, folded: string): boolean {
  let hash = 0;
  for (let at = 0; at < folded.length; at += 1) {
    const unit = folded.charCodeAt(at);
    if ((unit >= 0x61 && unit <= 0x7a) || (unit >= 0x30 && unit <= 0x39)) hash = stir(hash, unit);
    else if (hash !== 0) {
      if (isMarked(marks, hash)) return true;
      hash = 0;
    }
  }
  return hash !== 0 && isMarked(marks, hash);
}

/**
 * The rule that a folded text breaks with one of its words or phrases, or with two signs of a scam; undefined when it
 * breaks none. Never returns a part of the text.
 */
export function wordRuleOf(folded: string): WordRule | undefined {
  if (!hasMarkedWord(MARKED, folded)) return undefined;
  return blockedRuleOf(folded) ?? (holdsTwoSigns(folded) ? "scam" : undefined);
}

function blockedRuleOf(folded: string): WordRule | undefined {
  if (!BLOCKED.test(folded)) return undefined;
  const found = BLOCKED.exec(folded.replace(INNOCENT, " . "));
  if (found === null) return undefined;
  const rule = RULE_OF.get(asForm(found[0]));
  assert(rule !== undefined, "what the expression finds is one of the forms it was made of");
  return rule;
}

function holdsTwoSigns(folded: string): boolean {
  if (!hasMarkedWord(MARKED_SIGNS, folded)) return false;
  let first: string | undefined;
  for (const [found] of folded.matchAll(SIGNS)) {
    const sign = SIGN_OF.get(asForm(found));
    if (first !== undefined && sign !== first) return true;
    first = sign;
  }
  return false;
}

/** A match as the lists write it: whatever parts its words is one space. */
const asForm = (found: string): string => found.replace(/[^a-z0-9]+/g, " ");
