import { expect, test } from "vitest";
import {
  ACCEPTED,
  after,
  CHAT,
  CHATTING,
  ctxAt,
  frame,
  framesOf,
  ME,
  memoOf,
  memosOf,
  NOW_MS,
  OFFERED,
  OTHER_CHAT,
  PARTNER,
  PLACES,
  PROPOSED,
  SEEKING,
  THERE,
  text,
} from "../../test/support/person.ts";
import type { DeskMemo, Event } from "./event.ts";
import { IDLE } from "./session.ts";
import { step } from "./step.ts";

const partner = {
  partner: PARTNER.session,
  partnerHome: PARTNER.home,
  partnerDevice: PARTNER.device,
  partnerAddress: THERE,
  partnerEpoch: PARTNER.epoch,
};
const base = { session: ME.session, epoch: ME.epoch, seekNo: 1, chat: CHAT };
const desk = (memo: object): Event => ({ event: "desk_memo", memo: { ...base, ...memo } as unknown as DeskMemo });
const offer = desk({ kind: "offer", desk: "eu-west", sharedInterests: ["music"], ...partner });
const otherOffer = desk({ kind: "offer", chat: OTHER_CHAT, desk: "eu-west", sharedInterests: [], ...partner });
const found = desk({ kind: "found", leftMs: 15_000 });
const paired = desk({ kind: "paired", memo: 9, desk: "eu-west", sharedInterests: ["music"], ...partner });
const accept = frame({ type: "accept_match", chat_id: CHAT });
const decline = frame({ type: "decline_match", chat_id: CHAT });

test("[P1] find_match starts a search: matching_started, seek_status, a seek at the desk, a record", () => {
  const sought = after(IDLE, [frame({ type: "find_match", interests: ["bad", "music"], languages: [] })]);
  expect(framesOf(sought)).toEqual([
    { type: "matching_started", timeout: 30 },
    { type: "seek_status", stage: "same", waiting_ms: 0 },
  ]);
  expect(memoOf(sought, "seek")).toMatchObject({
    interests: ["music"],
    joinedMs: NOW_MS,
    waitedMs: 0,
    seekNo: 1,
    device: ME.device,
  });
  expect(sought.effects.at(-1)).toMatchObject({ do: "write", standing: { place: "seeking" } });
});

test("[P2] a shard takes one offer at a time, and only for the current search", () => {
  expect(memoOf(after(SEEKING, [offer]), "offer_answer")).toMatchObject({ taken: true, chat: CHAT });
  expect(memoOf(after(SEEKING, [offer, otherOffer]), "offer_answer")).toMatchObject({ taken: false, chat: OTHER_CHAT });
  const oldSeek = desk({ kind: "offer", seekNo: 0, desk: "eu-west", sharedInterests: [], ...partner });
  expect(memoOf(after(SEEKING, [oldSeek]), "offer_answer")).toMatchObject({ taken: false });
  const oldEpoch = desk({ kind: "offer", epoch: 1, desk: "eu-west", sharedInterests: [], ...partner });
  expect(memoOf(after(SEEKING, [oldEpoch]), "offer_answer")).toMatchObject({ taken: false });
  for (const place of ["proposed", "accepted", "chatting"] as const) {
    expect(memoOf(after(PLACES[place], [otherOffer]), "offer_answer")).toMatchObject({ taken: false });
  }
});

test("[P3] an offer that comes twice is taken twice: the first answer was lost", () => {
  expect(memoOf(after(SEEKING, [offer, offer]), "offer_answer")).toMatchObject({ taken: true });
  expect(memoOf(after(SEEKING, [offer, found, offer]), "offer_answer")).toMatchObject({ taken: true });
});

test("[P4] match_found is shown when both shards took the offer, once", () => {
  expect(framesOf(after(SEEKING, [offer]))).toEqual([]);
  const shown = after(SEEKING, [offer, found]);
  expect(framesOf(shown)).toEqual([
    { type: "match_found", chat_id: CHAT, shared_interests: ["music"], accept_deadline: 15 },
  ]);
  expect(framesOf(after(SEEKING, [offer, found, found]))).toEqual([]);
});

test("[P5] accept is told to the desk; paired makes the chat, once, however often it comes", () => {
  const accepted = after(PROPOSED, [accept]);
  expect(accepted.next).toMatchObject({ place: "accepted" });
  expect(memosOf(accepted)).toEqual(["accept"]);
  const chat = after(PROPOSED, [accept, paired]);
  expect(framesOf(chat)).toEqual([{ type: "match_accepted", chat_id: CHAT }]);
  expect(memosOf(chat)).toEqual(["paired_taken"]);
  const again = step(chat.next, paired, ctxAt(NOW_MS));
  expect(memosOf(again)).toEqual(["paired_taken"]);
  expect(framesOf(again)).toEqual([]);
});

test("[P6] a decline makes idle; the other gets match_declined, keeps their place and seeks again", () => {
  const declined = after(PROPOSED, [decline]);
  expect(declined.next).toBe(IDLE);
  expect(memosOf(declined)).toEqual(["decline"]);
  const other = step(ACCEPTED, desk({ kind: "declined" }), ctxAt(NOW_MS + 5_000, 7));
  expect(framesOf(other).map((f) => f.type)).toEqual(["match_declined", "seek_status"]);
  expect(other.next).toMatchObject({ place: "seeking", joinedMs: NOW_MS, waitedMs: 0, seekNo: 7 });
});

test("[P7] who lets a proposal run out gets match_timeout and is idle", () => {
  const out = after(PROPOSED, [desk({ kind: "expired" })]);
  expect(framesOf(out)).toEqual([{ type: "match_timeout" }]);
  expect(out.next).toBe(IDLE);
});

test("[P8] cancel_match while proposed or accepted is a decline; while idle it is nothing", () => {
  for (const value of [PROPOSED, ACCEPTED])
    expect(memosOf(after(value, [frame({ type: "cancel_match" })]))).toEqual(["decline"]);
  expect(memosOf(after(SEEKING, [frame({ type: "cancel_match" })]))).toEqual(["cancel"]);
  expect(after(IDLE, [frame({ type: "cancel_match" })])).toEqual({ next: IDLE, effects: [] });
});

test("[P14] accept or decline of another chat id is refused", () => {
  expect(framesOf(after(PROPOSED, [frame({ type: "accept_match", chat_id: OTHER_CHAT })]))[0]).toMatchObject({
    code: "invalid_chat",
  });
  expect(framesOf(after(SEEKING, [accept]))[0]).toMatchObject({ code: "wrong_state" });
});

test("[P15] a search that waited 30 s ends with match_timeout; the wait during a proposal does not count", () => {
  const early = step(SEEKING, { event: "wake" }, ctxAt(NOW_MS + 29_999));
  expect(framesOf(early).map((f) => f.type)).toEqual(["seek_status"]);
  const late = step(early.next, { event: "wake" }, ctxAt(NOW_MS + 30_000));
  expect(framesOf(late)).toEqual([{ type: "match_timeout" }]);
  expect(memosOf(late)).toEqual(["cancel"]);
  const back = step(PROPOSED, desk({ kind: "declined" }), ctxAt(NOW_MS + 14_000));
  expect(framesOf(step(back.next, { event: "wake" }, ctxAt(NOW_MS + 31_000)))).not.toContainEqual({
    type: "match_timeout",
  });
});

test("[P16] each wider tier is told once", () => {
  const told = step(SEEKING, { event: "wake" }, ctxAt(NOW_MS + 10_000));
  expect(framesOf(told)).toEqual([{ type: "seek_status", stage: "shared", waiting_ms: 10_000 }]);
  expect(framesOf(step(told.next, { event: "wake" }, ctxAt(NOW_MS + 10_050)))).toEqual([]);
  expect(framesOf(step(told.next, { event: "wake" }, ctxAt(NOW_MS + 25_000)))).toEqual([
    { type: "seek_status", stage: "anyone", waiting_ms: 25_000 },
  ]);
});

test("[P17] a taken offer of which the desk says no more is dropped after 3 s, its time counts as waited, and a late found is refused", () => {
  const dropped = step(OFFERED, { event: "wake" }, ctxAt(NOW_MS + 3_000, 5));
  expect(dropped.next).toMatchObject({ place: "seeking", offer: undefined, waitedMs: 3_000, seekNo: 5 });
  expect(memosOf(dropped)).toEqual(["seek"]);
  expect(memosOf(step(dropped.next, found, ctxAt(NOW_MS + 3_100)))).toEqual(["decline"]);
});

test("[P18] an accepted person whose deadline passed unanswered asks each second for a minute, then seeks again", () => {
  let last = step(ACCEPTED, { event: "wake" }, ctxAt(NOW_MS + 15_999));
  expect(last.effects).toEqual([]);
  let asked = 0;
  for (let at = 16_000; last.next.place === "accepted"; at += 1_000) {
    last = step(last.next, { event: "wake" }, ctxAt(NOW_MS + at));
    if (memosOf(last).includes("regain")) asked++;
  }
  expect(asked).toBe(59);
  expect(framesOf(last).map((f) => f.type)).toEqual(["match_declined", "seek_status"]);
});

test("[P19] paired that comes after giving up ends the partner's chat instead of starting ours", () => {
  const late = after(IDLE, [paired]);
  expect(memosOf(late)).toEqual(["paired_taken", "left"]);
  expect(late.next).toBe(IDLE);
});

test("[P20] a partner's memo that overtakes paired starts the chat: a text sent right after match_accepted is not lost", () => {
  const memo = {
    kind: "text",
    chat: CHAT,
    to: ME.session,
    epoch: PARTNER.epoch,
    address: THERE,
    id: 1,
    text: "first!",
    received: undefined,
  } as never;
  const begun = after(ACCEPTED, [{ event: "chat_memo", memo }]);
  expect(framesOf(begun)).toEqual([{ type: "match_accepted", chat_id: CHAT }]);
  expect(begun.effects.at(-1)).toEqual({ do: "show", id: 1, text: "first!", delivered: undefined });
  expect(memosOf(step(begun.next, paired, ctxAt(NOW_MS)))).toEqual(["paired_taken"]);
});

test("[P21] who has not accepted is not drawn into a chat by a memo", () => {
  const memo = {
    kind: "text",
    chat: CHAT,
    to: ME.session,
    epoch: 1,
    address: THERE,
    id: 1,
    text: "hi",
    received: undefined,
  } as never;
  const answer = after(PROPOSED, [{ event: "chat_memo", memo }]);
  expect(answer.next).toBe(PROPOSED);
  expect(memosOf(answer)).toEqual(["not_in_chat"]);
});

test("[P22] too many seeks: rate_limited, and idle", () => {
  const refused = after(SEEKING, [desk({ kind: "seek_refused", retryAfterMs: 5_500 })]);
  expect(framesOf(refused)).toEqual([{ type: "rate_limited", retry_after: 6 }]);
  expect(refused.next).toBe(IDLE);
});

test("[P23] find_match while seeking, proposed or chatting is refused and changes nothing", () => {
  for (const place of ["seeking", "proposed", "accepted", "chatting"] as const) {
    const answer = after(PLACES[place], [frame({ type: "find_match", interests: [], languages: [] })]);
    expect(framesOf(answer)[0]).toMatchObject({ code: "wrong_state" });
    expect(answer.next).toBe(PLACES[place]);
  }
});

test("[P24] memos of an older epoch or of another proposal do nothing", () => {
  for (const kind of ["found", "cancelled", "declined", "expired"]) {
    for (const value of Object.values(PLACES)) {
      const stale = step(value, desk({ kind, epoch: 1, leftMs: 1 }), ctxAt(NOW_MS));
      expect(stale.next).toBe(value);
      expect(framesOf(stale)).toEqual([]);
    }
  }
  expect(after(ACCEPTED, [desk({ kind: "declined", chat: OTHER_CHAT })]).next).toBe(ACCEPTED);
  expect(after(CHATTING, [desk({ kind: "expired" }), text(1)]).next).toMatchObject({ place: "chatting", high: 1 });
});
