/** One pass over a text that tells which of the dearer checks it needs at all. Most texts need one. */

/** What a glance saw, as bits of one number, so that looking allocates nothing. */
export const SAW = {
  /** A character outside printable ASCII: the text must be folded. */
  unusual: 1,
  /** A dot, a colon or an @ where an address could have one. */
  link: 2,
  /** Eight digits or more. */
  digits: 4,
  /** Three letters in a row that each stand alone. */
  spaced: 8,
  /** Punctuation between two letters. */
  punctured: 16,
  /** A digit or sign that stands for a letter, beside a letter. */
  leet: 32,
  /** The same letter three times in a row. */
  stretched: 64,
  apostrophe: 128,
  charFlood: 256,
  wordFlood: 512,
} as const;

/**
 * As many equal letters, `!` or `?` in a row are a flood; of anything else (dots, dashes, digits, spaces, emoji) it
 * takes more.
 */
const LOUD_RUN = 5;
const STRETCHED_RUN = 3;
const QUIET_RUN = 12;
/** As many equal words in a row are a flood: "no no no" and "ha ha ha ha" are speech. */
const SHORT_WORD_CHARS_MAX = 3;
const SHORT_WORDS_RUN = 8;
const LONG_WORDS_RUN = 4;
const PHONE_DIGITS_MIN = 8;

const LETTER = 1;
const DIGIT = 2;
const SPACE = 4;
const LEET = 8;
const APOSTROPHE = 16;
const CONTROL = 32;
const BRACKET = 64;
const LOUD = 128;
/** A letter outside ASCII, roughly: it joins and parts words as letters do, and stands for no Latin one. */
const FOREIGN = 256;
const IN_WORD = LETTER | DIGIT | FOREIGN;

const KIND = new Uint8Array(128);
for (let code = 0; code < 128; code += 1) KIND[code] = kindOfAscii(String.fromCharCode(code));

function kindOfAscii(one: string): number {
  if (/[a-zA-Z]/.test(one)) return LETTER | LOUD;
  if (/[0-9]/.test(one)) return one === "2" ? DIGIT : DIGIT | LEET;
  if (/[ \t\n\r]/.test(one)) return SPACE;
  if (/[@$|+]/.test(one)) return LEET;
  if (one === "!") return LEET | LOUD;
  if (one === "?") return LOUD;
  if (one === "'") return APOSTROPHE;
  if (/[([{]/.test(one)) return BRACKET;
  return one < " " || one === "\x7f" ? CONTROL : 0;
}

const code = (one: string): number => one.charCodeAt(0);
const DOT = code(".");
const COLON = code(":");
const SLASH = code("/");
const AT = code("@");
const SPACE_UNIT = code(" ");
const BANG = code("!");

/**
 * Says which checks `lower` (a text in lower case) needs, as bits of `SAW`. Two steps per UTF-16 unit; allocates
 * nothing.
 */
export function glance(lower: string): number {
  return traces(lower) | floods(lower);
}

function kindOf(unit: number): number {
  if (unit < 128) return KIND[unit] ?? 0;
  return unit >= 0xdf && unit < 0xd800 && (unit < 0x2000 || unit >= 0x3040) ? FOREIGN : 0;
}

/** Addresses, digits, and letters that are set apart or replaced. */
function traces(lower: string): number {
  let saw = 0;
  let before = 0; // the unit before this one, and what it is
  let kindBefore = SPACE;
  let digits = 0;
  let joined = 0; // letters and digits side by side up to here
  let alone = 0; // of them, ones that stood alone, one after the other
  let bridge = 0; // 1 after a letter, 2 after a letter and punctuation
  for (let at = 0; at < lower.length; at += 1) {
    const unit = lower.charCodeAt(at);
    const kind = kindOf(unit);
    if (unit >= 128) saw |= SAW.unusual;
    if ((kind & IN_WORD) !== 0) {
      if ((kindBefore & IN_WORD) !== 0) {
        joined += 1;
        alone = 0;
      } else {
        alone = joined === 1 ? alone + 1 : 1;
        joined = 1;
        if (alone >= 3) saw |= SAW.spaced;
      }
      if ((kind & LETTER) !== 0) {
        if (bridge === 2) saw |= SAW.punctured;
        if ((kindBefore & LEET) !== 0) saw |= SAW.leet;
        bridge = 1;
      } else {
        if ((kind & DIGIT) !== 0) digits += 1;
        bridge = 0;
      }
      if (before === DOT || before === AT) saw |= SAW.link;
    } else if ((kind & SPACE) !== 0) bridge = 0;
    else {
      if (bridge === 1 && (kind & APOSTROPHE) === 0) bridge = 2;
      if ((kind & BRACKET) !== 0 || (unit === SLASH && before === COLON)) saw |= SAW.link;
      if ((kind & APOSTROPHE) !== 0) saw |= SAW.apostrophe;
      if ((kind & CONTROL) !== 0) saw |= SAW.unusual;
    }
    if ((kind & LEET) !== 0 && (kindBefore & LETTER) !== 0 && unit !== BANG) saw |= SAW.leet;
    before = unit;
    kindBefore = kind;
  }
  return digits >= PHONE_DIGITS_MIN ? saw | SAW.digits : saw;
}

/** Runs: of one letter, of one character, of one word. */
function floods(lower: string): number {
  let saw = 0;
  let before = 0;
  let run = 0; // equal units up to here
  let pairRun = 0; // equal surrogate pairs up to here
  let hash = 0; // of the word up to here
  let chars = 0;
  let lastHash = 0;
  let lastChars = 0;
  let equalWords = 1;
  for (let at = 0; at <= lower.length; at += 1) {
    const unit = at < lower.length ? lower.charCodeAt(at) : SPACE_UNIT; // a space ends the last word
    if (unit === before && at < lower.length) {
      run += 1;
      if (run === STRETCHED_RUN && (kindOf(unit) & LETTER) !== 0) saw |= SAW.stretched;
      if (run >= QUIET_RUN || (run >= LOUD_RUN && isLoud(unit))) saw |= SAW.charFlood;
    } else run = 1;
    if (unit >= 0xdc00 && unit <= 0xdfff) {
      pairRun = at >= 3 && unit === lower.charCodeAt(at - 2) && before === lower.charCodeAt(at - 3) ? pairRun + 1 : 1;
      if (pairRun >= QUIET_RUN) saw |= SAW.charFlood;
    }
    if (unit > SPACE_UNIT || (kindOf(unit) & SPACE) === 0) {
      hash = Math.imul(hash ^ unit, 0x01_00_01_93);
      chars += 1;
    } else if (chars > 0) {
      equalWords = hash === lastHash && chars === lastChars ? equalWords + 1 : 1;
      if (equalWords >= (chars <= SHORT_WORD_CHARS_MAX ? SHORT_WORDS_RUN : LONG_WORDS_RUN)) saw |= SAW.wordFlood;
      lastHash = hash;
      lastChars = chars;
      hash = 0;
      chars = 0;
    }
    before = unit;
  }
  return saw;
}

/** Letters of scripts that have capitals are stretched for noise; 哈哈哈哈哈 and ㅋㅋㅋㅋㅋ are laughter. */
function isLoud(unit: number): boolean {
  if (unit < 128) return (kindOf(unit) & LOUD) !== 0;
  const one = String.fromCharCode(unit);
  return one.toUpperCase() !== one.toLowerCase();
}
