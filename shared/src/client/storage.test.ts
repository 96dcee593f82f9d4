import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "vitest";
import { Brain, CHAT, delivered, inChat, text } from "../../test/support/brain.ts";
import { freshState } from "./state.ts";
import { restore } from "./storage.ts";

test("[C21] after a reload the transcript, the outbox and the numbers are as they were", () => {
  const before = new Brain().chat().say("one", "two", "bad").hear(text(1), delivered(1));
  before.hear({ type: "error", code: "message_blocked", message: "", id: 3 });
  const after = before.reload();
  deepEqual(after.state.talk, before.state.talk);
  deepEqual(after.view.transcript, before.view.transcript);
  after.comeBack(inChat()).hear(text(1), text(2)).say("three");
  deepEqual(after.sentIds, [2, 3, 4]);
  equal(after.sent.find((frame) => frame.id === 3)?.void, true);
  deepEqual(after.did("ask")[0]?.body, { session: "s1", device: "d" });
});

test("[C21] what was said is kept before it is sent, what was shown before it is answered", () => {
  const brain = new Brain().chat().say("one");
  const kinds = (): readonly string[] => brain.effects.map((effect) => effect.do);
  deepEqual(kinds(), ["keep", "send"]);
  brain.clear();
  for (let id = 1; id <= 8; id++) brain.hear(text(id));
  deepEqual(kinds().slice(-2), ["keep", "send"]);
  ok(brain.kept.chat?.includes("text 8"));
});

test("[C21] the chat's part is erased at the chat's end, however it ends", () => {
  const ends: ((brain: Brain) => void)[] = [
    (brain) => void brain.call({ call: "end" }),
    (brain) => void brain.hear({ type: "partner_left" }),
    (brain) => void brain.call({ call: "block" }),
    (brain) => void brain.call({ call: "next", interests: undefined }),
    (brain) => void brain.closed(4301),
    (brain) => void brain.hear({ type: "banned", duration: 1, reason: "" }),
  ];
  for (const end of ends) {
    const brain = new Brain().chat().say("one");
    ok(brain.kept.chat !== null);
    end(brain);
    equal(brain.kept.chat, null);
    ok(brain.kept.tab !== null);
  }
});

test("[C21] a reload in the middle of a search comes back to it; after its time it does not", () => {
  const brain = new Brain().comeIn().call({ call: "seek", interests: ["tea"], languages: undefined });
  equal(brain.reload().view.now.scene, "seeking");
  brain.nowMs += 30_000;
  equal(brain.reload().view.now.scene, "idle");
});

test("[C21] of a long conversation the newest lines are kept, within a tab's room", () => {
  const brain = new Brain().chat();
  for (let id = 1; id <= 400; id++) brain.hear(text(id, "x".repeat(2_000)));
  ok((brain.kept.chat?.length ?? 0) < 600_000);
  const after = brain.reload();
  equal(after.view.transcript.at(-1)?.id, 400);
  equal(after.view.transcript.length, 250);
  equal(after.state.talk?.last, 400);
});

const TAB = { v: 1, session: "s", wish: { interests: [], languages: [] } };
const TALK = {
  v: 1,
  chat: CHAT,
  shared: ["tea"],
  lastId: 2,
  delivered: 1,
  last: 0,
  outbox: [{ id: 2, faults: 0 }],
  lines: [],
};

test.each<[string, unknown, unknown]>([
  ["no JSON", "{", undefined],
  ["of another version", { ...TAB, v: 2 }, undefined],
  ["a tab without a session", { ...TAB, session: "" }, TALK],
  ["a wish that is none", { ...TAB, wish: { interests: [7] } }, undefined],
  ["a chat without a tab", undefined, TALK],
  ["a chat cut off", TAB, '{"v":1,"chat":'],
  ["a chat id that is none", TAB, { ...TALK, chat: "x" }],
  ["more delivered than sent", TAB, { ...TALK, delivered: 3 }],
  ["a hole in the outbox", TAB, { ...TALK, lastId: 3 }],
  ["an outbox out of order", TAB, { ...TALK, outbox: [{ id: 1, faults: 0 }] }],
  ["a negative number", TAB, { ...TALK, last: -1 }],
  ["lines of nobody", TAB, { ...TALK, lines: [{ from: "them", id: 1, text: "x", atMs: 1 }] }],
  ["a list", [], []],
  ["null", "null", "null"],
])("[C21] kept %s: the client starts anew", (_, tab, chat) => {
  const value = (one: unknown): string | null =>
    one === undefined ? null : typeof one === "string" ? one : JSON.stringify(one);
  deepEqual(restore({ tab: value(tab), chat: value(chat), device: "d" }, 0), freshState("d"));
});

test("[C21] the twin of those, unspoilt, is taken", () => {
  const state = restore({ tab: JSON.stringify(TAB), chat: JSON.stringify(TALK), device: null }, 0);
  equal(state.talk?.outbox[0]?.id, 2);
  equal(state.scene.scene, "chatting");
});
