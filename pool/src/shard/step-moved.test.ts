import { expect, test } from "vitest";
import {
  after,
  CHAT,
  CHATTING,
  ctxAt,
  framesOf,
  ME,
  memoOf,
  memosOf,
  NOW_MS,
  PARTNER,
  PROPOSED,
} from "../../test/support/person.ts";
import type { Event } from "./event.ts";
import { IDLE, SPANS } from "./session.ts";
import { parseDetails, standingOf } from "./standing.ts";
import { step } from "./step.ts";

/** Taken up from a record, with no socket of its own yet. */
const MOVED = { ...PROPOSED, isMoved: true, awayMs: NOW_MS };
const BACK = after(MOVED, [{ event: "back" }]).next;
const desk = (memo: Record<string, unknown>): Event =>
  ({
    event: "desk_memo",
    memo: { session: ME.session, epoch: ME.epoch, seekNo: 1, chat: CHAT, desk: ME.home, ...memo },
  }) as never;
const PAIRED = desk({
  kind: "paired",
  sharedInterests: ["music"],
  partner: PARTNER.session,
  partnerHome: PARTNER.home,
  partnerDevice: PARTNER.device,
  partnerAddress: PARTNER.address,
  partnerEpoch: PARTNER.epoch,
});
const regained = (memo: Record<string, unknown>): Event => desk({ kind: "regained", accepted: false, ...memo });

test("[P60] an unfinished proposal is read back from its record as it was, with what the two share", () => {
  const { place, details } = standingOf(PROPOSED);
  expect(place).toBe("proposed");
  const { offer, seekNo, untilMs, wish, joinedMs, waitedMs } = PROPOSED;
  expect(parseDetails(details)).toEqual({ wish, joinedMs, waitedMs, proposal: { offer, seekNo, untilMs } });
});

test("[P61] a record whose proposal is cut off or spoilt leaves a search, never a throw", () => {
  const { details = "" } = standingOf(PROPOSED);
  const words = JSON.parse(details) as unknown[];
  const [seekNo, untilMs, region, places, half] = words[4] as [number, number, string, number[], string];
  const spoilt: unknown[] = [
    null,
    "x",
    [],
    ["1", untilMs, region, places, half],
    [seekNo, "soon", region, places, half],
    [seekNo, untilMs, "Nowhere!", places, half],
    [seekNo, untilMs, region, 5, half],
    [seekNo, untilMs, region, places, half.slice(0, 40)],
    [seekNo, untilMs, region, places, 7],
  ];
  for (const one of spoilt) {
    const read = parseDetails(JSON.stringify([...words.slice(0, 4), one]));
    expect(read).toMatchObject({ wish: PROPOSED.wish });
    expect(read).not.toHaveProperty("proposal");
  }
  const strange = parseDetails(
    JSON.stringify([...words.slice(0, 4), [seekNo, untilMs, region, [9, -1, "0x", null], half]]),
  );
  expect(strange?.proposal?.offer.shared.every((one) => PROPOSED.wish.interests.includes(one))).toBe(true);
});

test("[P62] who comes back on another shard in the middle of a proposal sees it again, and the desk is asked", () => {
  const back = after(MOVED, [{ event: "back" }]);
  expect(framesOf(back)).toEqual([
    { type: "resumed", place: "proposed", chat_id: CHAT },
    { type: "match_found", chat_id: CHAT, shared_interests: ["music"], accept_deadline: 15 },
  ]);
  expect(memoOf(back, "regain")).toMatchObject({ session: ME.session, epoch: ME.epoch, seekNo: 1 });
});

test("[P63] paired meanwhile: the chat begins on the new shard, and the partner's shard learns where", () => {
  const begun = after(BACK, [PAIRED]);
  expect(framesOf(begun)).toEqual([{ type: "match_accepted", chat_id: CHAT }]);
  expect(memosOf(begun)).toEqual(["paired_taken", "back"]);
  expect(memoOf(begun, "back")).toMatchObject({ chat: CHAT, to: PARTNER.session, address: ME.address });
  // On the shard where it was made nobody has to be told.
  expect(memosOf(after(PROPOSED, [PAIRED]))).toEqual(["paired_taken"]);
});

test("[P64] a text of the partner's begins the chat too, also for who has not accepted on this shard", () => {
  const { epoch, address } = PARTNER;
  const memo = { kind: "text", chat: CHAT, to: ME.session, epoch, address, id: 1, text: "hi", received: undefined };
  const begun = after(BACK, [{ event: "chat_memo", memo } as never]);
  expect(begun.next).toMatchObject({ place: "chatting", chat: CHAT, seen: 1 });
});

test("[P65] the desk's word on the time that is left counts, and from then on it is a proposal like any other", () => {
  const told = after(BACK, [regained({ holds: "offer", leftMs: 4_000 })]);
  expect(told.next).toMatchObject({ place: "proposed", untilMs: NOW_MS + 4_000, isMoved: false });
  const other = after(BACK, [regained({ holds: "offer", leftMs: 4_000, chat: "Z".repeat(22) })]);
  expect(other.next).toBe(BACK);
});

test.each(["nothing", "seeking"])("[P66] the desk holds %s of it any more: told, and sought again", (holds) => {
  const told = after(BACK, [regained({ holds, chat: undefined })]);
  expect(framesOf(told)[0]).toEqual({ type: "match_declined" });
  expect(told.next).toMatchObject({ place: "seeking", joinedMs: PROPOSED.joinedMs });
});

test("[P67] its deadline is the desk's: while the desk is silent it is asked each second, and given up in the end", () => {
  let now = BACK;
  let asked = 0;
  let nowMs = PROPOSED.untilMs;
  for (; now.place === "proposed" && nowMs < NOW_MS + 300_000; nowMs += SPANS.wordMs) {
    const turn = step(now, { event: "wake" }, ctxAt(nowMs));
    if (memosOf(turn).includes("regain")) asked++;
    now = turn.next;
    if (now.place !== "proposed") expect(framesOf(turn)[0]).toEqual({ type: "match_declined" });
  }
  expect(asked).toBeGreaterThan(30);
  expect(now.place).toBe("seeking");
  expect(nowMs - PROPOSED.untilMs).toBeLessThanOrEqual(SPANS.givenUpMs + 2 * SPANS.wordMs);
});

test("[P68] an absent partner whose home does not know the chat is asked for each second, and found where they are", () => {
  const away = { ...CHATTING, partnerAwayMs: NOW_MS, askMs: NOW_MS + 60_000 };
  const said = { kind: "whereabouts", req: 1, chat: "unknown" };
  const nowhere = step(
    away,
    {
      event: "whereabouts",
      chat: CHAT,
      answer: { ...said, partnerAddress: PARTNER.address, partnerEpoch: PARTNER.epoch },
    } as never,
    ctxAt(NOW_MS),
  );
  const early = step(nowhere.next, { event: "wake" }, ctxAt(NOW_MS + 999));
  expect(early.effects).toEqual([]);
  const again = step(nowhere.next, { event: "wake" }, ctxAt(NOW_MS + 1_000));
  expect(again.effects).toMatchObject([{ do: "ask", memo: { kind: "where", session: PARTNER.session } }]);
  const there = "eu-west.p9.0.abc";
  const found = step(
    again.next,
    {
      event: "whereabouts",
      chat: CHAT,
      answer: { ...said, partnerAddress: there, partnerEpoch: PARTNER.epoch + 4 },
    } as never,
    ctxAt(NOW_MS + 1_001),
  );
  // Asked, not believed: only that shard knows whether they are in this chat.
  expect(framesOf(found)).toEqual([]);
  expect(found.effects).toMatchObject([{ do: "insist", to: there, memo: { kind: "back" } }]);
  const refused = { event: "not_in_chat", chat: CHAT, here: true, address: there } as never;
  expect(framesOf(step(found.next, refused, ctxAt(NOW_MS + 1_002)))).toEqual([{ type: "partner_left" }]);
  expect(step(IDLE, refused, ctxAt(NOW_MS)).next).toBe(IDLE);
});
