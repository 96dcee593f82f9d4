import { expect, test } from "vitest";
import {
  after,
  CHAT,
  CHATTING,
  ctxAt,
  frame,
  framesOf,
  memoOf,
  memosOf,
  NOW_MS,
  OTHER_CHAT,
  PLACES,
  THERE,
  text,
} from "../../test/support/person.ts";
import type { Event } from "./event.ts";
import type { Session } from "./session.ts";
import { step } from "./step.ts";

const placeOf = (value: Session): string => value.place;

test("[D1] the next number is relayed once and raises the highest", () => {
  const first = after(CHATTING, [text(1)]);
  expect(memoOf(first, "text")).toMatchObject({ id: 1, text: "hello", chat: CHAT });
  expect(first.next).toMatchObject({ high: 1 });
  expect(framesOf(first)).toEqual([]);
});

test("[D2] a number relayed before is a resend: relayed again, the text meter not charged", () => {
  const { next } = after(CHATTING, [text(1), text(2)]);
  const again = step(next, text(1), ctxAt(NOW_MS));
  expect(memoOf(again, "text")).toMatchObject({ id: 1 });
  expect(again.next).toMatchObject({ high: 2, textsMs: (next as typeof CHATTING).textsMs });
});

test("[D3] a number with a gap before it is refused with the number that is missing", () => {
  const gap = after(CHATTING, [text(1), text(3)]);
  expect(framesOf(gap)).toEqual([expect.objectContaining({ type: "error", code: "out_of_order", id: 2 })]);
  expect(memosOf(gap)).toEqual([]);
});

test("[D4] a text refused for its content keeps its number and goes on as void", () => {
  const bad = after(CHATTING, [text(1, "a forbidden word")]);
  expect(memoOf(bad, "text")).toMatchObject({ id: 1, text: undefined });
  expect(framesOf(bad)).toEqual([expect.objectContaining({ type: "error", code: "message_blocked", id: 1 })]);
  expect(bad.next).toMatchObject({ high: 1 });
  const next = step(bad.next, text(2), ctxAt(NOW_MS));
  expect(memoOf(next, "text")).toMatchObject({ id: 2, text: "hello" });
});

test("[D5] a client may send a number as void; the partner counts it and shows nothing", () => {
  const gone = after(CHATTING, [
    frame({ type: "message", chat_id: CHAT, id: 1, text: undefined, received: undefined }),
  ]);
  expect(memoOf(gone, "text")).toMatchObject({ id: 1, text: undefined });
});

test("[D6] over the meter a text keeps its number: rate_limited with its id, nothing relayed, and the same number passes later", () => {
  const full = after(
    CHATTING,
    [1, 2, 3, 4, 5].map((id) => text(id)),
  );
  const sixth = step(full.next, text(6), ctxAt(NOW_MS));
  expect(framesOf(sixth)).toEqual([{ type: "rate_limited", retry_after: 2, id: 6 }]);
  expect(memosOf(sixth)).toEqual([]);
  expect(sixth.next).toMatchObject({ high: 5 });
  expect(memosOf(step(sixth.next, text(6), ctxAt(NOW_MS + 2_000)))).toEqual(["text"]);
});

test("[D7] received rides on a text and is never more than was relayed to this person", () => {
  const heard = after({ ...CHATTING, seen: 3 }, [text(1, "hi", CHAT, 9)]);
  expect(memoOf(heard, "text")).toMatchObject({ received: 3 });
  const alone = after({ ...CHATTING, seen: 3 }, [frame({ type: "received", chat_id: CHAT, id: 9 })]);
  expect(memoOf(alone, "received")).toMatchObject({ id: 3 });
});

test("[D8] a rate-limited text still delivers the receipt that rode on it", () => {
  const full = after(
    { ...CHATTING, seen: 2 },
    [1, 2, 3, 4, 5].map((id) => text(id)),
  );
  const sixth = step(full.next, text(6, "x", CHAT, 2), ctxAt(NOW_MS));
  expect(memoOf(sixth, "received")).toMatchObject({ id: 2 });
});

test("[D9] a text of the partner's is shown with its number, and what it delivers rides along", () => {
  const memo = {
    kind: "text",
    chat: CHAT,
    to: "",
    epoch: 8_000,
    address: THERE,
    id: 4,
    text: "hey",
    received: 2,
  } as never;
  const shown = after({ ...CHATTING, high: 5 }, [{ event: "chat_memo", memo }]);
  expect(shown.effects).toEqual([{ do: "show", id: 4, text: "hey", delivered: 2 }]);
  expect(shown.next).toMatchObject({ seen: 4 });
});

test("[D10] delivered is never more than was relayed from this person", () => {
  const memo = { kind: "received", chat: CHAT, to: "", epoch: 8_000, address: THERE, id: 99 } as never;
  expect(framesOf(after({ ...CHATTING, high: 5 }, [{ event: "chat_memo", memo }]))).toEqual([
    { type: "delivered", chat_id: CHAT, id: 5 },
  ]);
});

test("[D11] a resumed shard that knows no highest takes the partner's shard's word, else the first number offered", () => {
  const unknown = { ...CHATTING, high: -1 };
  const address = THERE;
  const took = (seen: number): Event => {
    const memo = { kind: "took", memo: 1, chat: CHAT, epoch: 8_000, address, awaySinceMs: undefined, seen } as never;
    return { event: "chat_memo", memo };
  };
  expect(after(unknown, [took(7)]).next).toMatchObject({ high: 7 });
  // Both have just come to new shards: the partner's knows of no text, which is not the same as that there was none.
  expect(after(unknown, [took(0), text(7)]).next).toMatchObject({ high: 7 });
  expect(after(unknown, [text(8)]).next).toMatchObject({ high: 8 });
});

test("[D11] the first number offered counts even when the meter refuses it: the text behind it does not take its place", () => {
  const empty = {
    ...after(
      CHATTING,
      [1, 2, 3, 4, 5].map((id) => text(id)),
    ).next,
    high: -1,
  } as typeof CHATTING;
  const first = step(empty, text(3), ctxAt(NOW_MS));
  expect(framesOf(first)).toMatchObject([{ type: "rate_limited", id: 3 }]);
  const behind = step(first.next, text(4), ctxAt(NOW_MS));
  expect(framesOf(behind)).toMatchObject([{ type: "error", code: "out_of_order", id: 3 }]);
});

test("[M1] the text meter passes 5 in 10 s and gives one back every 2 s", () => {
  let value: Session = CHATTING;
  let passed = 0;
  for (let id = 1, at = 0; at <= 10_000; at += 100) {
    const next = step(value, text(id), ctxAt(NOW_MS + at));
    if (memosOf(next).includes("text")) {
      passed++;
      id++;
    }
    value = next.next;
  }
  expect(passed).toBe(10);
});

test("[M2] typing above 2 a second is dropped without a word", () => {
  const typing = frame({ type: "typing", chat_id: CHAT, is_typing: true });
  const third = after(CHATTING, [typing, typing, typing]);
  expect(memosOf(third)).toEqual([]);
  expect(framesOf(third)).toEqual([]);
});

test("[M3] text bytes have a meter of their own that resends pay, too: 1 MiB in 10 s", () => {
  let value: Session = CHATTING;
  let passed = 0;
  for (let i = 0; i < 100; i++) {
    const next = step(
      value,
      frame({ type: "message", chat_id: CHAT, id: 1, text: "x", received: undefined }, 24_576),
      ctxAt(NOW_MS),
    );
    if (memosOf(next).includes("text")) passed++;
    else expect(framesOf(next)[0]).toMatchObject({ type: "rate_limited", id: 1 });
    value = next.next;
  }
  expect(passed).toBe(42); // 42 × 24,576 ≤ 1,048,576 < 43 × 24,576
});

test("[P9] a foreign chat id is refused, and nothing goes anywhere", () => {
  expect(framesOf(after(CHATTING, [text(1, "hi", OTHER_CHAT)]))[0]).toMatchObject({ code: "invalid_chat", id: 1 });
  expect(memosOf(after(CHATTING, [frame({ type: "typing", chat_id: OTHER_CHAT, is_typing: true })]))).toEqual([]);
  expect(memosOf(after(CHATTING, [frame({ type: "received", chat_id: OTHER_CHAT, id: 1 })]))).toEqual([]);
  expect(framesOf(after(CHATTING, [frame({ type: "end_chat", chat_id: OTHER_CHAT })]))[0]).toMatchObject({
    code: "invalid_chat",
  });
});

test("[P10] a text outside a chat is refused with invalid_chat and its number", () => {
  for (const name of ["idle", "seeking", "offered", "proposed", "accepted"] as const) {
    const answer = after(PLACES[name], [text(1)]);
    expect(framesOf(answer)).toEqual([expect.objectContaining({ type: "error", code: "invalid_chat", id: 1 })]);
    expect(answer.next).toBe(PLACES[name]);
  }
});

test("[P11] end_chat ends it for both: the partner's shard is told until it has heard", () => {
  const ended = after(CHATTING, [frame({ type: "end_chat", chat_id: CHAT })]);
  expect(placeOf(ended.next)).toBe("idle");
  expect(ended.effects).toContainEqual(expect.objectContaining({ do: "insist", to: THERE }));
  expect(memosOf(ended)).toEqual(["left"]);
});

test("[P12] next ends the chat and seeks in one step, with the last wish unless another comes along", () => {
  const next = after(CHATTING, [frame({ type: "next", interests: [], languages: [] })]);
  expect(next.next).toMatchObject({ place: "seeking", wish: { interests: ["music"] }, over: { chat: CHAT } });
  expect(memosOf(next)).toEqual(["left", "seek"]);
  expect(next.effects.filter((e) => e.do === "write")).toHaveLength(1);
  const other = after(CHATTING, [frame({ type: "next", interests: ["art"], languages: [] })]);
  expect(other.next).toMatchObject({ wish: { interests: ["art"] } });
});

test("[P13] report does not end a chat, block does; both work for ten minutes after it, and not after eleven", () => {
  const report = frame({ type: "report", chat_id: CHAT, reason: "spam", comment: "", evidence: [] });
  const block = frame({ type: "block", chat_id: CHAT });
  const reported = after(CHATTING, [report]);
  expect(placeOf(reported.next)).toBe("chatting");
  expect(reported.effects.map((e) => e.do)).toEqual(["desk", "report"]);
  expect(placeOf(after(CHATTING, [block]).next)).toBe("idle");
  const over = after(CHATTING, [frame({ type: "end_chat", chat_id: CHAT })]).next;
  expect(step(over, report, ctxAt(NOW_MS + 599_000)).effects.map((e) => e.do)).toEqual(["desk", "report"]);
  expect(framesOf(step(over, block, ctxAt(NOW_MS + 660_000)))[0]).toMatchObject({ code: "invalid_chat" });
  expect(framesOf(after(over, [frame({ type: "block", chat_id: OTHER_CHAT })]))[0]).toMatchObject({
    code: "invalid_chat",
  });
});
