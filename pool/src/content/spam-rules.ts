import { SAW } from "./glance.ts";

export const SPAM_RULES = ["url", "phone", "char_flood", "word_flood"] as const;
export type SpamRule = (typeof SPAM_RULES)[number];

/** Endings that are an address by themselves: hardly a word begins so after a full stop without its space. */
const ENDINGS = "com|net|org|io|co|xyz|info|biz|dev|app|edu|gov|cn|tk|icu|xxx|onion";
/**
 * Endings that are also words, abbreviations or file types (ok.me too, readme.md, nice.gg): an address only with a
 * path behind.
 */
const ENDINGS_WITH_PATH =
  "me|to|so|is|it|in|no|at|be|am|my|us|ly|ai|cc|fm|la|tv|ws|gl|id|im|eu|ca|uk|au|de|fr|nl|pl|jp|br|ru|ml|ga|cf|gg|gd|sh|st|ac|vc|" +
  "pro|club|online|site|store|shop|live|fun|link|click|top|win|chat|cam|cash|bet|casino|vip|page|website|space|world|one|life|zone|sex|porn";
/** Addresses of invitations and shorteners that need no path. */
const HOSTS =
  "discord\\.gg|t\\.me|wa\\.me|bit\\.ly|youtu\\.be|goo\\.gl|linktr\\.ee|cutt\\.ly|is\\.gd|twitch\\.tv|vk\\.ru|mail\\.ru|yandex\\.ru|ok\\.ru";

/**
 * A letter or digit of any script, in lower case or without case, stands before the dot; each branch is bounded, so
 * this is linear.
 */
const BEFORE_DOT = "(?<=[a-z0-9\\u00df-\\u1fff\\u2c00-\\u2dff\\u3040-\\ud7ff])";
const URL = new RegExp(
  [
    "[a-z]{2}://[^\\s]",
    "(?<![a-z0-9])www\\.[a-z0-9]",
    `${BEFORE_DOT}\\.(?:${ENDINGS})(?![a-z0-9-])(?<!(?<![a-z0-9])(?:asp|vb|ado|ml)\\.net)`,
    `${BEFORE_DOT}\\.(?:${ENDINGS_WITH_PATH})/[a-z0-9@+]`,
    `(?<![a-z0-9'.-])(?:${HOSTS})(?![a-z0-9-])`,
    "[a-z0-9][@][a-z0-9-]{1,63}\\.[a-z]{2}",
    `[([{] ?(?:dot|\\.) ?[)\\]}] ?(?:${ENDINGS})(?![a-z0-9-])`,
  ].join("|"),
);

const PHONE = new RegExp(
  `(?<![a-z0-9+])(?:${[
    "\\+\\d(?:[ .()-]{0,2}\\d){8,14}", // +44 20 7946 0958
    "(?:1[ .-]{0,2})?(?:\\([2-9]\\d\\d\\)[ .-]{0,2}|(?!\\d00 \\d00 \\d\\d00)[2-9]\\d\\d[ .-]{1,3})\\d{3}[ .-]{1,3}\\d{4}", // (555) 123-4567, but not 200 300 4000
    "(?:1[ .-]?)?\\([2-9]\\d\\d\\) ?\\d{7}", // (555)1234567
    "(?!\\d*0{6})1?[2-9]\\d{9}", // 5551234567, but not three billion
    "1[3-9]\\d[ -]?\\d{4}[ -]?\\d{4}", // 138 1234 5678
    "0\\d(?:[ .-]\\d\\d){4}", // 06 12 34 56 78
    "0[1-9]\\d{8,9}", // 07911123456
    "0\\d{2,4}[ -]\\d{3,4}[ -]?\\d{3,4}", // 020 7946 0958
  ].join("|")})(?!\\d)`,
);

/**
 * The first spam rule that a text breaks, given the text in lower case and what a glance saw in it. Never returns a
 * part of the text.
 */
export function spamRuleOf(lower: string, saw: number): SpamRule | undefined {
  if ((saw & SAW.link) !== 0 && URL.test(lower)) return "url";
  if ((saw & SAW.digits) !== 0 && PHONE.test(lower)) return "phone";
  if ((saw & SAW.charFlood) !== 0) return "char_flood";
  return (saw & SAW.wordFlood) !== 0 ? "word_flood" : undefined;
}
