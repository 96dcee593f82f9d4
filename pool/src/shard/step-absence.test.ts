import { expect, test } from "vitest";
import {
  ACCEPTED,
  after,
  CHAT,
  CHATTING,
  ctxAt,
  framesOf,
  ME,
  memoOf,
  memosOf,
  NOW_MS,
  OTHER_CHAT,
  PARTNER,
  PROPOSED,
  SEEKING,
  THERE,
  text,
} from "../../test/support/person.ts";
import type { ChatMemo, Event } from "./event.ts";
import { IDLE, type Session, SPANS, wakeAtMs } from "./session.ts";
import { step } from "./step.ts";

const base = { chat: CHAT, to: "", epoch: PARTNER.epoch, address: THERE, memo: 5 };
const chat = (memo: object): Event => ({ event: "chat_memo", memo: { ...base, ...memo } as unknown as ChatMemo });
const away = chat({ kind: "away", sinceMs: NOW_MS });
const back = chat({ kind: "back" });
const halfEnded = (answer: object): Event => ({
  event: "half_ended",
  chat: CHAT,
  answer: { kind: "half_ended", req: 1, partnerAddress: undefined, partnerEpoch: undefined, ...answer } as never,
});
const where = (answer: object): Event => ({
  event: "whereabouts",
  chat: CHAT,
  answer: { kind: "whereabouts", req: 1, partnerAddress: undefined, partnerEpoch: undefined, ...answer } as never,
});

test("[G1] a socket that goes keeps its place: the partner's shard is told until it has heard", () => {
  const gone = after(CHATTING, [{ event: "gone" }]);
  expect(gone.next).toMatchObject({ place: "chatting", awayMs: NOW_MS });
  expect(gone.effects).toEqual([expect.objectContaining({ do: "insist", to: THERE })]);
  expect(memosOf(after(SEEKING, [{ event: "gone" }]))).toEqual(["aside"]);
  expect(after(PROPOSED, [{ event: "gone" }]).next).toMatchObject({ place: "proposed", awayMs: NOW_MS });
});

test("[G2] the present person is shown partner_away once, and partner_back when they return", () => {
  const told = after(CHATTING, [away]);
  expect(framesOf(told)).toEqual([{ type: "partner_away", grace: 60 }]);
  expect(memosOf(told)).toEqual(["took"]);
  expect(framesOf(step(told.next, away, ctxAt(NOW_MS)))).toEqual([]);
  const there = step(told.next, back, ctxAt(NOW_MS + 5_000));
  expect(framesOf(there)).toEqual([{ type: "partner_back" }]);
  expect(there.next).toMatchObject({ partnerAwayMs: 0 });
});

test("[G3] after 60 s the home is asked to end the absent half; ended means partner_left, and the absent shard hears it", () => {
  const told = after(CHATTING, [away]).next;
  expect(wakeAtMs(told, SPANS)).toBe(NOW_MS + 60_000);
  expect(memosOf(step(told, { event: "wake" }, ctxAt(NOW_MS + 59_999)))).toEqual([]);
  const last = step(told, { event: "wake" }, ctxAt(NOW_MS + 60_000));
  expect(memosOf(last)).toEqual(["back"]); // their last address, once more
  const asked = step(last.next, { event: "wake" }, ctxAt(NOW_MS + 61_000));
  expect(asked.effects).toEqual([
    {
      do: "ask",
      memo: { kind: "end_half", session: PARTNER.session, home: PARTNER.home, chat: CHAT, epoch: PARTNER.epoch },
    },
  ]);
  const over = step(asked.next, halfEnded({ answer: "ended" }), ctxAt(NOW_MS + 61_010));
  expect(framesOf(over)).toEqual([{ type: "partner_left" }]);
  expect(memosOf(over)).toEqual(["left"]);
});

test("[G4] a refused end says where they are: that address is used, and partner_back means resend", () => {
  const told = after(CHATTING, [away]).next;
  const backThere = step(
    told,
    halfEnded({ answer: "refused", partnerAddress: "us-east.p1.0.q", partnerEpoch: 9_000 }),
    ctxAt(NOW_MS),
  );
  expect(framesOf(backThere)).toEqual([{ type: "partner_back" }]);
  expect(backThere.next).toMatchObject({ partnerAwayMs: 0, partner: { address: "us-east.p1.0.q", epoch: 9_000 } });
  expect(backThere.effects).toContainEqual(expect.objectContaining({ do: "insist", to: "us-east.p1.0.q" }));
});

test("[G5] a home that cannot be reached is asked again every 5 s, for at most 5 min after the grace", () => {
  const told = after(CHATTING, [away]).next;
  const later = step(told, halfEnded({ answer: "home_away" }), ctxAt(NOW_MS + 60_000));
  expect(later.next).toMatchObject({ place: "chatting", askMs: NOW_MS + 65_000 });
  const given = step(told, halfEnded({ answer: "home_away" }), ctxAt(NOW_MS + 360_001));
  expect(framesOf(given)).toEqual([{ type: "partner_left" }]);
});

test("[G6] an answer about an absence that is over, or another chat, does nothing", () => {
  expect(after(CHATTING, [halfEnded({ answer: "ended" })]).next).toBe(CHATTING);
  const other: Event = { ...halfEnded({ answer: "ended" }), chat: OTHER_CHAT } as Event;
  expect(after(after(CHATTING, [away]).next, [other]).next).toMatchObject({ place: "chatting" });
});

test("[G7] a memo of a lower epoch is a zombie's and dropped; a higher one tells where the partner is now", () => {
  const zombie = after(CHATTING, [chat({ kind: "left", epoch: 1 })]);
  expect(zombie.next).toBe(CHATTING);
  expect(framesOf(zombie)).toEqual([]);
  const moved = after(CHATTING, [
    chat({ kind: "text", epoch: 9_000, address: "eu-west.p9.1.z", id: 1, text: "hi", received: undefined }),
  ]);
  expect(framesOf(moved)).toEqual([{ type: "partner_back" }]);
  expect(moved.next).toMatchObject({ partner: { address: "eu-west.p9.1.z", epoch: 9_000 }, seen: 1 });
});

test("[G25] a partner who was thought away and speaks is there: partner_back, and what was held back goes", () => {
  const told = after(CHATTING, [away]).next;
  for (const word of [
    chat({ kind: "text", id: 1, text: "here!", received: undefined }),
    chat({ kind: "received", id: 0 }),
  ]) {
    const heard = step(told, word, ctxAt(NOW_MS + 100));
    expect(framesOf(heard)[0]).toEqual({ type: "partner_back" });
    expect(heard.next).toMatchObject({ partnerAwayMs: 0, askMs: 0 });
  }
});

test("[G8] texts for an absent person are not counted as relayed: their client will ask for them", () => {
  const gone = after({ ...CHATTING, awayMs: NOW_MS }, [chat({ kind: "text", id: 3, text: "hi", received: undefined })]);
  expect(gone.next).toMatchObject({ seen: 0 });
  expect(gone.effects).toEqual([]);
});

test("[G9] partner_left ends the chat; a left that comes again is acknowledged and changes nothing", () => {
  const over = after(CHATTING, [chat({ kind: "left" })]);
  expect(framesOf(over)).toEqual([{ type: "partner_left" }]);
  expect(memosOf(over)).toEqual(["took"]);
  const again = step(over.next, chat({ kind: "left" }), ctxAt(NOW_MS));
  expect(again.next).toBe(over.next);
  expect(memosOf(again)).toEqual(["took"]);
});

test("[G68] the time for which a shard might not judge comes on top of each absence, and of no other", () => {
  const at = (now: Session, event: Event, nowMs: number, stillMs: number, judges = true) =>
    step(now, event, { ...ctxAt(nowMs, 1, judges), stillMs });
  const away = { kind: "away", memo: 1, chat: CHAT, to: ME.session, epoch: PARTNER.epoch, address: THERE, sinceMs: 1 };
  const gone = at(CHATTING, { event: "chat_memo", memo: away as ChatMemo }, NOW_MS, 7_000).next;
  // The bus goes after 30 s and is away for 90: at the 60th second the clock has stood for 30.
  const still = at(gone, { event: "wake" }, NOW_MS + 60_000, 37_000, false);
  expect([still.effects, wakeAtMs(still.next, SPANS)]).toEqual([[], NOW_MS + 90_000]);
  const later = at(still.next, { event: "wake" }, NOW_MS + 90_000, 67_000, false).next;
  const back = at(later, { event: "wake" }, NOW_MS + 120_000, 97_000, false).next;
  expect(wakeAtMs(back, SPANS)).toBe(NOW_MS + 150_000);
  expect(memosOf(at(back, { event: "wake" }, NOW_MS + 150_000, 97_000))).toEqual(["back"]);
});

test.each([
  ["idle", IDLE, true],
  ["seeking", SEEKING, true],
  ["seeking, and away", { ...SEEKING, awayMs: NOW_MS }, false],
  ["in another chat, and away", { ...CHATTING, chat: OTHER_CHAT, awayMs: NOW_MS }, false],
] as const)("[G67] of a chat that is not theirs only who is present says that it is over: %s", (_name, now, here) => {
  const memo = { kind: "back", memo: 1, chat: CHAT, to: ME.session, epoch: PARTNER.epoch, address: THERE };
  const said = after(now, [{ event: "chat_memo", memo } as never]);
  expect(memoOf(said, "not_in_chat")).toMatchObject({ here, memo: 1, chat: CHAT });
});

test("[G10] somebody who is here and in no such chat ends it; somebody who is not here is looked for at their home", () => {
  const here: Event = { event: "not_in_chat", chat: CHAT, here: true, address: THERE };
  expect(framesOf(after(CHATTING, [here]))).toEqual([{ type: "partner_left" }]);
  const absent = after(CHATTING, [{ event: "not_in_chat", chat: CHAT, here: false, address: THERE }]);
  expect(absent.effects).toEqual([
    { do: "ask", memo: { kind: "where", session: PARTNER.session, home: PARTNER.home, chat: CHAT } },
  ]);
  expect(framesOf(step(absent.next, where({ chat: "over" }), ctxAt(NOW_MS)))).toEqual([{ type: "partner_left" }]);
  expect(framesOf(step(absent.next, where({ chat: "unknown" }), ctxAt(NOW_MS)))).toEqual([
    { type: "partner_away", grace: 60 },
  ]);
  expect(
    framesOf(
      step(absent.next, where({ chat: "in", partnerAddress: THERE, partnerEpoch: PARTNER.epoch }), ctxAt(NOW_MS)),
    ),
  ).toEqual([{ type: "partner_away", grace: 60 }]);
  expect(
    framesOf(
      step(absent.next, where({ chat: "in", partnerAddress: "eu-west.p7.0.a", partnerEpoch: 9_999 }), ctxAt(NOW_MS)),
    ),
  ).toEqual([{ type: "partner_back" }]);
});

test("[S1] who returns to a chat hears where they stand and how far their texts went, and the partner is told to resend", () => {
  const gone = after({ ...CHATTING, high: 4 }, [{ event: "gone" }]).next;
  const here = step(gone, { event: "back" }, ctxAt(NOW_MS + 9_000));
  expect(framesOf(here)).toEqual([{ type: "resumed", place: "chatting", chat_id: CHAT, received: 4 }]);
  expect(memosOf(here)).toEqual(["back"]);
  expect(here.next).toMatchObject({ awayMs: 0, credit: 32 });
});

test("[S2] who returns and finds the partner away is told so", () => {
  const both = after(CHATTING, [away, { event: "gone" }]).next;
  expect(framesOf(step(both, { event: "back" }, ctxAt(NOW_MS))).map((f) => f.type)).toEqual([
    "resumed",
    "partner_away",
  ]);
});

test("[S3] who returns to a search keeps their place in the queue; the time away did not count", () => {
  const gone = step(SEEKING, { event: "gone" }, ctxAt(NOW_MS + 8_000)).next;
  const here = step(gone, { event: "back" }, ctxAt(NOW_MS + 40_000, 9));
  expect(framesOf(here).map((f) => f.type)).toEqual(["resumed", "matching_started", "seek_status"]);
  expect(framesOf(here)[1]).toEqual({ type: "matching_started", timeout: 22 });
  expect(memoOf(here, "seek")).toMatchObject({ joinedMs: NOW_MS, waitedMs: 8_000, seekNo: 9 });
});

test("[S4] who returns to a proposal sees it again with what is left of its time", () => {
  const gone = after(ACCEPTED, [{ event: "gone" }]).next;
  const here = step(gone, { event: "back" }, ctxAt(NOW_MS + 5_000));
  expect(framesOf(here)).toEqual([
    { type: "resumed", place: "accepted", chat_id: CHAT },
    { type: "match_found", chat_id: CHAT, shared_interests: ["music"], accept_deadline: 10 },
  ]);
  expect(memosOf(here)).toEqual(["regain"]);
});

test("[S5] a place is kept 60 s: a search is then cancelled at the desk", () => {
  const gone = after(SEEKING, [{ event: "gone" }]).next;
  expect(wakeAtMs(gone, SPANS)).toBe(NOW_MS + 60_000);
  const over = step(gone, { event: "wake" }, ctxAt(NOW_MS + 60_000));
  expect(memosOf(over)).toEqual(["cancel"]);
  expect(over.next).toBe(IDLE);
});

test("[S6] a proposal that comes to nothing while the person is away waits for them, off the list", () => {
  const gone = after(ACCEPTED, [{ event: "gone" }]).next;
  const declined = step(
    gone,
    { event: "desk_memo", memo: { kind: "declined", chat: CHAT, session: "", epoch: 4_000, seekNo: 1 } as never },
    ctxAt(NOW_MS),
  );
  expect(memosOf(declined)).toEqual([]);
  expect(declined.next).toMatchObject({ place: "seeking", awayMs: NOW_MS });
});

test("[M4] a new epoch starts with half a bucket, and 32 texts of credit at most once a minute", () => {
  const first = after(CHATTING, [{ event: "gone" }, { event: "back" }]).next;
  expect(first).toMatchObject({ credit: 32, creditMs: NOW_MS });
  const spent = { ...first, credit: 0 } as typeof CHATTING;
  const soon = step(spent, { event: "back" }, ctxAt(NOW_MS + 59_000));
  expect(soon.next).toMatchObject({ credit: 0 });
  let value = soon.next;
  let passed = 0;
  for (let id = 1; id <= 5; id++) {
    const said = step(value, text(id), ctxAt(NOW_MS + 59_000));
    if (memosOf(said).includes("text")) passed++;
    value = said.next;
  }
  expect(passed).toBe(2);
  expect(step(spent, { event: "back" }, ctxAt(NOW_MS + 61_000)).next).toMatchObject({ credit: 32 });
});
