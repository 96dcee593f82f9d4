import { type Address, type ChatId, type DeviceHash, newSessionId, type RegionName } from "@whisper/shared/base/ids";
import { systemRandom } from "@whisper/shared/base/random";
import { expect, test } from "vitest";
import { Hub, type Person } from "./hub.ts";
import { IDLE, newChat } from "./session.ts";

const ADDRESS = "eu-west.p1.0.abc" as Address;
const [EU, DEVICE] = ["eu-west" as RegionName, "dddddddddd0" as DeviceHash];
const [ONE, OTHER] = ["1".repeat(22) as ChatId, "2".repeat(22) as ChatId];
const X = newSessionId(systemRandom);

function hubOf(count: number): { readonly hub: Hub; readonly people: readonly Person[] } {
  const hub = new Hub(count, ADDRESS);
  const people = Array.from({ length: count }, () => {
    const slot = hub.slots.take();
    hub.enter(slot, { session: newSessionId(systemRandom), device: DEVICE, home: EU, lane: "live", epoch: 4 });
    return hub.personAt(slot);
  });
  return { hub, people };
}

function sit(hub: Hub, person: Person | undefined, chat: ChatId, session = X): void {
  if (person === undefined) throw new Error("there is somebody");
  const partner = { session, device: DEVICE, home: EU, address: ADDRESS, epoch: 4 };
  const begun = { chat, partner, shared: [], wish: { interests: [], languages: [] }, awayMs: 0, over: undefined };
  person.value = newChat(begun, { high: 0, seen: 0 });
  hub.settle(person);
}

test("[S48] who is in a chat with an absent person is found by the chat, and by nobody else's", () => {
  const { hub, people } = hubOf(3);
  const [a, b, c] = people;
  sit(hub, a, ONE);
  sit(hub, b, OTHER);
  expect([hub.partnerOf(X, ONE), hub.partnerOf(X, OTHER)]).toEqual([a, b]);
  expect(hub.partnerOf(newSessionId(systemRandom), ONE)).toBeUndefined();
  // Both people of one chat may be here.
  if (a === undefined || c === undefined) throw new Error("there are three");
  sit(hub, c, ONE, a.me.session);
  expect([hub.partnerOf(a.me.session, ONE), hub.partnerOf(X, ONE)]).toEqual([c, a]);
});

test("[S48] a chat that is over, moved away or followed by another finds nobody", () => {
  const { hub, people } = hubOf(3);
  const [a, b, c] = people;
  if (a === undefined || b === undefined || c === undefined) throw new Error("there are three");
  for (const one of people) sit(hub, one, ONE);
  a.value = IDLE;
  hub.settle(a);
  hub.forget(b);
  expect(hub.partnerOf(X, ONE)).toBe(c);
  sit(hub, c, OTHER);
  expect([hub.partnerOf(X, ONE), hub.partnerOf(X, OTHER)]).toEqual([undefined, c]);
});
