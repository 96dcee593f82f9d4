import type { ServerFrame } from "@whisper/shared/protocol/server-frames";
import { expect, test } from "vitest";
import { CHAT, PlayedLegacy } from "../../test/support/played-legacy.ts";

/** The fields of the first Whisper's frames, by name; anything else on the wire is a fault. */
const SPOKEN: Readonly<Record<string, readonly string[]>> = {
  session_created: ["session_id"],
  matching_started: ["timeout"],
  match_found: ["chat_id", "shared_interests", "accept_deadline"],
  match_accepted: ["chat_id"],
  match_declined: [],
  match_timeout: [],
  message: ["from", "text", "ts"],
  typing: ["is_typing"],
  partner_left: [],
  rate_limited: ["retry_after"],
  banned: ["duration", "reason"],
  error: ["code", "message"],
  pong: [],
};

type Pick = <T>(from: readonly T[]) => T;
// fast-check takes five seconds to load in workerd.
/** Choices that are the same for the same seed (a linear congruence). */
function picker(seed: number): Pick {
  let at = seed >>> 0;
  return (from) => {
    at = (Math.imul(at, 1_664_525) + 1_013_904_223) >>> 0;
    return from[Math.floor((at / 0x1_0000_0000) * from.length)] as (typeof from)[number];
  };
}

const CHATS = [CHAT, CHAT, "x", "", null, 7];
const WORDS = ["", "hello", "\ud800", "\u0000", "😀".repeat(2_000), "x".repeat(2_001)];
const SAID: readonly ((pick: Pick) => object | string)[] = [
  (pick) => pick(["", "{", "[]", "null", "7", '{"type":"__proto__"}', '{"type":["message"]}', "\ud800"]),
  (pick) => ({ type: "find_match", interests: pick<unknown>([[], ["a", "\u0000"], null, "a", [1], ["a".repeat(99)]]) }),
  (pick) => ({ type: pick(["cancel_match", "ping", "set_fingerprint"]), fingerprint: pick([7, "f"]) }),
  (pick) => ({ type: pick(["accept_match", "decline_match", "end_chat", "typing"]), chat_id: pick<unknown>(CHATS) }),
  (pick) => ({ type: "message", chat_id: pick<unknown>(CHATS), text: pick(WORDS) }),
  (pick) => ({ type: "report", chat_id: pick<unknown>(CHATS), reason: pick(["spam", "because", 7]) }),
];
const TOLD: readonly ServerFrame[] = [
  { type: "matching_started", timeout: 30 },
  { type: "seek_status", stage: "anyone", waiting_ms: 3 },
  { type: "match_found", chat_id: CHAT, shared_interests: ["a"], accept_deadline: 15 },
  { type: "match_accepted", chat_id: CHAT },
  { type: "match_declined" },
  { type: "match_timeout" },
  { type: "message", from: "partner", id: 1, text: "one", ts: 1 },
  { type: "message", from: "partner", id: 2, text: "two", ts: 1, delivered: 1 },
  { type: "message", from: "partner", id: 3, void: true, ts: 1 },
  { type: "delivered", chat_id: CHAT, id: 1 },
  { type: "typing", is_typing: true },
  { type: "partner_away", grace: 60 },
  { type: "partner_back" },
  { type: "partner_left" },
  { type: "rate_limited", retry_after: 2 },
  { type: "rate_limited", retry_after: 2, id: 1 },
  { type: "error", code: "message_blocked", message: "", id: 1 },
  { type: "error", code: "out_of_order", message: "", id: 1 },
  { type: "error", code: "wrong_state", message: "" },
  { type: "report_received", chat_id: CHAT },
  { type: "moving", after_ms: 0, reason: "draining" },
];

test("[X1] whatever either side says, a legacy client hears its own protocol only, and a partner's text once", () => {
  let shown = 0;
  for (let seed = 1; seed <= 2_000; seed++) {
    const pick = picker(seed);
    const one = new PlayedLegacy().comesIn();
    for (let i = 0; i < 60 && one.state.link.speaks !== undefined; i++) {
      const deed = pick(["says", "says", "says", "hears", "hears", "hears", "hears", "comes back"]);
      if (deed === "says") one.says(pick(SAID)(pick));
      else if (deed === "hears") one.hears(pick(TOLD));
      else one.comesBack({ type: "resumed", place: pick(["idle", "seeking", "chatting"]), chat_id: CHAT });
    }
    let inChat: string[] = [];
    for (const frame of one.down) {
      const { type, ...fields } = frame;
      expect(Object.keys(fields).sort(), `${type}, seed ${seed}`).toEqual([...(SPOKEN[type] ?? ["unknown"])].sort());
      if (frame.type === "match_accepted") inChat = [];
      if (frame.type !== "message") continue;
      expect(inChat, `seed ${seed}`).not.toContain(frame.text);
      inChat.push(frame.text);
      shown++;
    }
  }
  expect(shown, "the fuzz reaches chats").toBeGreaterThan(100);
});
