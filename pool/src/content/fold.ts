/**
 * One reading for the many ways to write the same letters: lower case, compatibility forms resolved, no marks, no
 * invisible characters, and letters that only look Latin made Latin. Other scripts stay as they are, so that a
 * Russian sentence is not read as English.
 */

/** Letters taken for Latin ones (chosen after Unicode TR 39, lower case), one row per Latin letter. */
const LOOKALIKES: Readonly<Record<string, string>> = {
  a: "аαɑᴀ",
  b: "вβʙ",
  c: "сᴄ",
  d: "ԁɗᴅժ",
  e: "еєεɛᴇҽ",
  f: "ƒꜰ",
  g: "ɡɢց",
  h: "нһʜհ",
  i: "іιıɩɪ",
  j: "јʝᴊ",
  k: "кκᴋƙқ",
  l: "ʟłƚӏ",
  m: "мᴍ",
  n: "пηɴո",
  o: "оοσᴏɵօ",
  p: "рρᴘ",
  q: "ԛգ",
  r: "гʀᴦɍ",
  s: "ѕꜱʂ",
  t: "тτᴛŧ",
  u: "υսᴜʋ",
  v: "ѵνᴠ",
  w: "ѡωԝᴡ",
  x: "хχҳ",
  y: "уγʏү",
  z: "ᴢʐƶ",
};
/** Latin letters that Unicode does not take apart. */
const LIGATURES: Readonly<Record<string, string>> = {
  ß: "ss",
  æ: "ae",
  œ: "oe",
  ø: "o",
  đ: "d",
  ð: "d",
  þ: "th",
  ħ: "h",
  "’": "'",
  "‘": "'",
  ʼ: "'",
};

/** What continues a word, as the inside of a character class: no word rule begins or ends between two of these. */
export const WORD_CLASS =
  "a-z0-9\\u00df-\\u00f6\\u00f8-\\u02af\\u03b1-\\u03c9\\u0430-\\u045f\\u0460-\\u0481\\u048a-\\u052f\\u0561-\\u0587\\u1d00-\\u1d2b";

const LATIN_OF = new Map<string, string>();
for (const [latin, alike] of Object.entries(LOOKALIKES)) for (const one of alike) LATIN_OF.set(one, latin);
const ALIKE = [...LATIN_OF.keys()].join("");

/** Squared and circled capitals (🅰) and flag letters (🇦), which compatibility folding leaves alone. */
const BOXED = /[\u{1f150}-\u{1f169}\u{1f170}-\u{1f189}\u{1f1e6}-\u{1f1ff}]/gu;
const BOX_STARTS = [0x1_f1_e6, 0x1_f1_70, 0x1_f1_50] as const;
/**
 * Marks, invisible characters, lone surrogates (or what stands for them) and controls; what separates lines and
 * columns stays.
 */
const HIDDEN = /(?![\t\n\r])[\p{M}\p{Default_Ignorable_Code_Point}\p{Cs}\p{Cc}\ufffd]/gu;
/** Arabic phrases that are one character: up to 18 when taken apart, and never Latin. */
const WHOLE_PHRASE = /[\ufdf0-\ufdfd]/g;
const ODD_SPACE = /[\p{Zs}\u2028\u2029]/gu;
const LIGATURE = new RegExp(`[${Object.keys(LIGATURES).join("")}]`, "g");
const ANY_ALIKE = new RegExp(`[${ALIKE}]`);
const ONE_ALIKE = new RegExp(`[${ALIKE}]`, "g");
/** A whole word of which every letter is Latin or looks it. A Russian word nearly always has a letter that does not. */
const WORD_ALIKE = new RegExp(`(?<![${WORD_CLASS}])[a-z0-9${ALIKE}]+(?![${WORD_CLASS}])`, "g");
const DIGITS = /[\u0660-\u0669\u06f0-\u06f9\u0966-\u096f]/g;

/**
 * Folds `text` to the one reading that the word rules know. Idempotent; never throws, also not on lone surrogates.
 * Plain ASCII without control characters only becomes lower case, so a caller that knows this may skip the call.
 */
export function fold(text: string): string {
  let out = text
    .replace(WHOLE_PHRASE, " ")
    .normalize("NFKD")
    .toLowerCase()
    .replace(HIDDEN, "")
    .replace(ODD_SPACE, " ")
    .replace(LIGATURE, ligature);
  out = out.replace(BOXED, unbox).replace(DIGITS, plainDigit);
  return ANY_ALIKE.test(out) ? out.replace(WORD_ALIKE, latinWord) : out;
}

const ligature = (one: string): string => LIGATURES[one] ?? one;
const latinLetter = (one: string): string => LATIN_OF.get(one) ?? one;
const latinWord = (word: string): string => word.replace(ONE_ALIKE, latinLetter);
/** The digit blocks begin at 0x660, 0x6f0 and 0x966: the value is the distance to the block's zero. */
const plainDigit = (one: string): string => {
  const code = one.charCodeAt(0);
  return String(code - (code >= 0x966 ? 0x966 : code >= 0x6f0 ? 0x6f0 : 0x660));
};

function unbox(one: string): string {
  const point = one.codePointAt(0) ?? 0;
  const start = BOX_STARTS.find((first) => point >= first) ?? point;
  return String.fromCharCode(0x61 + point - start);
}
