import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";
import { test } from "vitest";
import { Brain, CHAT, delivered, inChat, ME, OTHER_CHAT, text } from "../../test/support/brain.ts";
import { decodeServerFrame } from "../protocol/codec.ts";
import { SERVER_FRAMES, type ServerFrame } from "../protocol/server-frames.ts";

type Resumed = Extract<ServerFrame, { type: "resumed" }>;
const at = (place: Resumed["place"], chat = CHAT): Resumed =>
  place === "idle" || place === "seeking" ? { type: "resumed", place } : { type: "resumed", place, chat_id: chat };
const seek = { call: "seek", interests: ["tea"], languages: ["en"] } as const;
const found: ServerFrame = { type: "match_found", chat_id: CHAT, shared_interests: ["tea"], accept_deadline: 7 };
const names = (brain: Brain): readonly string[] => brain.sent.map((frame) => frame.type);

test("[C12] a chat goes on after a return: the numbers, the transcript, what was said meanwhile", () => {
  const brain = new Brain().chat().say("one").hear(text(1), delivered(1)).closed(1006).say("two").clear();
  brain.comeBack(inChat(1)).hear(text(1), text(2));
  deepEqual(
    brain.view.transcript.map((line) => line.text),
    ["one", "text 1", "two", "text 2"],
  );
  deepEqual(brain.sentIds, [2]);
  equal(brain.view.connection, "open");
});

test("[C12] told `idle`, or that nothing was kept, a client that holds a chat knows that it ended", () => {
  const left = new Brain().chat().say("one").closed(1006).comeBack(at("idle"));
  deepEqual(left.view.now, { scene: "idle", note: "partner_left", chat: CHAT });
  equal(left.view.transcript[0]?.state, "refused", "what was not delivered never will be");
  const lost = new Brain().chat().closed(1006).opening().opened();
  lost.hear({ type: "session_created", session_id: ME, resume: false });
  deepEqual(lost.view.now, { scene: "idle", note: "lost", chat: CHAT });
  for (const brain of [left, lost]) {
    equal(brain.kept.chat, null);
    deepEqual(brain.clear().say("into nothing").sent, []);
  }
});

test("[C12] another chat than the one held: the one held ended, the other begins with number one", () => {
  const brain = new Brain()
    .chat()
    .say("old", "old")
    .closed(1006)
    .comeBack(at("chatting", OTHER_CHAT))
    .clear()
    .say("new");
  deepEqual(brain.sentIds, [1]);
  equal(brain.view.now.scene === "chatting" && brain.view.now.chat, OTHER_CHAT);
});

test("[D60] told of a chat that it has left, a client that holds another holds neither", () => {
  const brain = new Brain().chat().call({ call: "end" });
  brain.call(seek).hear({ type: "matching_started", timeout: 30 }, { ...found, chat_id: OTHER_CHAT });
  brain.call({ call: "accept" }).hear({ type: "match_accepted", chat_id: OTHER_CHAT }).closed(1006).clear();
  brain.comeBack(at("chatting", CHAT));
  deepEqual(
    brain.sent.filter((frame) => frame.type === "end_chat"),
    [{ type: "end_chat", chat_id: CHAT }],
  );
  deepEqual(brain.view.now, { scene: "idle", note: "lost", chat: OTHER_CHAT });
});

test("[D61] a text that the shard knows no chat for ends the chat: nobody would ever hear what is said there", () => {
  const brain = new Brain().chat().say("one").hear({ type: "error", code: "invalid_chat", message: "", id: 1 });
  deepEqual(brain.view.now, { scene: "idle", note: "lost", chat: CHAT });
  equal(brain.view.transcript[0]?.state, "refused");
  const crossed = new Brain().chat().say("one").hear({ type: "partner_left" });
  crossed.hear({ type: "error", code: "invalid_chat", message: "", id: 1 });
  equal(crossed.view.notice, undefined);
});

test("[D62] told of a proposal that it knows to be a chat, a client keeps its texts until the desk has spoken", () => {
  const brain = new Brain().chat().say("one").closed(1006).say("two").clear();
  brain.comeBack(at("proposed", CHAT)).hear(found).say("three");
  deepEqual(brain.sentIds, []);
  deepEqual(names(brain), []);
  brain.hear({ type: "match_accepted", chat_id: CHAT });
  deepEqual(brain.sentIds, [1, 2, 3]);
  equal(brain.view.transcript.length, 3);
  for (const [no, sends] of [
    [{ type: "match_declined" }, ["cancel_match"]],
    [{ type: "match_timeout" }, []],
  ] as const) {
    const over = new Brain().chat().say("one").closed(1006).comeBack(at("proposed", CHAT)).hear(found).clear();
    deepEqual(over.view.now.scene, "chatting");
    over.hear(no as ServerFrame);
    deepEqual(over.view.now, { scene: "idle", note: "lost", chat: CHAT });
    deepEqual(names(over), sends);
  }
});

test("[C12] numbers that were relayed are taken, even if this client no longer knows them", () => {
  const brain = new Brain()
    .comeIn()
    .propose()
    .closed(1006)
    .comeBack({ ...at("chatting"), received: 4 })
    .clear();
  deepEqual(brain.say("new").sentIds, [5]);
});

test("[C12] a search that the shard lost is asked for again, unless its time is up", () => {
  const brain = new Brain().comeIn().call(seek).closed(1006).clear().comeBack(at("idle"));
  deepEqual(brain.sent, [{ type: "find_match", interests: ["tea"], languages: ["en"] }]);
  const late = new Brain().comeIn().call(seek).closed(1006);
  late.nowMs += 40_000;
  late.clear().comeBack(at("idle"));
  deepEqual(late.view.now, { scene: "idle", note: "timed_out" });
  deepEqual(late.sent, []);
  const fresh = new Brain().call(seek).wait(5_000).admitted();
  fresh.nowMs += 60_000;
  fresh.opened().hear({ type: "session_created", session_id: ME, resume: false });
  deepEqual(names(fresh), ["find_match"], "one never asked for has no time that is up");
});

test("[C12] what the person left while there was no link is left there too, on the next return", () => {
  const ended = new Brain().chat().closed(1006).call({ call: "end" }).clear().comeBack(inChat());
  deepEqual(ended.sent, [{ type: "end_chat", chat_id: CHAT }]);
  equal(ended.view.now.scene, "idle");
  const cancelled = new Brain()
    .comeIn()
    .call(seek)
    .closed(1006)
    .call({ call: "cancel" })
    .clear()
    .comeBack(at("seeking"));
  deepEqual(names(cancelled), ["cancel_match"]);
  equal(cancelled.view.now.scene, "idle");
  const declined = new Brain()
    .comeIn()
    .propose()
    .closed(1006)
    .call({ call: "decline" })
    .clear()
    .comeBack(at("accepted"));
  deepEqual(names(declined), ["cancel_match"]);
  const anew = new Brain()
    .chat()
    .closed(1006)
    .call({ call: "next", interests: ["jazz"] })
    .clear()
    .comeBack(inChat());
  deepEqual(names(anew), ["end_chat", "find_match"]);
});

test("[C12] a proposal goes on after a return; one that is gone leaves the search, or nothing", () => {
  const brain = new Brain().comeIn().propose().closed(1006).comeBack(at("proposed")).hear(found);
  const { now } = brain.view;
  equal(now.scene === "proposed" && now.untilMs - brain.nowMs, 7_000);
  brain.closed(1006).comeBack(at("seeking")).hear({ type: "matching_started", timeout: 12 });
  deepEqual([brain.view.now.scene, brain.view.now.scene === "seeking" && brain.view.now.note], ["seeking", "declined"]);
  const gone = new Brain().comeIn().propose().closed(1006).comeBack(at("idle"));
  deepEqual(gone.view.now, { scene: "idle", note: "lost" });
});

test("[C25] `next` is one step; to wish for nothing takes two, since an empty `next` means the last wish", () => {
  const one = new Brain().chat().call({ call: "next", interests: ["jazz"] });
  deepEqual(one.sent, [{ type: "next", interests: ["jazz"], languages: [] }]);
  const same = new Brain().chat().call({ call: "next", interests: undefined });
  deepEqual(same.sent, [{ type: "next", interests: ["tea"], languages: [] }]);
  const nothing = new Brain().chat().call({ call: "next", interests: [] });
  deepEqual(nothing.sent, [
    { type: "end_chat", chat_id: CHAT },
    { type: "find_match", interests: [], languages: [] },
  ]);
  for (const brain of [one, same, nothing]) equal(brain.view.now.scene, "seeking");
});

test("[C13] who accepted and is told `proposed` accepts again; who is told `accepted` is shown so", () => {
  const brain = new Brain().comeIn().propose().call({ call: "accept" }).closed(1006).clear().comeBack(at("proposed"));
  deepEqual(brain.hear(found).sent, [{ type: "accept_match", chat_id: CHAT }]);
  equal(brain.view.now.scene === "proposed" && brain.view.now.accepted, true);
  const reloaded = new Brain()
    .comeIn()
    .propose()
    .call({ call: "accept" })
    .reload()
    .comeBack(at("accepted"))
    .hear(found);
  equal(reloaded.view.now.scene === "proposed" && reloaded.view.now.accepted, true);
  const other = new Brain()
    .comeIn()
    .propose()
    .call({ call: "accept" })
    .closed(1006)
    .comeBack(at("proposed", OTHER_CHAT));
  other.clear().hear({ ...found, chat_id: OTHER_CHAT });
  deepEqual(other.sent, [], "a yes to one proposal is no yes to another");
});

test("[C13] paired while away: the chat begins", () => {
  const brain = new Brain().comeIn().propose().call({ call: "accept" }).closed(1006).comeBack(at("chatting"));
  deepEqual(brain.view.now.scene === "chatting" && brain.view.now.shared, ["tea"]);
  deepEqual(brain.hear(text(1)).view.transcript.length, 1);
});

test("[C25] how a proposal and a search end is shown as it is", () => {
  const declined = new Brain().comeIn().propose().wait(5_000).hear({ type: "match_declined" });
  equal(declined.view.now.scene === "seeking" && declined.view.now.note, "declined");
  declined.hear({ type: "seek_status", stage: "shared", waiting_ms: 12_000 });
  equal(declined.view.now.scene === "seeking" && declined.view.now.untilMs - declined.nowMs, 18_000);
  const ranOut = new Brain().comeIn().propose().hear({ type: "match_timeout" });
  deepEqual(ranOut.view.now, { scene: "idle", note: "let_run_out" });
  const nobody = new Brain()
    .comeIn()
    .call(seek)
    .hear({ type: "matching_started", timeout: 30 }, { type: "match_timeout" });
  deepEqual(nobody.view.now, { scene: "idle", note: "timed_out" });
  const limited = new Brain().comeIn().call(seek).hear({ type: "rate_limited", retry_after: 9 });
  deepEqual([limited.view.now, limited.view.slowUntilMs], [{ scene: "idle" }, limited.nowMs + 9_000]);
});

test("[C25] what belongs to a search before this one says nothing about this one", () => {
  const brain = new Brain().comeIn().propose().call({ call: "cancel" }).call(seek);
  brain.hear({ type: "match_timeout" }, found, { type: "match_accepted", chat_id: CHAT }, { type: "match_declined" });
  equal(brain.view.now.scene, "seeking");
  brain.hear({ type: "error", code: "wrong_state", message: "" });
  deepEqual([brain.view.now, brain.view.notice?.code], [{ scene: "idle" }, "wrong_state"]);
});

test("[C25] calls that do not fit the moment do nothing", () => {
  const brain = new Brain().comeIn().clear();
  const calls = ["cancel", "accept", "decline", "end", "block", "connect"] as const;
  for (const call of calls) brain.call({ call });
  brain.call({ call: "typing", on: true }).call({ call: "say", text: "hello" });
  brain.call({ call: "report", reason: "spam", comment: undefined, evidence: undefined });
  brain.call({ call: "seek", interests: ["x".repeat(33)], languages: undefined });
  brain.call({ call: "answer_challenge", token: "nobody asked" });
  deepEqual(brain.effects, []);
});

test("[C25] report, block and typing: about the running chat, or the last one for ten minutes, sent when there is a link", () => {
  const brain = new Brain().chat().call({ call: "typing", on: true }).call({ call: "typing", on: true });
  deepEqual(names(brain), ["typing"]);
  brain.hear({ type: "partner_left" }).closed(1006).clear();
  brain.call({ call: "report", reason: "spam", comment: "so rude", evidence: ["a", "", "b"] });
  brain.comeBack(at("idle"));
  deepEqual(brain.sent, [{ type: "report", chat_id: CHAT, reason: "spam", comment: "so rude", evidence: ["a", "b"] }]);
  brain.nowMs += 600_001;
  deepEqual(brain.clear().call({ call: "block" }).sent, []);
  const blocks = new Brain().chat().call({ call: "block" });
  deepEqual(blocks.sent, [{ type: "block", chat_id: CHAT }]);
  equal(blocks.view.now.scene, "idle");
});

test("[C11] before `session_created` nothing counts; a second one, or an unasked `resumed`, changes nothing", () => {
  const early = new Brain().call({ call: "connect" }).admitted().opened().clear();
  const before = early.state;
  early.hear(
    { type: "match_found", chat_id: CHAT, shared_interests: [], accept_deadline: 15 },
    inChat(),
    text(1),
    found,
  );
  deepEqual(early.state, before);
  const brain = new Brain().chat().hear(text(1)).clear();
  const { scene, talk } = brain.state;
  brain.hear({ type: "session_created", session_id: ME, resume: false }, at("idle"));
  brain.hear({ type: "session_created", session_id: ME, resume: true }, at("seeking"));
  deepEqual([brain.state.scene, brain.state.talk], [scene, talk]);
});

test("[C11] frames of a socket that no longer counts are not heard", () => {
  const brain = new Brain().chat();
  const old = brain.state.link.sockets;
  brain.closed(1006).comeBack(inChat()).clear();
  brain.take({ event: "frame", socket: old, frame: { type: "partner_left" } });
  brain.take({ event: "frame", socket: 99, frame: { type: "banned", duration: 1, reason: "" } });
  brain.take({ event: "opened", socket: old });
  equal(brain.view.now.scene, "chatting");
  deepEqual(brain.did("close"), [{ do: "close", socket: old }]);
});

test("[C11] no sequence of frames, closings, calls and waits throws, or makes it speak outside its language", () => {
  const chat = fc.constantFrom(CHAT, OTHER_CHAT);
  const small = fc.nat(40);
  const fields = fc.record(
    {
      chat_id: chat,
      id: small,
      text: fc.string(),
      ts: small,
      session_id: fc.constant(ME),
      resume: fc.boolean(),
      place: fc.constantFrom("idle", "seeking", "proposed", "accepted", "chatting"),
      received: small,
      timeout: small,
      stage: fc.constant("same"),
      waiting_ms: small,
      shared_interests: fc.constant(["tea"]),
      accept_deadline: small,
      is_typing: fc.boolean(),
      grace: small,
      after_ms: small,
      reason: fc.string(),
      retry_after: small,
      duration: small,
      code: fc.constantFrom("out_of_order", "message_blocked", "wrong_state", "invalid_chat", "of_next_year"),
      message: fc.string(),
    },
    { requiredKeys: [] },
  );
  const frame = fc
    .tuple(fc.constantFrom(...Object.keys(SERVER_FRAMES)), fields)
    .map(([type, body]) => decodeServerFrame(JSON.stringify({ type, from: "partner", ...body })));
  const call = fc.constantFrom(
    "connect",
    "cancel",
    "accept",
    "decline",
    "end",
    "block",
    "close",
    "next",
    "seek",
    "say",
  );
  const deed = fc.oneof(
    { weight: 6, arbitrary: frame.map((one) => (brain: Brain) => void (one.ok && brain.hear(one.value))) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(1006, 4000, 4101, 4200, 4300, 4302).map((code) => (b: Brain) => void b.closed(code)),
    },
    { weight: 2, arbitrary: fc.nat(20_000).map((ms) => (brain: Brain) => void brain.wait(ms)) },
    { weight: 2, arbitrary: fc.constant((brain: Brain) => void brain.opening().opened()) },
    {
      weight: 4,
      arbitrary: call.map((one) => (brain: Brain) => {
        if (one === "say") brain.say("hello");
        else if (one === "seek") brain.call(seek);
        else if (one === "next") brain.call({ call: "next", interests: undefined });
        else brain.call({ call: one });
      }),
    },
    { weight: 1, arbitrary: fc.constant((brain: Brain) => void Object.assign(brain, brain.reload())) },
  );
  const property = fc.property(fc.array(deed, { maxLength: 80 }), (deeds) => {
    const brain = new Brain();
    for (const one of deeds) {
      one(brain);
      const { talk, scene } = brain.state;
      equal(scene.scene === "chatting", talk !== undefined, "a chat is there exactly while it is shown");
      if (talk === undefined) continue;
      deepEqual(
        talk.outbox.map((each) => each.id),
        Array.from({ length: talk.lastId - talk.delivered }, (_, i) => talk.delivered + 1 + i),
        "the outbox has no holes",
      );
    }
  });
  fc.assert(property, { numRuns: 500 });
});
