import { memoryKeep } from "@whisper/shared/client/browser-world";
import { INTERESTS_MAX } from "@whisper/shared/limits";
import { interestsOf } from "@whisper/shared/protocol/fields";
import { expect, test } from "vitest";
import {
  CATEGORIES,
  languageWords,
  NO_WISH,
  ownTags,
  readWish,
  tagWords,
  toggled,
  withOwnTag,
  writeWish,
} from "../interests.ts";

test("[V5] there are 46 tags in 8 categories, each once, each as the wire has it", () => {
  const tags = Object.values(CATEGORIES).flat();
  expect(Object.keys(CATEGORIES)).toHaveLength(8);
  expect(new Set(tags).size).toBe(46);
  for (const tag of tags) expect(interestsOf([tag])).toEqual({ ok: true, value: [tag] });
});

test("[V5] a sixth tag is not taken, and taking one away makes room", () => {
  const five = ["art", "ai", "pets", "mma", "f1"];
  expect(toggled(five, "memes", INTERESTS_MAX)).toEqual(five);
  expect(toggled(five, "pets", INTERESTS_MAX)).toEqual(["art", "ai", "mma", "f1"]);
  expect(withOwnTag(five, "night trains")).toEqual({ ok: false, why: "full" });
});

test.each([
  ["  Night   Trains ", ["night trains"]],
  ["ＪＡＺＺ", ["jazz"]],
  ["TV shows", ["tv-shows"]],
  ["Zürich", ["zürich"]],
])("[V5] %j is folded as the server folds it, and known as the offered tag that it is", (typed, interests) => {
  expect(withOwnTag([], typed)).toEqual({ ok: true, interests });
});

test.each([
  ["", "empty"],
  ["   ", "empty"],
  ["x".repeat(33), "unfit"],
  ["bell\u0007", "unfit"],
  ["Music", "double"],
])("[V5] %j is not taken, because it is %s", (typed, why) => {
  expect(withOwnTag(["music"], typed)).toEqual({ ok: false, why });
});

test("[V5] a person's own tag is shown as typed, an offered one without its dash", () => {
  expect(tagWords("tv-shows")).toBe("tv shows");
  expect(tagWords("lo-fi")).toBe("lo-fi");
  expect(ownTags(["music", "lo-fi"])).toEqual(["lo-fi"]);
  expect(languageWords("de")).toBe("Deutsch");
});

test("[V5] the wish of the last visit comes back", () => {
  const keep = memoryKeep();
  writeWish(keep, { interests: ["art", "lo-fi"], languages: ["de"] });
  expect(readWish(keep)).toEqual({ interests: ["art", "lo-fi"], languages: ["de"] });
});

test.each([
  "",
  "{",
  "null",
  "7",
  '"x"',
  "[]",
  "{}",
  '{"interests":7,"languages":{}}',
  '{"interests":["a","b","c","d","e","f"]}',
  '{"interests":[1]}',
])("[V5] what is kept and cannot be read counts as none: %s", (kept) => {
  const keep = memoryKeep();
  keep.setItem("whisper.wish", kept);
  expect(readWish(keep)).toEqual(NO_WISH);
});
