import { deepEqual, equal } from "node:assert/strict";
import { test } from "vitest";
import { Brain, CHAT, delivered, inChat, OTHER_CHAT, text, voided } from "../../test/support/brain.ts";
import type { ServerFrame } from "../protocol/server-frames.ts";

const words = (brain: Brain): readonly string[] => brain.view.transcript.map((line) => line.text);
const states = (brain: Brain): readonly unknown[] => brain.view.transcript.map((line) => line.state);
const count = (n: number): string[] => Array.from({ length: n }, (_, i) => `t${i + 1}`);
const gap = (id: number): ServerFrame => ({ type: "error", code: "out_of_order", message: "", id });

test("[C1] texts are numbered 1, 2, 3 in each chat and kept until `delivered` covers them", () => {
  const brain = new Brain().chat().say("one", "two", "three");
  deepEqual(brain.sentIds, [1, 2, 3]);
  deepEqual(states(brain), ["waiting", "waiting", "waiting"]);
  brain.hear(delivered(2));
  deepEqual(states(brain), ["delivered", "delivered", "waiting"]);
  deepEqual(
    brain.state.talk?.outbox.map((one) => one.id),
    [3],
  );
  brain.call({ call: "end" }).propose().call({ call: "accept" });
  brain.hear({ type: "match_accepted", chat_id: CHAT }).clear().say("new");
  deepEqual(brain.sentIds, [1]);
});

test.each([
  ["an empty text", ""],
  ["2,001 points", "😀".repeat(2_001)],
])("[C1] %s is not taken", (_, bad) => {
  const brain = new Brain().chat().say(bad);
  deepEqual([brain.sent, brain.view.transcript, brain.state.talk?.lastId], [[], [], 0]);
});

test("[C1] a text said without a chat is not taken, 2,000 points are, a lone surrogate becomes U+FFFD", () => {
  deepEqual(new Brain().comeIn().clear().say("hello").sent, []);
  const brain = new Brain().chat().say("😀".repeat(2_000), "\ud800");
  equal(brain.sent.length, 2);
  equal(brain.sent[1]?.text, "\ufffd");
});

test("[C2] at most 32 texts are unconfirmed on the wire; the rest follows as they are delivered; 500 wait at most", () => {
  const brain = new Brain().chat().say(...count(40));
  equal(brain.sentIds.length, 32);
  brain.clear().hear(delivered(5));
  deepEqual(brain.sentIds, [33, 34, 35, 36, 37]);
  brain.say(...count(500));
  equal(brain.state.talk?.outbox.length, 500);
});

test("[C3] only the next number is shown; a void one is counted and not shown; a double and a gap change nothing", () => {
  const brain = new Brain().chat().hear(text(1), text(1), text(3), voided(2), text(3), text(2));
  deepEqual(words(brain), ["text 1", "text 3"]);
  equal(brain.state.talk?.last, 3);
  equal(brain.view.transcript[0]?.atMs, 1_700_000_000_000);
});

test.each([
  ["one that is shown", [text(1)], 1],
  ["a double", [text(1), text(1)], 1],
  ["a gap", [text(7)], 0],
])("[C4] %s is answered within 500 ms", (_, frames, last) => {
  const brain = new Brain().chat().hear(...frames);
  deepEqual(brain.wait(499).sent, []);
  deepEqual(brain.wait(1).sent, [{ type: "received", chat_id: CHAT, id: last }]);
  deepEqual(brain.clear().wait(10_000).sent, []);
});

test("[C4] eight are answered at once, and an answer rides on a text of our own", () => {
  const brain = new Brain().chat();
  for (let id = 1; id <= 8; id++) brain.hear(text(id));
  deepEqual(brain.sent, [{ type: "received", chat_id: CHAT, id: 8 }]);
  brain.clear().hear(text(9)).say("mine", "more");
  deepEqual(
    brain.sent.map((frame) => frame.received),
    [9, undefined],
  );
  deepEqual(brain.clear().wait(600).sent, []);
});

test("[C5] after five seconds of silence everything unconfirmed goes again, then after ten, twenty and thirty", () => {
  const brain = new Brain().chat().say("one", "two").clear();
  for (const waitMs of [5_000, 10_000, 20_000, 30_000, 30_000]) {
    brain.hear({ type: "pong" }).clear();
    for (let leftMs = waitMs - 1; leftMs > 0; leftMs -= 15_000)
      brain.wait(Math.min(leftMs, 15_000)).hear({ type: "pong" });
    deepEqual(brain.sentIds, [], `not before ${waitMs}`);
    deepEqual(brain.wait(1).sentIds, [1, 2], `after ${waitMs}`);
  }
  brain.hear(delivered(1)).clear();
  deepEqual(brain.wait(5_000).sentIds, [2], "an answer starts it over");
});

test("[C5] a repeated `delivered` resends, once a second at most, and only what is unconfirmed", () => {
  const brain = new Brain().chat().say("one", "two", "three").hear(delivered(1)).clear();
  deepEqual(brain.hear(delivered(1)).sentIds, [2, 3]);
  deepEqual(brain.clear().hear(delivered(1), delivered(1)).sentIds, []);
  deepEqual(brain.wait(1_000).hear(delivered(1)).sentIds, [2, 3]);
  deepEqual(brain.hear(delivered(3)).clear().wait(2_000).hear(delivered(3)).sentIds, []);
});

test("[C5] `partner_back` resends, with or without a `partner_away` before", () => {
  const brain = new Brain().chat().say("one").clear();
  deepEqual(brain.hear({ type: "partner_back" }).sentIds, [1]);
  brain.clear().hear({ type: "partner_away", grace: 60 }, { type: "partner_back" });
  deepEqual(brain.sentIds, [1]);
});

test("[C5] after `resumed` everything goes again from `delivered + 1`, once", () => {
  const brain = new Brain().chat().say("one", "two", "three").hear(delivered(1)).closed(1006).clear();
  deepEqual(brain.comeBack(inChat(3)).sentIds, [2, 3]);
});

test("[C6] nothing is sent while the partner is away: neither again nor new", () => {
  const brain = new Brain().chat().say("one").hear({ type: "partner_away", grace: 60 }).clear().say("two");
  equal(brain.view.now.scene === "chatting" && brain.view.now.partnerAwayUntilMs, brain.nowMs + 60_000);
  for (let i = 0; i < 6; i++) brain.wait(10_000).hear({ type: "pong" });
  deepEqual(brain.sentIds, []);
  deepEqual(brain.hear({ type: "partner_back" }).sentIds, [1, 2]);
});

test("[C7] `out_of_order` sends again from the number it names, once for all texts that met the same gap", () => {
  const brain = new Brain().chat().say("one", "two", "three").clear();
  deepEqual(brain.hear(gap(2), gap(2)).sentIds, [2, 3]);
  deepEqual(brain.clear().hear(gap(9), gap(0)).sentIds, [], "a number never sent names nothing");
  deepEqual(brain.hear(delivered(2)).clear().wait(2_000).hear(gap(1)).sentIds, [], "nor does one delivered");
});

test("[C8] `rate_limited` keeps number and text; they go when the time is up, and not before, whatever asks", () => {
  const brain = new Brain().chat().say("one", "two", "three").clear();
  brain.hear({ type: "rate_limited", retry_after: 3, id: 2 }, gap(2), delivered(1), delivered(1)).say("four");
  equal(brain.view.slowUntilMs, brain.nowMs + 3_000);
  deepEqual(brain.wait(2_999).sentIds, []);
  deepEqual(brain.wait(1).sentIds, [2, 3, 4]);
  equal(brain.view.slowUntilMs, undefined);
});

test("[C9] a text refused for what it is stays on show as refused, and goes again only as void", () => {
  for (const code of ["message_blocked", "invalid_message"] as const) {
    const brain = new Brain().chat().say("bad", "good").clear().hear({ type: "error", code, message: "", id: 1 });
    deepEqual(states(brain), ["refused", "waiting"]);
    equal(brain.view.notice?.code, code);
    brain.wait(5_000);
    deepEqual(brain.sent, [
      { type: "message", chat_id: CHAT, id: 1, void: true },
      { type: "message", chat_id: CHAT, id: 2, text: "good" },
    ]);
    brain.hear(delivered(2));
    deepEqual(states(brain), ["refused", "delivered"]);
  }
});

test("[C10] a text twice answered by a cut with `our_fault` goes as void, its person is told, and its neighbours are spared", () => {
  const brain = new Brain().chat().say("good", "poison", "after").closed(4101).clear();
  deepEqual(brain.comeBack(inChat()).sentIds, [1], "one at a time from now on");
  deepEqual(brain.clear().hear(delivered(1)).sentIds, [2]);
  equal(brain.view.notice, undefined);
  brain.closed(4101).clear();
  deepEqual(brain.view.notice, { no: 1, code: "parse_error" });
  brain.comeBack(inChat());
  deepEqual(brain.sent, [{ type: "message", chat_id: CHAT, id: 2, void: true }]);
  deepEqual(brain.clear().hear(delivered(2)).sentIds, [3]);
  brain.hear(delivered(3));
  deepEqual(states(brain), ["delivered", "refused", "delivered"]);
});

test("[C10] a cut of another kind, and a fault with nothing in flight, blame no text", () => {
  const brain = new Brain().chat().say("one");
  for (const code of [1006, 4100, 4000, 1006]) brain.closed(code).comeBack(inChat());
  brain.hear(delivered(1)).closed(4101).comeBack(inChat()).say("two").closed(1006);
  deepEqual(states(brain), ["delivered", "waiting"]);
  equal(brain.state.talk?.outbox[0]?.faults, 0);
});

test.each<[string, ServerFrame]>([
  ["more than was sent", delivered(4)],
  ["less than is known", delivered(0)],
  ["another chat", delivered(3, OTHER_CHAT)],
])("[C11] `delivered` of %s changes nothing", (_, frame) => {
  const brain = new Brain().chat().say("one", "two", "three").hear(delivered(1)).clear();
  const { talk, transcript } = brain.state;
  brain.hear(frame);
  equal(brain.state.talk, talk);
  equal(brain.state.transcript, transcript);
  deepEqual(brain.sent, []);
});

test("[C11] a `delivered` that rides on a text counts, and is no repetition", () => {
  const brain = new Brain().chat().say("one", "two").clear();
  brain.hear({ ...(text(1) as Extract<ServerFrame, { type: "message" }>), delivered: 1 });
  deepEqual(states(brain), ["delivered", "waiting", undefined]);
  brain.hear({ ...(text(2) as Extract<ServerFrame, { type: "message" }>), delivered: 1 });
  deepEqual(brain.sentIds, []);
});

test("[C11] texts, `delivered` and refusals outside a chat change nothing", () => {
  const brain = new Brain().comeIn();
  const before = brain.state;
  const late = [text(1), delivered(1), gap(1), { type: "partner_back" }, { type: "partner_left" }] as ServerFrame[];
  brain.hear(
    ...late,
    { type: "error", code: "message_blocked", message: "", id: 1 },
    { type: "typing", is_typing: true },
  );
  deepEqual(brain.view.transcript, []);
  deepEqual(brain.view.now, before.scene);
  deepEqual(brain.clear().wait(1_000).sent, []);
});
