import { isChatId } from "@whisper/shared/base/ids";
import type { Line, Scene, View } from "@whisper/shared/client/view";

const found: unknown = "Abcdefghijklmnopqrstuv";
if (!isChatId(found)) throw new Error("the driver's chat id is none");
const CHAT = found;

const EMPTY: View = {
  connection: "open",
  stopped: undefined,
  now: { scene: "idle" },
  transcript: [],
  slowUntilMs: undefined,
  notice: undefined,
  challenge: undefined,
};

const TALK: readonly (readonly [Line["from"], number, string, Line["state"]?])[] = [
  ["partner", 420, "hi! so… which one, film or digital?"],
  ["me", 400, "film, always. I have a 1974 Olympus that only works when it's warm", "delivered"],
  ["me", 396, "it sulks in winter", "delivered"],
  ["partner", 350, "ha, mine is a Zenit that weighs as much as a brick and is about as precise"],
  ["partner", 344, "what did you shoot last?"],
  [
    "me",
    130,
    "the last tram of the night, from the inside. everybody asleep except one kid who stared right into the lens",
    "delivered",
  ],
  ["partner", 60, "oh I love that. did it come out?"],
  ["me", 21, "half of it. the other half is light leak, and honestly that half is better", "delivered"],
];

const talkAt = (nowMs: number): readonly Line[] => {
  const ids = { me: 0, partner: 0 };
  return TALK.map(([from, agoS, text, state]) => {
    ids[from] += 1;
    const line = { from, id: ids[from], text, atMs: nowMs - agoS * 1_000 };
    return state === undefined ? line : { ...line, state };
  });
};

const LONG =
  "https://example.com/a/very/long/address/that/is/not/a/link?with=aquerystringthatneverendsandgoesonandonandon";

/** Every scene the page has, at one moment each; times hang on `nowMs`. */
export function momentsAt(nowMs: number): Readonly<Record<string, View>> {
  const chatting = {
    scene: "chatting",
    chat: CHAT,
    shared: ["photography", "travel"],
    partnerTyping: false,
    partnerAwayUntilMs: undefined,
  } as const satisfies Scene;
  const seeking = { scene: "seeking", stage: "same", sinceMs: nowMs - 4_000, untilMs: nowMs + 26_000 } as const;
  const proposed = {
    scene: "proposed",
    chat: CHAT,
    shared: ["photography", "travel"],
    untilMs: nowMs + 11_400,
  } as const;
  const talk = talkAt(nowMs);
  const chat: View = { ...EMPTY, now: chatting, transcript: talk };
  return {
    landing: { ...EMPTY, connection: "offline" },
    "landing-timed-out": { ...EMPTY, now: { scene: "idle", note: "timed_out" } },
    searching: { ...EMPTY, now: seeking },
    "searching-declined": {
      ...EMPTY,
      now: { ...seeking, stage: "shared", sinceMs: nowMs - 14_000, untilMs: nowMs + 16_000, note: "declined" },
    },
    proposal: { ...EMPTY, now: { ...proposed, accepted: false } },
    "proposal-accepted": { ...EMPTY, now: { ...proposed, shared: [], untilMs: nowMs + 4_200, accepted: true } },
    "chat-empty": { ...EMPTY, now: chatting },
    chat: { ...chat, now: { ...chatting, partnerTyping: true } },
    "chat-trouble": {
      ...chat,
      connection: "reconnecting",
      now: { ...chatting, partnerAwayUntilMs: nowMs + 43_000 },
      slowUntilMs: nowMs + 7_000,
      transcript: [
        ...talk,
        { from: "partner", id: 5, text: LONG, atMs: nowMs - 12_000 },
        { from: "partner", id: 6, text: "<b>bold</b> <img src=x onerror=alert(1)>", atMs: nowMs - 11_000 },
        { from: "me", id: 5, text: "something the rules do not like", atMs: nowMs - 9_000, state: "refused" },
        { from: "me", id: 6, text: "مرحبا، كيف حالك؟ 👋🏽", atMs: nowMs - 5_000, state: "waiting" },
      ],
    },
    ended: { ...chat, now: { scene: "idle", note: "partner_left", chat: CHAT } },
    banned: { ...EMPTY, stopped: { why: "banned", untilMs: nowMs + 863_000, reason: "multiple_reports" } },
    superseded: { ...EMPTY, stopped: { why: "superseded" } },
    refused: { ...EMPTY, stopped: { why: "refused", code: "no_capacity", retryAfterMs: 12_000 } },
    challenge: { ...EMPTY, challenge: { sitekey: "1x00000000000000000000AA", action: "connect" } },
  };
}
