import type { FrameErrorCode } from "@whisper/shared/errors";
import type { ServerFrame } from "@whisper/shared/protocol/server-frames";
import { describe, expect, test } from "vitest";
import { CHAT, ME, PlayedLegacy } from "../../test/support/played-legacy.ts";

const text = (id: number, words = "hello"): ServerFrame => ({
  type: "message",
  from: "partner",
  id,
  text: words,
  ts: 1_700_000_000,
});
const refusal = (code: FrameErrorCode, id?: number): ServerFrame =>
  id === undefined ? { type: "error", code, message: "ours" } : { type: "error", code, message: "ours", id };
const limited = (id: number): ServerFrame => ({ type: "rate_limited", retry_after: 2, id });
const say = (words: string): object => ({ type: "message", chat_id: CHAT, text: words });

describe("what a legacy client says, row by row", () => {
  test("[X1] set_fingerprint: ignored, empty or not", () => {
    const one = new PlayedLegacy().comesIn().clear();
    one.says({ type: "set_fingerprint", fingerprint: "" }).says({ type: "set_fingerprint", fingerprint: "abc" });
    expect([one.down, one.up]).toEqual([[], []]);
  });

  test("[X1] find_match: answered by matching_started; tags are folded, the unfit dropped, five taken", () => {
    const one = new PlayedLegacy().comesIn().clear();
    const interests = [" Music ", "music", "", "x".repeat(33), "a", "b", "c", "d", "e"];
    one.says({ type: "find_match", interests });
    expect(one.down).toEqual([{ type: "matching_started", timeout: 30 }]);
    expect(one.up).toEqual([{ type: "find_match", interests: ["a", "b", "c", "d", "music"], languages: [] }]);
  });

  test("[X1] find_match again, while seeking, proposed or chatting: the old is left, the new begins", () => {
    const again = { type: "find_match", interests: ["tea"] };
    const seeking = new PlayedLegacy().comesIn().says({ type: "find_match" }).clear().says(again);
    const proposed = new PlayedLegacy().isProposed().says(again);
    const chatting = new PlayedLegacy().chats().says(again);
    for (const one of [seeking, proposed, chatting])
      expect(one.down).toEqual([{ type: "matching_started", timeout: 30 }]);
    const types = [seeking, proposed, chatting].map((one) => one.up.map((frame) => frame.type));
    expect(types).toEqual([
      ["cancel_match", "find_match"],
      ["cancel_match", "find_match"],
      ["end_chat", "find_match"],
    ]);
  });

  test("[X1] cancel_match: no reply, and the search ends; idle or chatting it does nothing", () => {
    const one = new PlayedLegacy().comesIn().says({ type: "find_match" }).clear().says({ type: "cancel_match" });
    expect([one.down, one.up]).toEqual([[], [{ type: "cancel_match" }]]);
    expect(one.clear().says({ type: "cancel_match" }).up).toEqual([]);
    expect(new PlayedLegacy().chats().says({ type: "cancel_match" }).up).toEqual([]);
  });

  test("[X1] accept_match and decline_match: no reply; of another chat they do nothing", () => {
    const accepts = new PlayedLegacy().isProposed().says({ type: "accept_match", chat_id: CHAT });
    expect([accepts.down, accepts.up]).toEqual([[], [{ type: "accept_match", chat_id: CHAT }]]);
    const declines = new PlayedLegacy().isProposed().says({ type: "decline_match", chat_id: CHAT });
    expect([declines.down, declines.up]).toEqual([[], [{ type: "decline_match", chat_id: CHAT }]]);
    for (const type of ["accept_match", "decline_match"])
      for (const chat_id of ["", "x", undefined]) {
        const one = new PlayedLegacy().isProposed().says({ type, chat_id });
        expect([one.down, one.up]).toEqual([[], []]);
      }
  });

  test("[X1] message: numbered upstream, never echoed", () => {
    const one = new PlayedLegacy().chats().says(say("hello")).says(say("again"));
    expect(one.down).toEqual([]);
    expect(one.up).toEqual([
      { type: "message", chat_id: CHAT, id: 1, text: "hello" },
      { type: "message", chat_id: CHAT, id: 2, text: "again" },
    ]);
  });

  test.each([
    ["empty", CHAT, "", "invalid_message"],
    ["absent", CHAT, undefined, "invalid_message"],
    ["of 2,001 characters", CHAT, "é".repeat(2_001), "invalid_message"],
    ["for another chat", "x", "hello", "invalid_chat"],
  ])("[X1] a message %s is refused by code, and does not leave", (_, chat_id, words, code) => {
    const one = new PlayedLegacy().chats().says({ type: "message", chat_id, text: words });
    expect(one.down).toMatchObject([{ type: "error", code }]);
    expect(one.up).toEqual([]);
  });

  test("[X1] typing goes up for the chat at hand, end_chat ends it without reply, report is not answered", () => {
    const one = new PlayedLegacy().chats();
    one.says({ type: "typing", chat_id: "x", is_typing: true }).says({ type: "end_chat", chat_id: "x" });
    one
      .says({ type: "report", chat_id: CHAT, reason: "because" })
      .says({ type: "report", chat_id: "x", reason: "spam" });
    expect(one.up).toEqual([]);
    one
      .says({ type: "typing", chat_id: CHAT, is_typing: true })
      .says({ type: "report", chat_id: CHAT, reason: "spam" });
    one.says({ type: "end_chat", chat_id: CHAT }).hears({ type: "report_received", chat_id: CHAT });
    expect(one.up).toEqual([
      { type: "typing", chat_id: CHAT, is_typing: true },
      { type: "report", chat_id: CHAT, reason: "spam" },
      { type: "end_chat", chat_id: CHAT },
    ]);
    expect(one.down).toEqual([]);
  });

  test("[X1] ping is answered at once, link or no link", () => {
    expect(new PlayedLegacy().says({ type: "ping" }).down).toEqual([{ type: "pong" }]);
  });

  test.each<[string, string | ArrayBuffer]>([
    ["no JSON", "{"],
    ["nothing", ""],
    ["a list", "[]"],
    ["ten thousand nested lists", "[".repeat(10_000) + "]".repeat(10_000)],
    ["no type", "{}"],
    ["a type that is none", '{"type":7}'],
    ["an unknown type", '{"type":"shout"}'],
    ["a type of ours that it never had", '{"type":"received","chat_id":"x","id":1}'],
    ["a name of every object", '{"type":"constructor"}'],
    ["interests that are no list", '{"type":"find_match","interests":"music"}'],
    ["interests of numbers", '{"type":"find_match","interests":[1]}'],
    ["a text that is none", '{"type":"message","chat_id":"x","text":5}'],
    ["a chat that is none", '{"type":"end_chat","chat_id":{}}'],
    ["typing that is none", '{"type":"typing","chat_id":"x","is_typing":"yes"}'],
    ["a fingerprint that is none", '{"type":"set_fingerprint","fingerprint":1}'],
    ["a binary frame", new ArrayBuffer(4)],
  ])("[X2] %s is parse_error, in its own words", (_, wire) => {
    const one = new PlayedLegacy().chats().says(wire);
    expect(one.down).toEqual([{ type: "error", code: "parse_error", message: "invalid message format" }]);
    expect([one.up, one.isClosed]).toEqual([[], false]);
  });

  test("[X2] 24,576 bytes are read, more are frame_too_large, counted in bytes", () => {
    const of = (bytes: number, letter: string): string => {
      const bare = JSON.stringify({ type: "ping", pad: "" });
      return JSON.stringify({ type: "ping", pad: letter.repeat((bytes - bare.length) / letter.length) });
    };
    expect(new PlayedLegacy().says(of(24_576, "a")).down).toEqual([{ type: "pong" }]);
    expect(new PlayedLegacy().says(of(24_577, "a")).down).toMatchObject([{ code: "frame_too_large" }]);
    expect(new PlayedLegacy().says(`{"type":"ping","pad":"${"é".repeat(12_280)}"}`).down).toMatchObject([
      { code: "frame_too_large" },
    ]);
  });
});

describe("what a legacy client is told, row by row", () => {
  test("[X1] session_created, once, with the id alone", () => {
    expect(new PlayedLegacy().comesIn().down).toEqual([{ type: "session_created", session_id: ME }]);
  });

  test("[X1] match_found and match_accepted", () => {
    const one = new PlayedLegacy().comesIn().says({ type: "find_match" }).clear();
    one.hears({ type: "matching_started", timeout: 30 }, { type: "seek_status", stage: "anyone", waiting_ms: 1 });
    one.hears({ type: "match_found", chat_id: CHAT, shared_interests: [], accept_deadline: 15 });
    one.says({ type: "accept_match", chat_id: CHAT }).hears({ type: "match_accepted", chat_id: CHAT });
    expect(one.down).toEqual([
      { type: "match_found", chat_id: CHAT, shared_interests: [], accept_deadline: 15 },
      { type: "match_accepted", chat_id: CHAT },
    ]);
  });

  test("[X1] match_timeout for a search that found nobody", () => {
    const one = new PlayedLegacy()
      .comesIn()
      .says({ type: "find_match" })
      .hears({ type: "matching_started", timeout: 30 });
    expect(one.clear().hears({ type: "match_timeout" }).down).toEqual([{ type: "match_timeout" }]);
    expect(one.up).toEqual([]);
  });

  test("[X3] declined: match_declined, and the search that goes on upstream is cancelled", () => {
    const one = new PlayedLegacy().isProposed().hears({ type: "match_declined" });
    expect(one.down).toEqual([{ type: "match_declined" }]);
    expect(one.up).toEqual([{ type: "cancel_match" }]);
    one.clear().hears({ type: "seek_status", stage: "same", waiting_ms: 1 });
    expect([one.down, one.state.scene]).toEqual([[], { scene: "idle" }]);
  });

  test("[X3] a proposal that ran out, or was lost, goes down as match_declined", () => {
    expect(new PlayedLegacy().isProposed().hears({ type: "match_timeout" }).down).toEqual([{ type: "match_declined" }]);
    const lost = new PlayedLegacy().isProposed().comesBack({ type: "resumed", place: "idle" });
    expect(lost.down).toEqual([{ type: "match_declined" }]);
    const declined = new PlayedLegacy().isProposed().comesBack({ type: "resumed", place: "seeking" });
    expect(declined.down).toEqual([{ type: "match_declined" }]);
    expect(declined.up.map((frame) => frame.type)).toEqual(["cancel_match"]);
  });

  test("[X1] message without id, in seconds; typing; partner_left", () => {
    const one = new PlayedLegacy().chats().hears(text(1), { type: "typing", is_typing: true });
    one.hears({ type: "typing", is_typing: false }, { type: "partner_left" });
    expect(one.down).toEqual([
      { type: "message", from: "partner", text: "hello", ts: 1_700_000_000 },
      { type: "typing", is_typing: true },
      { type: "typing", is_typing: false },
      { type: "partner_left" },
    ]);
  });

  test("[X1] rate_limited for searches", () => {
    const one = new PlayedLegacy().comesIn().says({ type: "find_match" }).clear();
    one.hears({ type: "matching_started", timeout: 30 }, { type: "rate_limited", retry_after: 60 });
    expect(one.down).toEqual([{ type: "rate_limited", retry_after: 60 }]);
  });

  test("[X10] banned, with what is left in seconds, then the socket is closed", () => {
    const one = new PlayedLegacy().chats().hears({ type: "banned", duration: 900, reason: "multiple_reports" });
    expect(one.down).toEqual([{ type: "banned", duration: 900, reason: "multiple_reports" }]);
    expect(one.isClosed).toBe(true);
    const early = new PlayedLegacy().take({ event: "call", call: { call: "connect" } });
    const refusedBan = { code: "banned", retryAfterMs: 60_000, words: "no", challenge: undefined } as const;
    early.take({ event: "refused", ask: 1, refusal: refusedBan });
    expect([early.down, early.isClosed]).toEqual([[{ type: "banned", duration: 60, reason: "no" }], true]);
  });

  test.each([
    ["content_warning", "Your message was flagged by our moderation system"],
    ["invalid_chat", "not in an active chat"],
    ["message_blocked", "Message contains prohibited content"],
  ] as const)("[X1] error %s in the first Whisper's words", (code, message) => {
    expect(new PlayedLegacy().chats().hears(refusal(code)).down).toEqual([{ type: "error", code, message }]);
  });

  test.each(["wrong_state", "out_of_order", "report_refused", "of_next_year"] as FrameErrorCode[])(
    "[X1] a code the first Whisper had not (%s) is not told",
    (code) => {
      expect(new PlayedLegacy().chats().hears(refusal(code)).down).toEqual([]);
    },
  );

  test("[X4] a text refused for its content is dropped alone, with one error; what follows goes on", () => {
    const one = new PlayedLegacy()
      .chats()
      .says(say("bad"))
      .says(say("good"))
      .clear()
      .hears(refusal("message_blocked", 1));
    expect(one.down).toHaveLength(1);
    one.clear().comesBack({ type: "resumed", place: "chatting", chat_id: CHAT });
    expect(one.up).toEqual([
      { type: "message", chat_id: CHAT, id: 1, void: true },
      { type: "message", chat_id: CHAT, id: 2, text: "good" },
    ]);
  });

  test("[X5] rate_limited drops the text and those behind it, one for each, and their numbers are used again", () => {
    const one = new PlayedLegacy().chats();
    for (const words of ["1", "2", "3", "4"]) one.says(say(words));
    one.clear().hears(limited(2), refusal("out_of_order", 2), refusal("out_of_order", 2));
    expect(one.down).toEqual([1, 2, 3].map(() => ({ type: "rate_limited", retry_after: 2 })));
    expect(one.up).toEqual([]);
    one.says(say("new"));
    expect(one.up).toEqual([{ type: "message", chat_id: CHAT, id: 2, text: "new" }]);
    one.hears({ type: "delivered", chat_id: CHAT, id: 2 });
    expect(one.state.talk?.outbox).toEqual([]);
  });

  test("[X5] the answers to dropped texts that come late move nothing but the same text", () => {
    const one = new PlayedLegacy().chats().says(say("1")).says(say("2")).hears(limited(1)).says(say("new")).clear();
    one.hears(refusal("out_of_order", 1));
    expect(one.up).toEqual([{ type: "message", chat_id: CHAT, id: 1, text: "new" }]);
    expect(one.down).toEqual([]);
  });

  test("[X5] a text that may have been relayed before is kept when limited, or its number would hide the next", () => {
    const one = new PlayedLegacy()
      .chats()
      .says(say("perhaps"))
      .comesBack({ type: "resumed", place: "chatting", chat_id: CHAT });
    one.says(say("second")).clear().hears(limited(1));
    expect(one.down).toEqual([]);
    one.nowMs += 2_000;
    one.take({ event: "woke" });
    expect(one.upIds).toEqual([1, 2]);
  });

  test("[X6] more than 16 KiB on their way are rate_limited, and room comes back with delivery", () => {
    const one = new PlayedLegacy().chats();
    const large = "😀".repeat(2_000); // 8,000 bytes
    one.says(say(large)).says(say(large)).clear().says(say(large));
    expect([one.down, one.up]).toEqual([[{ type: "rate_limited", retry_after: 10 }], []]);
    one.hears({ type: "delivered", chat_id: CHAT, id: 1 }).clear().says(say(large));
    expect([one.down, one.upIds]).toEqual([[], [3]]);
  });

  test("[X7] away, back, resumed, moving and doubles are not told, and nothing is shown twice", () => {
    const one = new PlayedLegacy().chats().hears(text(1)).clear();
    one.hears({ type: "partner_away", grace: 60 }, { type: "partner_back" }, text(1));
    one.hears({ type: "moving", after_ms: 5_000, reason: "draining" }, { type: "delivered", chat_id: CHAT, id: 0 });
    one.comesBack({ type: "resumed", place: "chatting", chat_id: CHAT }).hears(text(1));
    expect(one.down).toEqual([]);
    expect(one.hears(text(2, "next")).down).toEqual([
      { type: "message", from: "partner", text: "next", ts: 1_700_000_000 },
    ]);
  });

  test("[X7] a search goes on after a return unnoticed, also one that the shard lost", () => {
    const one = new PlayedLegacy()
      .comesIn()
      .says({ type: "find_match" })
      .hears({ type: "matching_started", timeout: 30 });
    one.clear().comesBack({ type: "resumed", place: "seeking" }).hears({ type: "matching_started", timeout: 12 });
    one.comesBack({ type: "resumed", place: "idle" }).hears({ type: "matching_started", timeout: 30 });
    expect(one.down).toEqual([]);
    expect(one.up.map((frame) => frame.type)).toEqual(["find_match"]);
  });

  test("[X7] a chat that did not outlive the absence is partner_left", () => {
    const one = new PlayedLegacy().chats().comesBack({ type: "resumed", place: "idle" });
    expect(one.down).toEqual([{ type: "partner_left" }]);
  });

  test("[X1] every text that goes down carries the first Whisper's fields and no other", () => {
    const one = new PlayedLegacy().chats().hears({ ...text(1), delivered: 0 } as ServerFrame);
    expect(Object.keys(one.down[0] ?? {}).sort()).toEqual(["from", "text", "ts", "type"]);
  });
});
