import { expect, test } from "vitest";
import {
  ACCEPTED,
  after,
  CHAT,
  CHATTING,
  ctxAt,
  frame,
  ME,
  NEIGHBOURS,
  NOW_MS,
  OFFERED,
  PARTNER,
  PROPOSED,
  SEEKING,
  THERE,
} from "../../test/support/person.ts";
import type { DeskMemo, Event, Step } from "./event.ts";
import type { Seeking } from "./session.ts";
import { step } from "./step.ts";

const [NEAR, FAR] = NEIGHBOURS;
/** Whom a step tells at which desk; `here` is this region's. */
const told = ({ effects }: Step): string[] =>
  effects.flatMap((effect) =>
    effect.do === "desk" || effect.do === "desk_once" ? [`${effect.memo.kind} ${effect.desk ?? "here"}`] : [],
  );
const near = (value: Parameters<typeof step>[0], event: Event, afterMs = 0): Step =>
  step(value, event, ctxAt(NOW_MS + afterMs, 5, true, NEIGHBOURS));
const partner = {
  partner: PARTNER.session,
  partnerHome: PARTNER.home,
  partnerDevice: PARTNER.device,
  partnerAddress: THERE,
  partnerEpoch: PARTNER.epoch,
};
const desk = (memo: object): Event => ({
  event: "desk_memo",
  memo: { session: ME.session, epoch: ME.epoch, seekNo: 1, chat: CHAT, ...memo } as unknown as DeskMemo,
});
const offer = desk({ kind: "offer", desk: NEAR, sharedInterests: ["music"], ...partner });
const wide: Seeking = { ...SEEKING, tiersTold: 2 };

test("[P29] from 10 s on a seeker is listed at the desks of the two nearest regions, too, once", () => {
  const listed = near(SEEKING, { event: "wake" }, 10_000);
  expect(told(listed)).toEqual([`seek ${NEAR}`, `seek ${FAR}`]);
  expect(told(near(listed.next, { event: "wake" }, 25_000))).toEqual([]);
  expect(told(near(SEEKING, { event: "wake" }, 9_900))).toEqual([]);
});

test("[P30] whoever lists a seeker hears that they stop, go away, or are back", () => {
  const all = (kind: string): string[] => [`${kind} here`, `${kind} ${NEAR}`, `${kind} ${FAR}`];
  expect(told(near(wide, frame({ type: "cancel_match" })))).toEqual(all("cancel"));
  const gone = near({ ...wide, waitedMs: 12_000 }, { event: "gone" });
  expect(told(gone)).toEqual(all("aside"));
  expect(told(near(gone.next, { event: "back" }))).toEqual(all("seek"));
  expect(told(near(SEEKING, frame({ type: "cancel_match" })))).toEqual(["cancel here"]);
});

test("[P31] the desk that made an offer keeps its record: all answers go there, the others take the seeker off their lists", () => {
  const taken = near(wide, offer);
  expect(told(taken)).toEqual([`offer_answer ${NEAR}`]);
  const found = near(taken.next, desk({ kind: "found", leftMs: 15_000 }));
  expect(told(found)).toEqual(["cancel here", `cancel ${FAR}`]);
  const accepted = near(found.next, frame({ type: "accept_match", chat_id: CHAT }));
  expect(told(accepted)).toEqual([`accept ${NEAR}`]);
  const paired = desk({ kind: "paired", memo: 1, desk: NEAR, sharedInterests: ["music"], ...partner });
  expect(told(near(accepted.next, paired))).toEqual([`paired_taken ${NEAR}`]);
  expect(told(near(found.next, frame({ type: "decline_match", chat_id: CHAT })))).toEqual([`decline ${NEAR}`]);
});

test("[P32] an offer of a second desk is refused to that desk while one is held", () => {
  const other = { ...partner, partner: "FFFFFFFFFFFFFFFFFFFFFA" };
  const second = desk({ kind: "offer", chat: "DDDDDDDDDDDDDDDDDDDDDA", desk: FAR, sharedInterests: [], ...other });
  const refused = near(OFFERED, second);
  expect(told(refused)).toEqual([`offer_answer ${FAR}`]);
  expect(refused.next).toBe(OFFERED);
});

test("[P33] a proposal that comes to nothing lists its seeker again wherever their wait entitles them to be", () => {
  const declined = desk({ kind: "declined" });
  expect(told(near({ ...ACCEPTED, waitedMs: 11_000 }, declined))).toEqual(["seek here", `seek ${NEAR}`, `seek ${FAR}`]);
  expect(told(near(PROPOSED, declined))).toEqual(["seek here"]);
});

test("[P34] a late found says no desk: all that may have made it hear the refusal; a block is told to every desk", () => {
  expect(told(near(wide, desk({ kind: "found", leftMs: 1 })))).toEqual([
    "decline here",
    `decline ${NEAR}`,
    `decline ${FAR}`,
  ]);
  const blocked = near(CHATTING, frame({ type: "block", chat_id: CHAT }));
  expect(told(blocked)).toEqual(["never here", `never ${NEAR}`, `never ${FAR}`]);
  expect(told(after(CHATTING, [frame({ type: "block", chat_id: CHAT })]))).toEqual(["never here"]);
});

test("[P35] two desks that pair the same two people at once: both sides keep the proposal of the desk whose name comes first", () => {
  const offerOf = (chat: string, at: string | undefined): Event =>
    desk({ kind: "offer", chat, desk: at, sharedInterests: [], ...partner });
  const [first, second] = [offerOf("DDDDDDDDDDDDDDDDDDDDDA", FAR), offerOf("EEEEEEEEEEEEEEEEEEEEEA", NEAR)]; // ap < us
  const kept = near(near(wide, first).next, second);
  expect(told(kept)).toEqual([`offer_answer ${NEAR}`]);
  expect(kept.next).toMatchObject({ offer: { desk: FAR } });
  const changed = near(near(wide, second).next, first);
  expect(told(changed)).toEqual([`offer_answer ${NEAR}`, `offer_answer ${FAR}`]);
  expect(changed.effects).toMatchObject([{ memo: { taken: false } }, { memo: { taken: true } }]);
  expect(changed.next).toMatchObject({ offer: { desk: FAR } });
  const stranger = { ...partner, partner: "FFFFFFFFFFFFFFFFFFFFFA" };
  const other = desk({ kind: "offer", chat: "GGGGGGGGGGGGGGGGGGGGGA", desk: FAR, sharedInterests: [], ...stranger });
  expect(near(near(wide, second).next, other).next).toMatchObject({ offer: { desk: NEAR } });
});
