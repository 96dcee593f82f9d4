import type { Line, View } from "@whisper/shared/client/view";
import { expect, test } from "vitest";
import { announcementOf } from "../announce.ts";
import { partnerLines, titleOf } from "../unread.ts";
import { words } from "../words.ts";
import { momentsAt } from "./driver/moments.ts";

const moments = momentsAt(1_000_000);
const moment = (name: string): View => {
  const view = moments[name];
  if (view === undefined) throw new Error(`no moment ${name}`);
  return view;
};
const chat = moment("chat-empty");
const line = (from: Line["from"], id: number, text: string): Line => ({ from, id, text, atMs: 0 });

test("[V7] the title of a hidden tab counts unread texts before it says anything else", () => {
  expect(titleOf(chat, 1)).toMatch(/^\(1\) new text /);
  expect(titleOf(chat, 12)).toMatch(/^\(12\) new texts /);
  expect(titleOf(chat, 0)).toBe(words.title.chatting);
  expect(titleOf(moment("banned"), 0)).toBe(words.title.plain);
  expect(partnerLines([line("me", 1, "a"), line("partner", 1, "b"), line("partner", 2, "c")])).toBe(2);
});

test.each([
  ["landing", "searching", words.searching.stageSaid.same],
  ["searching", "searching-declined", words.searching.declined],
  ["searching", "landing-timed-out", words.landing.note.timed_out],
  ["proposal", "chat-empty", words.said.chat],
  ["chat", "ended", words.ended.heading.partner_left],
])("[V8] the step from %s to %s is said", (before, next, said) => {
  expect(announcementOf(moment(before), moment(next))).toBe(said);
});

test("[V8] a step that changes nothing to hear is silent, and so is a tick of the same scene", () => {
  for (const view of Object.values(moments)) expect(announcementOf(view, { ...view })).toBeUndefined();
  const later: View = { ...moment("searching") };
  expect(announcementOf(moment("searching"), later)).toBeUndefined();
});

test("[V8] the partner's texts are said once, one's own never", () => {
  const one: View = { ...chat, transcript: [line("partner", 1, "hello")] };
  const mine: View = { ...one, transcript: [...one.transcript, line("me", 7, "my own words")] };
  const many: View = {
    ...mine,
    transcript: [...mine.transcript, line("partner", 2, "so"), line("partner", 3, "where from?")],
  };
  expect(announcementOf(chat, one)).toBe("They say: hello");
  expect(announcementOf(one, mine)).toBeUndefined();
  expect(announcementOf(mine, many)).toBe("2 new texts. The last: where from?");
  expect(announcementOf(many, { ...many, transcript: [...many.transcript] })).toBeUndefined();
});

test("[V8] absence, return, a lost connection, a limit and a refusal are each said once", () => {
  if (chat.now.scene !== "chatting") throw new Error("no chat");
  const away: View = { ...chat, now: { ...chat.now, partnerAwayUntilMs: 9 } };
  const cut: View = { ...chat, connection: "reconnecting" };
  const slow: View = { ...chat, slowUntilMs: 5_000 };
  const refused: View = { ...chat, notice: { no: 1, code: "message_blocked" } };
  expect(announcementOf(chat, away)).toBe(words.chat.awayLong);
  expect(announcementOf(away, chat)).toBe(words.chat.back);
  expect(announcementOf(chat, cut)).toBe(words.chat.reconnecting);
  expect(announcementOf(cut, chat)).toBe(words.said.online);
  expect(announcementOf(chat, slow)).toBe(words.chat.slowSaid);
  expect(announcementOf(slow, { ...slow, slowUntilMs: 6_000 })).toBeUndefined();
  expect(announcementOf(chat, refused)).toBe(words.notice.message_blocked);
  expect(announcementOf(refused, { ...refused })).toBeUndefined();
});
