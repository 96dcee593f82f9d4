import type { Address } from "@whisper/shared/base/ids";
import { expect, test } from "vitest";
import {
  after,
  CHAT,
  CHATTING,
  ctxAt,
  framesOf,
  memosOf,
  NOW_MS,
  PARTNER,
  THERE,
  text,
} from "../../test/support/person.ts";
import type { ChatMemo, Event } from "./event.ts";
import { SPANS, wakeAtMs } from "./session.ts";
import { step } from "./step.ts";

const base = { chat: CHAT, to: "", epoch: PARTNER.epoch, address: THERE, memo: 5 };
const chat = (memo: object): Event => ({ event: "chat_memo", memo: { ...base, ...memo } as unknown as ChatMemo });
const silence: Event = { event: "partner_lost", exited: false };
const exit: Event = { event: "partner_lost", exited: true };
const asks = (value: ReturnType<typeof after>): string[] =>
  value.effects.flatMap((effect) => (effect.do === "ask" ? [effect.memo.kind] : []));

test("[G14] an exit notice is a word: away at once, 60 s, and the home is asked where they are", () => {
  const lost = after(CHATTING, [exit]);
  expect(framesOf(lost)).toEqual([{ type: "partner_away", grace: 60 }]);
  expect(asks(lost)).toEqual(["where"]);
  expect(wakeAtMs(lost.next, SPANS)).toBe(NOW_MS + 60_000);
});

test("[G15] silence alone counts 180 s, of another region 5 min; an exit notice that follows starts the minute", () => {
  expect(framesOf(after(CHATTING, [silence]))).toEqual([{ type: "partner_away", grace: 180 }]);
  const abroad = { ...CHATTING, partner: { ...PARTNER, address: "us-east.p1.0.x" as Address } };
  expect(framesOf(after(abroad, [silence]))).toEqual([{ type: "partner_away", grace: 300 }]);
  const silent = after(CHATTING, [silence]).next;
  const told = step(silent, exit, ctxAt(NOW_MS + 10_000));
  expect(framesOf(told)).toEqual([{ type: "partner_away", grace: 60 }]);
  expect(wakeAtMs(told.next, SPANS)).toBe(NOW_MS + 70_000);
  expect(framesOf(step(told.next, silence, ctxAt(NOW_MS + 11_000)))).toEqual([]);
});

test("[G16] an absence by silence ends when that incarnation is heard again and says that the partner is present", () => {
  const silent = after(CHATTING, [silence]).next;
  const heard = step(silent, { event: "partner_heard" }, ctxAt(NOW_MS + 20_000));
  expect(memosOf(heard)).toEqual(["back"]);
  expect(framesOf(heard)).toEqual([]);
  const present = step(heard.next, chat({ kind: "took", awaySinceMs: undefined, seen: 0 }), ctxAt(NOW_MS + 20_010));
  expect(framesOf(present)).toEqual([{ type: "partner_back" }]);
  expect(present.next).toMatchObject({ partnerAwayMs: 0, lostBySilence: false });
  expect(memosOf(after(CHATTING, [{ event: "partner_heard" }]))).toEqual([]);
});

test("[G17] a shard that may not judge lets its absence clocks stand still", () => {
  const lost = after(CHATTING, [exit]).next;
  const still = step(lost, { event: "wake" }, ctxAt(NOW_MS + 90_000, 1, false));
  expect(still.effects).toEqual([]);
  expect(wakeAtMs(still.next, SPANS)).toBe(NOW_MS + 91_000);
  expect(memosOf(step(still.next, { event: "wake" }, ctxAt(NOW_MS + 91_000)))).toEqual(["back"]);
});

test("[G18] a text to another shard that nobody confirms for 3 s makes us ask the partner's home; a receipt stops that", () => {
  const said = after(CHATTING, [text(1)]).next;
  expect(wakeAtMs(said, SPANS)).toBe(NOW_MS + 3_000);
  expect(asks(step(said, { event: "wake" }, ctxAt(NOW_MS + 3_000)))).toEqual(["where"]);
  const confirmed = step(said, chat({ kind: "received", id: 1 }), ctxAt(NOW_MS + 100)).next;
  expect(wakeAtMs(confirmed, SPANS)).toBe(Number.POSITIVE_INFINITY);
});

test("[G18] who always has a text on its way asks only when the confirmations stop", () => {
  const received = (id: number): Event => chat({ kind: "received", id });
  const three = after(CHATTING, [text(1), text(2), text(3)]).next;
  const some = step(three, received(2), ctxAt(NOW_MS + 2_900)).next;
  expect(wakeAtMs(some, SPANS)).toBe(NOW_MS + 5_900); // the third is waited for, and not longer than 3 s
  for (const again of [received(1), received(2)])
    expect(wakeAtMs(step(some, again, ctxAt(NOW_MS + 5_800)).next, SPANS)).toBe(NOW_MS + 5_900);
  expect(asks(step(some, { event: "wake" }, ctxAt(NOW_MS + 5_900)))).toEqual(["where"]);
  const riding = chat({ kind: "text", id: 1, text: "hello", received: 3 });
  expect(wakeAtMs(step(some, riding, ctxAt(NOW_MS + 5_800)).next, SPANS)).toBe(Number.POSITIVE_INFINITY);
});

test("[G19] where the home names the address we have, that address is asked; it is absent only by its own word", () => {
  const where = (said: object): Event => ({
    event: "whereabouts",
    chat: CHAT,
    answer: {
      kind: "whereabouts",
      req: 1,
      chat: "in",
      partnerAddress: THERE,
      partnerEpoch: PARTNER.epoch,
      ...said,
    } as never,
  });
  for (const said of [{}, { chat: "unknown", partnerAddress: undefined }, { chat: "home_away" }]) {
    expect(memosOf(after(CHATTING, [where(said)]))).toEqual(["back"]);
    const notHere: Event = { event: "not_in_chat", chat: CHAT, here: false, address: THERE };
    expect(framesOf(after(CHATTING, [notHere, where(said)]))).toEqual([{ type: "partner_away", grace: 60 }]);
    const spoke = chat({ kind: "received", id: 0 });
    expect(memosOf(after(CHATTING, [notHere, spoke, where(said)]))).toEqual(["back"]);
  }
});

test("[G20] the death of an address that the partner has left is nothing", () => {
  const idle = after(CHATTING, [chat({ kind: "left" })]).next;
  expect(after(idle, [exit])).toEqual({ next: idle, effects: [] });
});

test("[G26] a late not_in_chat of a shard that the partner has left does nothing; a new incarnation of their shard counts", () => {
  const late: Event = { event: "not_in_chat", chat: CHAT, here: false, address: "eu-west.p9.0.old" as Address };
  expect(after(CHATTING, [late])).toEqual({ next: CHATTING, effects: [] });
  const left: Event = { ...late, here: true };
  expect(after(CHATTING, [left])).toEqual({ next: CHATTING, effects: [] });
  const reborn: Event = { ...late, address: "eu-west.p2.3.new" as Address };
  expect(asks(after(CHATTING, [reborn]))).toEqual(["where"]);
});

test("[S76] the bus is back: who has a partner elsewhere is told to send again, unless the partner is away", () => {
  const back = after(CHATTING, [{ event: "bus_back" }]);
  expect([framesOf(back), asks(back), back.next]).toEqual([[{ type: "partner_back" }], ["where"], CHATTING]);
  const away = after(CHATTING, [exit, { event: "bus_back" }]);
  expect([framesOf(away), asks(away)]).toEqual([[], ["where"]]);
  const idle = after(CHATTING, [chat({ kind: "left" }), { event: "bus_back" }]);
  expect([framesOf(idle), asks(idle)]).toEqual([[], []]);
});
