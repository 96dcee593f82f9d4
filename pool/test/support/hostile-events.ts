import type { Event } from "../../src/shard/event.ts";
import { CHAT, HERE, ME, OTHER_CHAT, PARTNER, THERE } from "./person.ts";

/** Memos, deadlines and answers at random: each kind there is, current or stale, of this chat or another. */
export function hostileEvent(random: () => number): Event {
  const pick = <T>(...from: readonly T[]): T => from[random() % from.length] as T;
  const chat = pick(CHAT, CHAT, CHAT, OTHER_CHAT);
  const address = pick(THERE, HERE);
  const partner = {
    partner: PARTNER.session,
    partnerHome: PARTNER.home,
    partnerDevice: PARTNER.device,
    partnerAddress: address,
    partnerEpoch: pick(8_000, 9_000),
  };
  const about = { memo: random() % 9, chat, to: ME.session, epoch: pick(1, 8_000, 9_000), address };
  const seeker = { session: ME.session, epoch: pick(1, ME.epoch), seekNo: random() % 3, chat, memo: 1 };
  const seen = random() % 9;
  const where = { partnerAddress: pick(undefined, address), partnerEpoch: pick(undefined, 1, 9_000), req: 1 };
  return pick<() => Event>(
    () => ({ event: "wake" }),
    () => ({ event: "gone" }),
    () => ({ event: "back" }),
    () => ({ event: "partner_lost", exited: pick(true, false) }),
    () => ({ event: "partner_heard" }),
    () => ({ event: "not_in_chat", chat, here: pick(true, false), address }),
    () => ({
      event: "half_ended",
      chat,
      answer: { kind: "half_ended", answer: pick("ended", "refused", "home_away"), ...where } as const,
    }),
    () => ({
      event: "whereabouts",
      chat,
      answer: { kind: "whereabouts", ...where, chat: pick("in", "over", "unknown", "home_away") } as const,
    }),
    () => ({
      event: "chat_memo",
      memo: { kind: "text", ...about, id: seen + 1, text: pick("hi", undefined), received: pick(undefined, seen) },
    }),
    () => ({ event: "chat_memo", memo: { kind: "received", ...about, id: seen } }),
    () => ({ event: "chat_memo", memo: { kind: "typing", ...about, on: pick(true, false) } }),
    () => ({ event: "chat_memo", memo: { kind: "took", ...about, awaySinceMs: pick(undefined, 1), seen } }),
    () => ({ event: "chat_memo", memo: { kind: pick("left", "back"), ...about } as never }),
    () => ({ event: "chat_memo", memo: { kind: "away", ...about, sinceMs: 1 } }),
    () => ({ event: "desk_memo", memo: { kind: "seek_refused", ...seeker, retryAfterMs: 1 } }),
    () => ({
      event: "desk_memo",
      memo: { kind: pick("offer", "paired"), ...seeker, desk: ME.home, sharedInterests: [], ...partner } as never,
    }),
    () => ({ event: "desk_memo", memo: { kind: "found", ...seeker, leftMs: 15_000 } }),
    () => ({ event: "desk_memo", memo: { kind: pick("cancelled", "declined", "expired"), ...seeker } as never }),
    () => ({
      event: "desk_memo",
      memo: {
        kind: "regained",
        ...seeker,
        holds: pick("seeking", "offer", "nothing"),
        joinedMs: undefined,
        waitedMs: undefined,
        sharedInterests: [],
        leftMs: pick(undefined, 5),
        accepted: pick(true, false),
      } as never,
    }),
  )();
}
