import type { Address, ChatId, DeviceHash, RegionName, SessionId } from "@whisper/shared/base/ids";
import type { ClientFrame } from "@whisper/shared/protocol/client-frames";
import type { ServerFrame } from "@whisper/shared/protocol/server-frames";
import type { Ctx, Effect, Event, Step } from "../../src/shard/event.ts";
import { meterOf } from "../../src/shard/meter.ts";
import { IDLE, type Me, newChat, type Partner, type Proposed, type Seeking, SPANS } from "../../src/shard/session.ts";
import { step } from "../../src/shard/step.ts";

// One person in each place, and a way to let something happen to them: for the tests of the pure decision.

export const NOW_MS = 1_800_000_000_000;
export const CHAT = "CCCCCCCCCCCCCCCCCCCCCA" as ChatId;
export const OTHER_CHAT = "DDDDDDDDDDDDDDDDDDDDDA" as ChatId;
export const HERE = "eu-west.p1.0.abc" as Address;
export const THERE = "eu-west.p2.3.xyz" as Address;

export const ME: Me = {
  session: "AAAAAAAAAAAAAAAAAAAAAA" as SessionId,
  epoch: 4_000,
  device: "AAAAAAAAAAA" as DeviceHash,
  home: "eu-west" as RegionName,
  lane: "live",
  address: HERE,
};
export const PARTNER: Partner = {
  session: "BBBBBBBBBBBBBBBBBBBBBA" as SessionId,
  home: "eu-west" as RegionName,
  device: "BBBBBBBBBBA" as DeviceHash,
  address: THERE,
  epoch: 8_000,
};

/** Two regions near by. */
export const NEIGHBOURS = ["us-east", "ap-south"] as RegionName[];

export const ctxAt = (nowMs: number, no = 1, judges = true, neighbours: readonly RegionName[] = []): Ctx => ({
  nowMs,
  me: ME,
  no,
  judges,
  stillMs: 0,
  rules: {
    texts: meterOf(5, 10_000),
    textBytes: meterOf(1_048_576, 10_000),
    typing: meterOf(2, 1_000),
    spans: SPANS,
    neighbours,
    isBlocked: (text) => text.includes("forbidden"),
    cleanInterests: (tags) => tags.filter((tag) => tag !== "bad"),
  },
});

const WISH = { interests: ["music"], languages: ["en"] };
export const SEEKING: Seeking = {
  place: "seeking",
  wish: WISH,
  seekNo: 1,
  joinedMs: NOW_MS,
  waitedMs: 0,
  sinceMs: NOW_MS,
  tiersTold: 1,
  offer: undefined,
  awayMs: 0,
  over: undefined,
};
export const OFFERED: Seeking = {
  ...SEEKING,
  offer: { chat: CHAT, desk: ME.home, shared: ["music"], partner: PARTNER, takenMs: NOW_MS },
};
export const PROPOSED: Proposed = {
  place: "proposed",
  wish: WISH,
  seekNo: 1,
  joinedMs: NOW_MS,
  waitedMs: 0,
  awayMs: 0,
  over: undefined,
  asked: 0,
  isMoved: false,
  offer: { chat: CHAT, desk: ME.home, shared: ["music"], partner: PARTNER },
  untilMs: NOW_MS + 15_000,
};
export const ACCEPTED: Proposed = { ...PROPOSED, place: "accepted" };
export const CHATTING = newChat({
  chat: CHAT,
  partner: PARTNER,
  shared: ["music"],
  wish: WISH,
  awayMs: 0,
  over: undefined,
});
export const PLACES = {
  idle: IDLE,
  seeking: SEEKING,
  offered: OFFERED,
  proposed: PROPOSED,
  accepted: ACCEPTED,
  chatting: CHATTING,
} as const;

export const frame = (frame: ClientFrame, bytes = 100): Event => ({ event: "frame", frame, bytes });
export const text = (id: number, said: string | undefined = "hello", chat = CHAT, received?: number): Event =>
  frame({ type: "message", chat_id: chat, id, text: said, received });

/** Lets events happen one after the other at `nowMs`; returns the last step. */
export function after(start: Step["next"], events: readonly Event[], nowMs = NOW_MS): Step {
  let last: Step = { next: start, effects: [] };
  for (const event of events) last = step(last.next, event, ctxAt(nowMs));
  return last;
}

/** The frames a step sends to the person. */
export const framesOf = ({ effects }: Step): ServerFrame[] =>
  effects.flatMap((e) => (e.do === "send" ? [e.frame] : []));
/** The memos a step sends, by kind. */
export const memosOf = ({ effects }: Step): string[] =>
  effects.flatMap((e) =>
    e.do === "tell" || e.do === "insist" || e.do === "desk" || e.do === "desk_once" || e.do === "refuse"
      ? [e.memo.kind]
      : [],
  );
/** The first memo of a kind that a step sends. */
export const memoOf = (step: Step, kind: string): Record<string, unknown> | undefined => {
  const found = step.effects.find(
    (e): e is Extract<Effect, { memo: { kind: string } }> => "memo" in e && e.memo.kind === kind,
  );
  return found?.memo as Record<string, unknown> | undefined;
};
