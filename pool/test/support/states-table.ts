import { CLIENT_FRAMES, type ClientFrame, type ClientFrameName } from "@whisper/shared/protocol/client-frames";
import type { Event, Step } from "../../src/shard/event.ts";
import type { Session } from "../../src/shard/session.ts";
import { step } from "../../src/shard/step.ts";
import { CHAT, ctxAt, frame, framesOf, ME, memosOf, NOW_MS, PARTNER, PLACES, THERE } from "./person.ts";

// The state table of docs/STATES.md, made by letting each thing happen in each place.

const AWAY: Session = { ...PLACES.chatting, awayMs: NOW_MS };
const COLUMNS: Readonly<Record<string, Session>> = {
  idle: PLACES.idle,
  seeking: PLACES.seeking,
  "seeking, offer taken": PLACES.offered,
  proposed: PLACES.proposed,
  accepted: PLACES.accepted,
  chatting: PLACES.chatting,
  "chatting, away": AWAY,
};

const FRAMES: Readonly<Record<ClientFrameName, object>> = {
  set_fingerprint: {},
  find_match: { interests: ["music"], languages: [] },
  cancel_match: {},
  accept_match: { chat_id: CHAT },
  decline_match: { chat_id: CHAT },
  message: { chat_id: CHAT, id: 1, text: "hi", received: undefined },
  typing: { chat_id: CHAT, is_typing: true },
  received: { chat_id: CHAT, id: 0 },
  end_chat: { chat_id: CHAT },
  next: { interests: [], languages: [] },
  report: { chat_id: CHAT, reason: "spam", comment: "", evidence: [] },
  block: { chat_id: CHAT },
  ping: {},
};

const partner = {
  partner: PARTNER.session,
  partnerHome: PARTNER.home,
  partnerDevice: PARTNER.device,
  partnerAddress: THERE,
  partnerEpoch: PARTNER.epoch,
};
const seeker = { session: ME.session, epoch: ME.epoch, seekNo: 1, chat: CHAT };
const about = { memo: 1, chat: CHAT, to: ME.session, epoch: PARTNER.epoch, address: THERE };
const desk = (memo: object): Event => ({ event: "desk_memo", memo: { ...seeker, ...memo } as never });
const chat = (memo: object): Event => ({ event: "chat_memo", memo: { ...about, ...memo } as never });
const offer = { desk: ME.home, sharedInterests: ["music"], ...partner, memo: 1 };
const unsaid = { req: 1, partnerAddress: undefined, partnerEpoch: undefined };

const MEMOS: Readonly<Record<string, Event>> = {
  offer: desk({ kind: "offer", ...offer }),
  found: desk({ kind: "found", leftMs: 15_000 }),
  cancelled: desk({ kind: "cancelled" }),
  declined: desk({ kind: "declined" }),
  expired: desk({ kind: "expired" }),
  paired: desk({ kind: "paired", ...offer }),
  seek_refused: desk({ kind: "seek_refused", retryAfterMs: 1_000 }),
  "regained: offer": desk({ kind: "regained", holds: "offer", leftMs: 5_000, accepted: false, sharedInterests: [] }),
  "regained: nothing": desk({ kind: "regained", holds: "nothing", accepted: false, sharedInterests: [] }),
  text: chat({ kind: "text", id: 1, text: "hi", received: undefined }),
  received: chat({ kind: "received", id: 1 }),
  typing: chat({ kind: "typing", on: true }),
  left: chat({ kind: "left" }),
  away: chat({ kind: "away", sinceMs: NOW_MS }),
  back: chat({ kind: "back" }),
  "took: present": chat({ kind: "took", awaySinceMs: undefined, seen: 0 }),
  "took: away": chat({ kind: "took", awaySinceMs: NOW_MS, seen: 0 }),
  "not_in_chat: here": { event: "not_in_chat", chat: CHAT, here: true, address: THERE },
  "not_in_chat: not here": { event: "not_in_chat", chat: CHAT, here: false, address: THERE },
  "whereabouts: over": { event: "whereabouts", chat: CHAT, answer: { kind: "whereabouts", chat: "over", ...unsaid } },
  "whereabouts: unknown": {
    event: "whereabouts",
    chat: CHAT,
    answer: { kind: "whereabouts", chat: "unknown", ...unsaid },
  },
  "half_ended: ended": { event: "half_ended", chat: CHAT, answer: { kind: "half_ended", answer: "ended", ...unsaid } },
};

const REST: Readonly<Record<string, readonly [Event, number]>> = {
  "the socket is gone": [{ event: "gone" }, 0],
  "the partner's shard told its exit": [{ event: "partner_lost", exited: true }, 0],
  "the partner's shard is not heard": [{ event: "partner_lost", exited: false }, 0],
  "a socket is there again": [{ event: "back" }, 5_000],
  "10 s have passed": [{ event: "wake" }, 10_000],
  "30 s have passed": [{ event: "wake" }, 30_000],
  "2 min have passed": [{ event: "wake" }, 120_000],
};

const placeOf = (value: Session): string => value.place + (value.awayMs === 0 ? "" : " (away)");

function cell(before: Session, event: Event, afterMs: number): string {
  const happened: Step = step(before, event, ctxAt(NOW_MS + afterMs));
  const sent = framesOf(happened).map((f) => (f.type === "error" ? `error ${f.code}` : f.type));
  const shown = happened.effects.some((e) => e.do === "show") ? ["message"] : [];
  const asked = happened.effects.flatMap((e) => (e.do === "ask" ? [e.memo.kind] : e.do === "report" ? ["report"] : []));
  const parts: string[] = [];
  if (placeOf(happened.next) !== placeOf(before)) parts.push(`→ **${placeOf(happened.next)}**`);
  if (sent.length + shown.length > 0) parts.push([...sent, ...shown].map((name) => `\`${name}\``).join(" "));
  const told = [...memosOf(happened), ...asked];
  if (told.length > 0) parts.push(`_${told.join(", ")}_`);
  return parts.length === 0 ? "–" : parts.join("; ");
}

function table(
  title: string,
  rows: readonly (readonly [string, Event, number])[],
  columns: Readonly<Record<string, Session>>,
): string {
  const names = Object.keys(columns);
  const lines = [`| ${title} | ${names.join(" | ")} |`, `|---|${names.map(() => "---").join("|")}|`];
  for (const [name, event, afterMs] of rows) {
    lines.push(
      `| ${name} | ${Object.values(columns)
        .map((value) => cell(value, event, afterMs))
        .join(" | ")} |`,
    );
  }
  return lines.join("\n");
}

/** The whole of docs/STATES.md. */
export function statesPage(): string {
  const { "chatting, away": _, ...present } = COLUMNS;
  const frames = (Object.keys(CLIENT_FRAMES) as ClientFrameName[]).map(
    (type) => [`\`${type}\``, frame({ type, ...FRAMES[type] } as ClientFrame), 0] as const,
  );
  const memos = Object.entries(MEMOS).map(([name, event]) => [name, event, 0] as const);
  const rest = Object.entries(REST).map(([name, [event, afterMs]]) => [name, event, afterMs] as const);
  return `# The states of a session

What each frame, memo and deadline does in each place: **→ the new place**, \`the frames\` its person gets,
_the memos and requests_ that leave. A dash is nothing at all. A person who is away gets no frames; their place is
rebuilt when they return. Every frame, memo and deadline here is a current one of this person's chat or search;
stale and foreign ones are in PROTOCOL.md (P2, P14, P24, G7).

This page is made by running \`step\` (\`pool/src/shard/step.ts\`) on every row and column; a test fails when it
differs. After a change: \`npm run docs\`.

## Frames of the person

${table("frame", frames, present)}

## Memos

${table("memo", memos, COLUMNS)}

## Sockets and deadlines

${table("what happens", rest, COLUMNS)}
`;
}
