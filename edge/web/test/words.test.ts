import { FRAME_ERRORS, HTTP_ERRORS } from "@whisper/shared/errors";
import { STAGES } from "@whisper/shared/protocol/server-frames";
import { expect, test } from "vitest";
import { CATEGORY_NAMES } from "../interests.ts";
import { REPORT_REASONS, words } from "../words.ts";

test("[V1] every code, stage, reason and category has words, and no two refusals read the same", () => {
  const frame = Object.keys(FRAME_ERRORS).map((code) => (words.notice as Readonly<Record<string, string>>)[code]);
  const http = Object.keys(HTTP_ERRORS).map((code) => (words.refused.code as Readonly<Record<string, string>>)[code]);
  for (const said of [...frame, ...http]) expect(said).toMatch(/\S/);
  expect(new Set(http).size).toBe(http.length);
  for (const stage of STAGES) expect(words.searching.stage[stage]).toMatch(/\S/);
  for (const reason of REPORT_REASONS) expect(words.report.reasons[reason]).toMatch(/\S/);
  for (const category of CATEGORY_NAMES) expect(words.category[category]).toMatch(/\S/);
});

test("[V1] counted words know one from many, and zero", () => {
  expect(words.landing.online(1)).toBe("1 person here now");
  expect(words.landing.online(1_204)).toBe("1,204 people here now");
  expect(words.landing.online(0)).not.toMatch(/0/);
  expect(words.chat.fresh(1)).toBe("1 new text");
  expect(words.seconds(1)).toBe("1 second");
  expect(words.chat.left(-12)).toBe("12 too many");
});
