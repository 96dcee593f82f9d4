import assert from "node:assert/strict";
import { TEXT_POINTS_MAX } from "@whisper/shared/limits";
import * as fc from "fast-check";
import { describe, test } from "vitest";
import { checkText } from "./check-text.ts";
import { fold } from "./fold.ts";
import { otherReadings } from "./respell.ts";
import { ENGLISH, SCAM_SIGNS, SPARED, WORD_RULES } from "./rules-en.ts";
import { formsOf, wordRuleOf } from "./word-rules.ts";

/** Pieces that the rules react to, so that random texts reach the dear branches. */
const PIECE = fc.constantFrom(
  ..."fuck fag got kill yourself . - _ @ $ ! 1 4 5 0 ' a f u c k http:// .com ( ) +1 555 1234 \u200b \u0301 с е ß İ 🅵 🇺 \ud800 \udc00 ﷺ \u3164 哈".split(
    " ",
  ),
  " ",
  "\n",
  "\t",
);
const HARD_TEXT = fc.array(PIECE, { maxLength: 40 }).map((pieces) => pieces.join(""));
const ANY_TEXT = fc.oneof(fc.string({ unit: "binary" }), fc.string({ unit: "grapheme" }), HARD_TEXT);
const UNITS = fc
  .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 64 })
  .map((units) => String.fromCharCode(...units));
const BAD = fc.constantFrom(
  "fuck you",
  "kill yourself",
  "n1gg3r",
  "f.u.c.k",
  "f u c k",
  "evil.com",
  "t.me/x",
  "555-123-4567",
  "aaaaa",
  "no ".repeat(8),
  "fuuuck",
);

test("[N8] any string gets a verdict, lone surrogates and noncharacters too", () => {
  fc.assert(
    fc.property(fc.oneof(ANY_TEXT, UNITS), (text) => typeof checkText(text).blocked === "boolean"),
    { numRuns: 2_000 },
  );
});

test("[N8] the same text gets the same verdict twice: no state stays behind", () => {
  fc.assert(
    fc.property(HARD_TEXT, BAD, (text, bad) => {
      const first = checkText(text);
      checkText(bad);
      assert.deepEqual(checkText(text), first);
    }),
  );
});

test("[N2] folding what is folded changes nothing", () => {
  fc.assert(
    fc.property(fc.oneof(ANY_TEXT, UNITS), (text) => assert.equal(fold(fold(text)), fold(text))),
    { numRuns: 3_000 },
  );
});

test("[N2] every single code point folds to something that stays", () => {
  for (let point = 0; point <= 0x1f_fff; point += 1) {
    const one = fold(String.fromCodePoint(point));
    assert.equal(fold(one), one, `U+${point.toString(16)}`);
  }
});

test("[N2] printable ASCII folds to its lower case alone, so the short way round gives the same verdict", () => {
  fc.assert(fc.property(fc.string({ unit: "grapheme-ascii" }), (text) => assert.equal(fold(text), text.toLowerCase())));
});

test("[N2] invisible characters anywhere never free a blocked text", () => {
  const hidden = fc.constantFrom(
    "\u200b",
    "\u200c",
    "\u200d",
    "\u2060",
    "\ufeff",
    "\u00ad",
    "\u034f",
    "\u0336",
    "\ufe0f",
    "\u0007",
  );
  fc.assert(
    fc.property(
      fc.oneof(BAD, HARD_TEXT),
      fc.array(fc.tuple(fc.nat(60), hidden), { minLength: 1, maxLength: 8 }),
      (text, put) => {
        if (!checkText(text).blocked || !text.isWellFormed()) return;
        let units = text;
        for (const [at, one] of put) {
          const whole = /[\udc00-\udfff]/.test(units[at] ?? "") ? at + 1 : at; // not into the middle of a pair
          units = units.slice(0, whole) + one + units.slice(whole);
        }
        assert.equal(checkText(units).blocked, true, JSON.stringify(units));
      },
    ),
    { numRuns: 2_000 },
  );
});

test("[N3] capitals never free a blocked text", () => {
  fc.assert(
    fc.property(BAD, fc.infiniteStream(fc.boolean()), (text, up) => {
      const shouted = [...text].map((one) => (up.next().value ? one.toUpperCase() : one)).join("");
      assert.equal(checkText(shouted).blocked, true, shouted);
    }),
  );
});

test("[N1] a rule's word inside a longer word is never a hit of that word", () => {
  const inside = fc.tuple(fc.constantFrom("fuck", "kys", "cunt", "nigger", "slut"), fc.constantFrom("zq", "xq", "qz"));
  fc.assert(
    fc.property(inside, ([word, more]) => {
      assert.equal(checkText(`${more}${word}${more}`).blocked, false);
      assert.equal(checkText(`é${word}é`).blocked, false);
    }),
  );
});

test("[N3] there are at most 17 other readings and none is longer than the text", () => {
  fc.assert(
    fc.property(HARD_TEXT, (text) => {
      const folded = fold(text);
      const readings = otherReadings(folded, -1);
      assert.ok(readings.size <= 17);
      for (const one of readings) assert.ok(one.length <= folded.length);
    }),
  );
});

describe("every row of the lists", () => {
  test.each(WORD_RULES)("[N1] each form under %s is found, alone, in a sentence and in capitals", (rule) => {
    for (const form of ENGLISH[rule].flatMap(formsOf)) {
      assert.notEqual(wordRuleOf(form), undefined, form);
      assert.notEqual(wordRuleOf(`well, ${form}, he said`), undefined, form);
      assert.equal(checkText(form.toUpperCase()).blocked, true, form);
    }
  });

  test("[N1] a form is written as folded text is: lower case, no apostrophe, single spaces", () => {
    for (const form of [...Object.values(ENGLISH).flat(), ...SCAM_SIGNS, ...SPARED].flatMap(formsOf))
      assert.match(form, /^[a-z0-9]+( [a-z0-9]+)*$/);
  });

  test("[N1] no form stands in two groups", () => {
    const seen = new Map<string, string>();
    for (const rule of WORD_RULES)
      for (const form of ENGLISH[rule].flatMap(formsOf)) {
        assert.ok((seen.get(form) ?? rule) === rule, `${form} in ${rule} and ${seen.get(form)}`);
        seen.set(form, rule);
      }
  });

  test("[N1] each spared phrase passes, and spares nothing beside it", () => {
    for (const phrase of SPARED.flatMap(formsOf)) {
      assert.equal(wordRuleOf(phrase), undefined, phrase);
      assert.equal(wordRuleOf(`${phrase}, fuck`), "harassment", phrase);
    }
  });
});

describe("the longest legal text, made to be slow", () => {
  const SEEDS = [
    "a",
    "a ",
    "a.",
    "1",
    "1 ",
    "1-",
    "(555",
    "+1",
    "0",
    "fu",
    "f.u ",
    "f u c ",
    "a@",
    "@a",
    "a1",
    "!a",
    "nigg",
    "i will fucking ",
    "kill all the ",
    "retard ",
    "you won a ",
  ];
  const MORE = [
    ...SEEDS,
    ".c",
    "://",
    "www.",
    "[.]",
    "\u0301",
    "🅵",
    "с",
    "сf",
    "я",
    "哈",
    "\u200b",
    "'",
    "a'",
    "'. ",
    "ﷺ",
    "İ",
    "𝓯 ",
  ];
  test.each(MORE)(
    "[N8] %j over and over is judged at once",
    (seed) => {
      const text = [...seed.repeat(TEXT_POINTS_MAX)].slice(0, TEXT_POINTS_MAX).join("");
      for (let again = 0; again < 20; again += 1) assert.equal(typeof checkText(text).blocked, "boolean");
    },
    2_000,
  );
});
