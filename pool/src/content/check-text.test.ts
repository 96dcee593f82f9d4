import assert from "node:assert/strict";
import { describe, test } from "vitest";
import { checkText, cleanInterests } from "./check-text.ts";
import { SCAM_SIGNS, WORD_RULES } from "./rules-en.ts";
import { SPAM_RULES } from "./spam-rules.ts";
import { formsOf } from "./word-rules.ts";

/** [what it is about, text]. Each must pass. */
const CLEAN: readonly (readonly [string, string])[] = [
  ...[
    "the cargo diesel engine",
    "las vegas theater",
    "grace warned me",
    "go diego go",
    "12345678",
    "order 20240115",
    "10 000 000",
    "no no no",
  ].map((text) => ["what the first Whisper blocked wrongly", text] as const),
  ...[
    "please assess the assets of the class",
    "a cocktail in Essex, then Sussex and Middlesex",
    "the analysis of analytics",
    "pass the grass to the bass",
    "my therapist listens",
    "Charles Dickens wrote it",
    "shiitake mushrooms",
    "Penistone and Scunthorpe are towns",
    "Lightwater, Clitheroe, Cockermouth",
    "arsenal won, what a classic",
    "raccoons in the cocoon, tycoon",
    "the Maine coon cat is big",
    "a snigger is not nice; Niger and Nigeria are countries, and so niggardly",
    "grapes, drapes and rapeseed oil",
    "spicy chicken, spice girls, conspicuous",
    "the chinking of glasses",
    "a chink in the armor",
    "Moby Dick by Herman Melville",
    "cumulative documents, magna cum laude",
    "hello from Hancock and Hitchcock",
    "title, titan, petite, constitution",
    "a hoard of assassins embarrassed the ambassador",
    "gas the car up before we go",
    "lets race; war is bad",
    "it is time to go. Die Hard is on",
    "let's go die hard fans",
    "what the hell, this is crap, damn it",
    "food porn at its best",
    "please don't kill yourself, talk to me",
    "don't go die on me",
    "a white power bank for my phone",
    "you have won my heart",
    "my phone number is a secret",
    "i shot a photo, let's shoot you a mail later",
    "kill the lights and end your day",
    "the children saw a raccoon, not a coontail",
    "sextet, sexton, Sussex, unisex",
    "basement, basin, swank, twattle is a word",
  ].map((text) => ["a word inside another, or in another sense", text] as const),
  ...[
    "je suis en retard désolé",
    "det er slut nu",
    "et kys til dig",
    "kkk muito bom",
    "fromage râpé",
    "der Kuchen ist dick und die Suppe",
    "el gato negro duerme",
    "paki abot ng tubig",
    "Привет, как дела? Сегодня хорошая погода",
    "рот, кот, сом, рост, тут, кто",
    "Καλημέρα, τι κάνεις; το νερό και ο καφές",
    "مرحبا كيف حالك اليوم؟",
    "שלום מה שלומך",
    "你好，今天过得怎么样？哈哈哈哈哈",
    "こんにちは。元気ですか？ｗｗ",
    "안녕하세요 ㅋㅋㅋㅋㅋㅋ",
    "नमस्ते, आप कैसे हैं?",
    "สวัสดีครับ 55555",
    "Grüße aus Köln, straße, ærlig, øl",
    "Zażółć gęślą jaźń",
    "İstanbul'da hava güzel, ığdır",
    "😀😀😀 👍🏽 ❤️ 👨‍👩‍👧‍👦 🇺🇸🇫🇷",
    "Հայերեն բառեր",
    "ｆｕｌｌｗｉｄｔｈ is fine",
  ].map((text) => ["another language, script or emoji", text] as const),
  ...[
    "ok.me too",
    "yes.so what",
    "fine.is it",
    "sure.in a bit",
    "no.at home",
    "cool.be there",
    "done.us two",
    "thanks.my friend",
    "nice.gg everyone",
    "hello...you",
    "e.g. this, i.e. that, etc.",
    "readme.md and main.rs and index.ts",
    "node.js with asp.net core",
    "run setup.sh or app.py",
    "src/main.ts:12",
    "and/or, he/she, 24/7, w/o",
    "node 22.18.0",
    "version 1.2.3-rc.4",
    "192.168.1.1 is my router",
    "a ratio of 3:1",
    "meh :/ ok",
    "@alex are you there",
    "me @ home",
    "the U.S. and the U.K.",
    "A.S.A.P. or a.m.",
    "a worker.co-op",
  ].map((text) => ["a dot that is no address", text] as const),
  ...[
    "it costs 1,299.00 or $19.99",
    "2024-01-15 and 15.01.2024 and 01/15/2024",
    "at 10:30:00, 12:45",
    "100000 people, 1000000 stars",
    "3000000000 is three billion",
    "pi is 3.14159265358979",
    "1 2 3 4 5 6 7 8 9 10",
    "9 8 7 6 5 4 3 2 1 0",
    "timestamp 1700000000",
    "ISBN 9783161484100",
    "the score was 100-200-300",
    "1+1+1+1+1+1+1+1+1",
    "from 1990 to 2024, in 365 days",
    "2nd, 3rd, 4th, 5pm, b2b, mp3",
    "32°C, 5'11\", 50%",
    "my IQ is 200 300 4000",
    "300 400 5000 or so",
  ].map((text) => ["a number that is no telephone", text] as const),
  ...[
    "limited time offer at the shop",
    "congratulations you won",
    "congratulations, you have won the match!",
    "you've won a friend, you won a friend",
    "it was a great investment opportunity",
    "claim your reward after the quest",
    "paypal me later",
    "click the link above the map",
    "i saw my telegram",
  ].map((text) => ["one sign of a scam, which is none", text] as const),
  ...["i am horny", "horny toads live in Texas"].map((text) => ["about oneself", text] as const),
  ...[
    "haha hahaha",
    "soooo good",
    "ha ha ha ha",
    "bye bye bye",
    "very very very nice",
    "wait.....",
    "-----",
    "what?!?!?!",
    "    four spaces and     five",
    "a b c d e f g",
    "I a m s l o w",
    "w t f",
    "well-known, state-of-the-art",
    "aaaa",
  ].map((text) => ["a run that is speech", text] as const),
];

const ZERO_WIDTH = "\u200b";
/** [rule, text]. Each must be blocked by that rule. */
const BLOCKED: readonly (readonly [string, string])[] = [
  ["url", "evil.com"],
  ["url", "see EVIL.COM now"],
  ["url", "evil.dev/x"],
  ["url", "discord.gg/abc"],
  ["url", "t.me/foo"],
  ["url", "join t.me"],
  ["url", "http://x"],
  ["url", "HTTPS://Example"],
  ["url", "tg://resolve"],
  ["url", "www.evil"],
  ["url", "evil.co.uk"],
  ["url", "sub.evil.xyz"],
  ["url", "(evil.net)"],
  ["url", "evil.org."],
  ["url", "evil.io,"],
  ["url", "evil.me/x"],
  ["url", "bit.ly/3x"],
  ["url", "youtu.be/x"],
  ["url", "wa.me/123"],
  ["url", "evil[.]com"],
  ["url", "evil(dot)com"],
  ["url", "a.person@mail.org"],
  ["url", "a@b.de"],
  ["url", "ｅｖｉｌ．ｃｏｍ"],
  ["url", "еvil.соm"],
  ["url", "пример.com"],
  ["url", `ev${ZERO_WIDTH}il.c${ZERO_WIDTH}om`],
  ["url", "http://192.168.1.1"],
  ["phone", "call 555-123-4567."],
  ["phone", "(555)123-4567!"],
  ["phone", "(555) 123-4567"],
  ["phone", "555.123.4567"],
  ["phone", "555 123 4567"],
  ["phone", "5551234567"],
  ["phone", "1-800-555-1234"],
  ["phone", "+1 555 123 4567"],
  ["phone", "+44 20 7946 0958"],
  ["phone", "+4915112345678"],
  ["phone", "020 7946 0958"],
  ["phone", "07911 123456"],
  ["phone", "06 12 34 56 78"],
  ["phone", "138 1234 5678"],
  ["phone", "my number:5551234567,ok"],
  ["phone", "５５５-１２３-４５６７"],
  ["phone", "٥٥٥-١٢٣-٤٥٦٧"],
  ["char_flood", "aaaaa"],
  ["char_flood", "heeeeello"],
  ["char_flood", "AaAaA"],
  ["char_flood", "stop!!!!!"],
  ["char_flood", "ааааа"],
  ["char_flood", "------------"],
  ["char_flood", "😂".repeat(12)],
  ["char_flood", " ".repeat(40)],
  ["char_flood", `aa${ZERO_WIDTH}aaa`],
  ["char_flood", `a${ZERO_WIDTH.repeat(12)}b`],
  ["word_flood", "spam spam spam spam"],
  ["word_flood", "Spam spam SPAM  spam"],
  ["word_flood", "no ".repeat(8)],
  ["word_flood", "купи купи купи купи"],
  ["harassment", "fuck"],
  ["harassment", "Fucking hell"],
  ["harassment", "what the FUCK!"],
  ["harassment", "kys"],
  ["harassment", "kill yourself"],
  ["harassment", "kill   yourself"],
  ["harassment", "KILL-YOURSELF"],
  ["harassment", "kill.yourself"],
  ["harassment", "killyourself"],
  ["harassment", "just go die"],
  ["harassment", "you're a worthless piece of"],
  ["harassment", "f u c k"],
  ["harassment", "f.u.c.k"],
  ["harassment", "f-u-c-k you"],
  ["harassment", "f_u_c_k"],
  ["harassment", "f * u * c * k"],
  ["harassment", "F U C K  Y O U"],
  ["harassment", "k i l l  y o u r s e l f"],
  ["harassment", "fu.ck"],
  ["harassment", "f🔥u🔥c🔥k"],
  ["harassment", "fuuuck"],
  ["harassment", "fuckkk"],
  ["harassment", `f${ZERO_WIDTH}u${ZERO_WIDTH}c${ZERO_WIDTH}k`],
  ["harassment", "f\u00aduck"],
  ["harassment", "fu\u0000ck"],
  ["harassment", "fu\ufe0fck"],
  ["harassment", "f\u0336u\u0336c\u0336k\u0336"],
  ["harassment", "fùçk"],
  ["harassment", "fuсk"],
  ["harassment", "ｆｕｃｋ"],
  ["harassment", "𝓯𝓾𝓬𝓴"],
  ["harassment", "ⓕⓤⓒⓚ"],
  ["harassment", "🅵🆄🅲🅺"],
  ["harassment", "🇫🇺🇨🇰"],
  ["harassment", "ꜰᴜᴄᴋ"],
  ["harassment", "b1tch"],
  ["harassment", "b!tch!"],
  ["harassment", "5lut!"],
  ["harassment", "k1ll y0urs3lf"],
  ["harassment", "ki11 yourself"],
  ["hate", "f4ggot"],
  ["hate", "f@gg0t"],
  ["hate", "fa66ot"],
  ["hate", "n1gg3r"],
  ["hate", "n 1 g g e r"],
  ["hate", "nіggеr"],
  ["hate", "niggggers"],
  ["hate", "re7ard"],
  ["hate", "retards, all of them"],
  ["hate", "ok.f4ggot"],
  ["hate", "je suis en retard, you retard"],
  ["hate", "gas the jews"],
  ["sexual", "send nudes"],
  ["sexual", "s3nd nud3s"],
  ["sexual", "p0rn"],
  ["sexual", "suck my dick"],
  ["sexual", "show me your tits"],
  ["sexual", "child porn"],
  ["sexual", "i will rape you"],
  ["doxxing", "I'll dox you"],
  ["doxxing", "i know where you live"],
  ["doxxing", "what's your home address"],
  ["scam", "FREE BITCOIN"],
  ["scam", "free bi7coin"],
  ["scam", "click here"],
  ["scam", "buy followers"],
  ["threat", "I'll kill you"],
  ["sexual", "any horny girls here"],
  ["sexual", "are you h0rny"],
  ["threat", "I’m going to kill you"],
  ["threat", "im gonna murder your family"],
  ["threat", "bullet in your head"],
  ["extremism", "heil hitler"],
  ["extremism", "h3il h1tler"],
  ["extremism", "white power"],
  ["extremism", "race war now"],
];

/** Two signs of a scam in one text. */
const SCAMS: readonly string[] = [
  "Congratulations! You have won a phone. Claim your prize",
  "investment opportunity, guaranteed returns",
  "LIMITED TIME OFFER: earn passive income",
  "limited-time offer, p4ypal me",
  "m4ke m0ney f4st, l1nk in bio",
  "double your money, message me on telegram",
  "you won a prize... click the link",
];

const SPAM = new Set<string>(SPAM_RULES);

describe("the table of what passes", () => {
  test.each(CLEAN)("[N1] %s: %j", (_, text) => {
    assert.deepEqual(checkText(text), { blocked: false });
  });
});

const by = (...rules: readonly string[]) => BLOCKED.filter(([rule]) => rules.includes(rule));
const WORDS = BLOCKED.filter(([rule]) => !SPAM.has(rule));
const PRINTABLE = /^[\x20-\x7e]*$/;

describe("the table of what is blocked", () => {
  test.each(WORDS.filter(([, text]) => !PRINTABLE.test(text)))("[N2] %s in other characters: %j", wordBlocked);
  test.each(WORDS.filter(([, text]) => PRINTABLE.test(text)))("[N3] %s, plain or respelled: %j", wordBlocked);
  test.each(by("url"))("[N4] %s: %j", spamBlocked);
  test.each(by("phone"))("[N5] %s: %j", spamBlocked);
  test.each(by("char_flood", "word_flood"))("[N6] %s: %j", spamBlocked);
});

function wordBlocked(rule: string, text: string): void {
  assert.deepEqual(checkText(text), { blocked: true, reason: "blocked_keyword", rule });
}

function spamBlocked(rule: string, text: string): void {
  assert.deepEqual(checkText(text), { blocked: true, reason: "spam_pattern", rule });
}

test.each(SCAMS)("[N10] two signs of a scam are one: %j", (text) => {
  wordBlocked("scam", text);
});

test("[N10] a sign of a scam alone is none, however often it is said, and with an address it is a link", () => {
  for (const sign of SCAM_SIGNS.flatMap(formsOf)) {
    assert.deepEqual(checkText(sign), { blocked: false }, sign);
    assert.deepEqual(checkText(`${sign}, yes, ${sign}!`), { blocked: false }, sign);
    spamBlocked("url", `${sign}: evil.com`);
  }
});

test("[N7] a clean text costs no object: every clean verdict is the same frozen one", () => {
  assert.equal(checkText("hello"), checkText("Привет"));
  assert.ok(Object.isFrozen(checkText("")));
});

test("[N7] a verdict holds names of closed lists only, never a part of the text", () => {
  const names = new Set<unknown>([true, "blocked_keyword", "spam_pattern", ...WORD_RULES, ...SPAM_RULES]);
  for (const [, text] of BLOCKED) for (const said of Object.values(checkText(text))) assert.ok(names.has(said));
});

test("[N9] bad interests are dropped, the others stay in their order", () => {
  const tags = ["hiking", "n1gg3r", "c++", "send-nudes", "evil.com", "node.js", "f u c k", "日本"];
  assert.deepEqual(cleanInterests(tags), ["hiking", "c++", "node.js", "日本"]);
});

test("[N9] good interests come back as the array they were; no interests are good", () => {
  const tags = Object.freeze(["music", "cocktails"]);
  assert.equal(cleanInterests(tags), tags);
  assert.deepEqual(cleanInterests([]), []);
  assert.deepEqual(cleanInterests(["kys"]), []);
});
