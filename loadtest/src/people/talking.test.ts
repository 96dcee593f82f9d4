import { expect, test } from "vitest";
import { CHAT, frame, framesOf, PlayedPeople } from "../../test/support/played-people.ts";
import { dueAtMs } from "./talk-state.ts";

/** A couple in their chat, and the moments of `a`'s texts. */
function talking(textEveryMs = 1_000) {
  const people = new PlayedPeople({ textEveryMs, holdMs: 7_200_000 });
  people.meet();
  const { talk } = people.a;
  if (talk === undefined) throw new Error("they talk");
  return { people, talk, dueMs: (id: number): number => dueAtMs(talk, id) };
}
const delivered = (id: number) => frame({ type: "delivered", chat_id: CHAT, id });
const receipts = (people: PlayedPeople): readonly unknown[] =>
  framesOf(people.outletOf(people.b))
    .filter(({ type }) => type === "received")
    .map(({ id }) => id);

test("texts are numbered, leave at moments fixed beforehand, and their words carry who wrote which", () => {
  const { people, dueMs } = talking();
  people.passTo(dueMs(3) - 1);
  expect(people.numbersOf(people.a)).toEqual([1, 2]);
  people.passTo(dueMs(3));
  expect(people.numbersOf(people.a)).toEqual([1, 2, 3]);
  const [first] = framesOf(people.outletOf(people.a)).filter(({ type }) => type === "message");
  expect(first).toMatchObject({
    chat_id: CHAT,
    id: 1,
    text: expect.stringMatching(/^run 7 live couple 0 seat 0 says 1 /),
  });
  expect(String(first?.text).length).toBeLessThanOrEqual(64);
});

test("a text's time runs from the moment at which it should have left, however late it was written", () => {
  const { people, dueMs } = talking();
  people.nowMs = dueMs(2) + 700; // the generator slept
  people.passTo(people.nowMs);
  people.hear(people.b, people.textOf(people.a, 1));
  people.hear(people.b, people.textOf(people.a, 2));
  expect(people.times.text).toEqual([1_700, 700]);
});

test("the generator is late when it slept, and not when there was no socket or no partner to send to", () => {
  const { people, dueMs } = talking();
  people.passTo(dueMs(1));
  expect(people.late.every((lateMs) => lateMs === 0)).toBe(true);
  people.nowMs = dueMs(2) + 50;
  people.passTo(people.nowMs);
  expect(people.late.filter((lateMs) => lateMs > 0)).toHaveLength(2); // theirs as well
  people.hear(people.a, frame({ type: "partner_away", grace: 60 }));
  people.closed(people.a, people.outletOf(people.a), 1_006);
  people.passTo(dueMs(6));
  people.admit(people.a);
  people.greet(people.a, true);
  people.hear(people.a, frame({ type: "resumed", place: "chatting", chat_id: CHAT }));
  people.passTo(dueMs(6) + 10);
  expect(people.numbersOf(people.a)).toEqual([1, 2, 3, 4, 5, 6]);
  expect(people.late.filter((lateMs) => lateMs > 0)).toHaveLength(2);
});

test("eight texts are answered at once, fewer after 500 ms, and an answer rides on one's own text", () => {
  const { people } = talking(600_000);
  for (let id = 1; id <= 8; id++) people.hear(people.b, people.textOf(people.a, id));
  expect(receipts(people)).toEqual([8]);
  people.hear(people.b, people.textOf(people.a, 9));
  people.passTo(people.nowMs + 499);
  expect(receipts(people)).toEqual([8]);
  people.passTo(people.nowMs + 1);
  expect(receipts(people)).toEqual([8, 9]);
  const riding = talking();
  const { people: they } = riding;
  they.passTo((they.b.talk?.firstDueMs ?? 0) - 10);
  they.hear(they.b, they.textOf(they.a, 1));
  they.passTo(they.nowMs + 10);
  expect(framesOf(they.outletOf(they.b)).at(-1)).toMatchObject({ type: "message", id: 1, received: 1 });
  expect(receipts(they)).toEqual([]);
});

test("a double and a text after a gap are answered with how far one has come, and not shown", () => {
  const { people } = talking(600_000);
  people.hear(people.b, people.textOf(people.a, 1));
  people.passTo(people.nowMs + 500);
  for (const id of [1, 3]) {
    people.hear(people.b, people.textOf(people.a, id));
    people.passTo(people.nowMs + 500);
  }
  expect(receipts(people)).toEqual([1, 1, 1]);
  expect(people.counts).toMatchObject({ textsDelivered: 1, doubled: 1 });
});

test("at most 32 are under way; the rest goes as soon as it may", () => {
  const { people } = talking(10);
  people.passTo(people.nowMs + 1_000);
  expect(people.numbersOf(people.a)).toHaveLength(32);
  for (let id = 1; id <= 20; id++) people.hear(people.b, people.textOf(people.a, id));
  people.hear(people.a, delivered(20));
  expect(people.numbersOf(people.a)).toHaveLength(52);
});

test("what is not confirmed goes again after 5 s, then 10, up to 30, in order from the first", () => {
  const { people } = talking(600_000);
  const firstMs = people.a.talk?.firstDueMs ?? 0;
  const moments: number[] = [];
  for (let atMs = firstMs % 1_000; atMs < firstMs + 110_000; atMs += 1_000) {
    const before = people.numbersOf(people.a).length;
    people.passTo(atMs);
    people.hear(people.a, frame({ type: "pong" }));
    if (people.numbersOf(people.a).length > before && atMs > firstMs) moments.push(atMs - firstMs);
  }
  expect(moments).toEqual([5_000, 15_000, 35_000, 65_000, 95_000]);
});

test.each([
  ["resumed", frame({ type: "partner_back" })],
  ["a repeated delivered", delivered(1)],
])("%s has everything behind the confirmed sent again", (_why, word) => {
  const { people, dueMs } = talking();
  people.passTo(dueMs(3));
  people.hear(people.b, people.textOf(people.a, 1));
  people.hear(people.a, delivered(1));
  people.outletOf(people.a).said = [];
  people.hear(people.a, word);
  expect(people.numbersOf(people.a)).toEqual([2, 3]);
});

test("a repeated delivered is obeyed once a second at most", () => {
  const { people, dueMs } = talking();
  people.passTo(dueMs(2));
  people.hear(people.b, people.textOf(people.a, 1));
  people.hear(people.a, delivered(1));
  people.outletOf(people.a).said = [];
  for (let i = 0; i < 5; i++) people.hear(people.a, delivered(1));
  expect(people.numbersOf(people.a)).toEqual([2]);
});

test("nothing is sent to a partner who is away, and all of it when they are back", () => {
  const { people, dueMs } = talking();
  people.passTo(dueMs(1));
  people.hear(people.a, frame({ type: "partner_away", grace: 60 }));
  people.passTo(dueMs(8));
  expect(people.numbersOf(people.a)).toEqual([1]);
  people.hear(people.a, frame({ type: "partner_back" }));
  expect(people.numbersOf(people.a)).toEqual([1, 1, 2, 3, 4, 5, 6, 7, 8]);
});

test("a text that the meter refuses waits with its number, and goes again with those behind it", () => {
  const { people, dueMs } = talking();
  people.passTo(dueMs(2));
  people.hear(people.a, frame({ type: "rate_limited", retry_after: 3, id: 2 }));
  people.passTo(people.nowMs + 2_999);
  expect(people.numbersOf(people.a)).toEqual([1, 2]);
  people.passTo(people.nowMs + 1);
  expect(people.numbersOf(people.a)).toEqual([1, 2, 2, 3, 4, 5]);
  expect(people.counts.refused).toBe(1);
});

test("a text missing before the one sent: from there again, once for all that are answered alike", () => {
  const { people, dueMs } = talking();
  people.passTo(dueMs(4));
  people.outletOf(people.a).said = [];
  for (let i = 0; i < 3; i++) people.hear(people.a, frame({ type: "error", code: "out_of_order", message: "", id: 2 }));
  expect(people.numbersOf(people.a)).toEqual([2, 3, 4]);
  for (const id of [0, 99]) people.hear(people.a, frame({ type: "error", code: "out_of_order", message: "", id }));
  expect(people.numbersOf(people.a)).toEqual([2, 3, 4]);
  expect(people.counts.errors).toBeUndefined();
});

test("a delivered for what was never sent, or of another chat, means nothing", () => {
  const { people, dueMs } = talking();
  people.passTo(dueMs(2));
  people.hear(people.a, delivered(3));
  people.hear(people.a, frame({ type: "delivered", chat_id: "x".repeat(22), id: 1 }));
  expect(people.counts.textsConfirmed).toBeUndefined();
  expect(people.counts.lost).toBeUndefined();
});

test("who was told that a text arrived which was not shown has lost it, once", () => {
  const { people, dueMs } = talking();
  people.passTo(dueMs(3));
  people.hear(people.b, people.textOf(people.a, 1));
  people.hear(people.a, delivered(2));
  people.hear(people.a, delivered(2));
  people.hear(people.a, delivered(3));
  expect(people.counts.lost).toBe(2);
});

test("a second copy after a return is no fault; without one the text was repaired", () => {
  for (const excused of [true, false]) {
    const { people, dueMs } = talking();
    people.passTo(dueMs(1));
    if (excused) people.hear(people.a, frame({ type: "partner_back" }));
    else people.passTo(dueMs(1) + 5_000);
    people.hear(people.b, people.textOf(people.a, 1));
    expect(people.counts.repaired).toBe(excused ? undefined : 1);
    people.hear(people.b, people.textOf(people.a, 1));
    expect(people.counts.doubled).toBeUndefined();
    people.hear(people.b, people.textOf(people.a, 1));
    expect(people.counts.doubled).toBe(1);
  }
});

test.each([
  ["live", "foreign"],
  ["test", "laneCrossed"],
])("words of lane %s from somebody in one's chat who is not the partner are %s", (lane, fault) => {
  const { people } = talking();
  people.b.talk = undefined; // the partner is not in this chat
  const text = `run 7 ${lane} couple 0 seat 1 says 1`;
  people.hear(people.a, frame({ type: "message", from: "partner", id: 1, text, ts: 1 }));
  expect(people.counts).toMatchObject({ [fault]: 1 });
  expect(people.counts.textsDelivered).toBeUndefined();
});

test("a void text keeps its number: counted, not shown, and nothing is missing", () => {
  const { people } = talking(600_000);
  people.hear(people.b, frame({ type: "message", from: "partner", id: 1, void: true, ts: 1 }));
  people.hear(people.b, people.textOf(people.a, 2));
  expect(people.b.talk?.last).toBe(2);
  expect(people.counts.textsDelivered).toBe(1);
});

test("after a cut with our_fault texts go one at a time, until one is confirmed", () => {
  const { people, dueMs } = talking();
  people.passTo(dueMs(3));
  people.closed(people.a, people.outletOf(people.a), 4_101);
  people.passTo(people.a.returnsAtMs);
  people.admit(people.a);
  people.greet(people.a, true);
  people.hear(people.a, frame({ type: "resumed", place: "chatting", chat_id: CHAT }));
  expect(people.numbersOf(people.a)).toEqual([1]);
  people.hear(people.b, people.textOf(people.a, 1));
  people.hear(people.a, delivered(1));
  expect(people.numbersOf(people.a).slice(0, 3)).toEqual([1, 2, 3]);
});
