import { fold } from "./fold.ts";
import { glance, SAW } from "./glance.ts";
import { otherReadings } from "./respell.ts";
import type { WordRule } from "./rules-en.ts";
import { type SpamRule, spamRuleOf } from "./spam-rules.ts";
import { wordRuleOf } from "./word-rules.ts";

/** What the filter says of a text: which rule of the closed list it breaks, and never a part of the text. */
export type Verdict =
  | { readonly blocked: false }
  | { readonly blocked: true; readonly reason: "blocked_keyword"; readonly rule: WordRule }
  | { readonly blocked: true; readonly reason: "spam_pattern"; readonly rule: SpamRule };

const CLEAN: Verdict = Object.freeze({ blocked: false });

/**
 * Judges one text (PROTOCOL N1–N8). Pure and synchronous: safe between bytes in and bytes out. Never throws, keeps
 * nothing, and takes time in proportion to the length. A clean text gets one shared frozen verdict.
 */
export function checkText(text: string): Verdict {
  const lower = text.toLowerCase();
  const raw = glance(lower);
  if ((raw & SAW.unusual) === 0) return judge(lower, raw);
  const folded = fold(text);
  // What was flooded before folding stays flooded, whatever folding removed; and the other way round.
  return judge(folded, glance(folded) | (raw & (SAW.charFlood | SAW.wordFlood)));
}

/** The tags without those that the filter blocks, in their order. Gives back the same array when all may stay. */
export function cleanInterests(tags: readonly string[]): readonly string[] {
  const isClean = (tag: string): boolean => !checkText(tag).blocked;
  return tags.every(isClean) ? tags : tags.filter(isClean);
}

function judge(folded: string, saw: number): Verdict {
  const plain = (saw & SAW.apostrophe) !== 0 ? folded.replaceAll("'", "") : folded;
  const word = wordRuleOf(plain) ?? ((saw & HIDES_WORDS) !== 0 ? wordRuleOfOthers(plain, saw) : undefined);
  if (word !== undefined) return { blocked: true, reason: "blocked_keyword", rule: word };
  const spam = spamRuleOf(folded, saw);
  return spam === undefined ? CLEAN : { blocked: true, reason: "spam_pattern", rule: spam };
}

const HIDES_WORDS = SAW.spaced | SAW.punctured | SAW.leet | SAW.stretched;

function wordRuleOfOthers(folded: string, saw: number): WordRule | undefined {
  for (const reading of otherReadings(folded, saw)) {
    const rule = wordRuleOf(reading);
    if (rule !== undefined) return rule;
  }
  return undefined;
}
