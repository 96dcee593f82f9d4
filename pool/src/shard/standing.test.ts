import { expect, test } from "vitest";
import { CHAT, CHATTING, NOW_MS, PARTNER, PLACES } from "../../test/support/person.ts";
import { IDLE, overOf } from "./session.ts";
import { parseDetails, parseHalf, parseOver, standingOf } from "./standing.ts";

test("[R32] what a record keeps of a chat, a search and an ended chat is read back as it was", () => {
  expect(parseHalf(standingOf(CHATTING).half)).toEqual({ chat: CHAT, partner: PARTNER });
  expect(parseDetails(standingOf(PLACES.seeking).details)).toEqual({
    wish: PLACES.seeking.wish,
    joinedMs: NOW_MS,
    waitedMs: 0,
  });
  const over = overOf(CHATTING, NOW_MS);
  expect(parseOver(standingOf({ ...IDLE, over }).over, NOW_MS)).toEqual(over);
  expect(standingOf(IDLE)).toEqual({ place: "idle" });
});

test("[R33] a record that is not ours, cut off or spoilt makes an idle person, never a throw", () => {
  const half = standingOf(CHATTING).half as string;
  for (let cut = 0; cut < half.length; cut++) {
    const read = parseHalf(half.slice(0, cut));
    if (read !== undefined) expect(read.chat).toBe(CHAT); // only the epoch's last digits may go unnoticed
  }
  for (const spoilt of ["", "{", "[]", "[1,2,3,4]", '["a",1,[],[]]', '[1,2,["x",5],[]]', "null", '{"a":1}'])
    expect(parseDetails(spoilt)).toBeUndefined();
  for (const spoilt of ["", CHAT, `${CHAT}short`, "!".repeat(33)]) expect(parseOver(spoilt, NOW_MS)).toBeUndefined();
});

test("[R34] the longest search fits a record: 5 interests of 32 astral characters", () => {
  const wish = {
    interests: Array.from({ length: 5 }, (_, i) => `${i}${"😀".repeat(31)}`),
    languages: ["en", "de", "fr"],
  };
  const { details = "" } = standingOf({ ...PLACES.seeking, wish, over: overOf(CHATTING, NOW_MS) });
  expect(Buffer.byteLength(details)).toBeLessThanOrEqual(1_024);
});
