import { toBase64Url } from "@whisper/shared/base/base64url";
import type { DeviceHash, RegionName, SessionId } from "@whisper/shared/base/ids";
import { expect, test } from "vitest";
import { randomFrom } from "../../test/support/mutate.ts";
import { Slots } from "./slots.ts";

const idFrom = (words: readonly number[]): string => {
  const bytes = new Uint8Array(words.length * 4);
  const view = new DataView(bytes.buffer);
  for (const [i, word] of words.entries()) view.setUint32(i * 4, word);
  return toBase64Url(bytes);
};
const holderOf = (words: readonly number[], test = false) => ({
  session: idFrom(words) as SessionId,
  device: idFrom(words.slice(0, 2)) as DeviceHash,
  home: "eu-west" as RegionName,
  lane: test ? ("test" as const) : ("live" as const),
  epoch: 4 * 1_800_000_000_000 + 3,
});

test("[S8] who holds a slot is given back to the letter, and found by session", () => {
  const slots = new Slots(3);
  const holder = holderOf([1, 2, 3, 4], true);
  const slot = slots.take();
  slots.enter(slot, holder);
  expect(slots.holder(slot)).toEqual(holder);
  expect(slots.find(holder.session)).toBe(slot);
  expect([slots.held, slots.heldByTests]).toEqual([1, 1]);
  slots.release(slot);
  expect([slots.find(holder.session), slots.held, slots.heldByTests]).toEqual([-1, 0, 0]);
});

test("[S9] a full shard has no slot to give, and a session never two", () => {
  const slots = new Slots(2);
  slots.enter(slots.take(), holderOf([1, 1, 1, 1]));
  const second = slots.take();
  expect(slots.take()).toBe(-1);
  expect(() => slots.enter(second, holderOf([1, 1, 1, 1]))).toThrow(/one slot/);
});

test("[S10] the index agrees with a plain map through 50,000 comings and goings, also when every session hashes alike", () => {
  for (const alike of [false, true]) {
    const random = randomFrom(7);
    const slots = new Slots(64);
    const model = new Map<string, number>();
    for (let i = 0; i < 50_000; i++) {
      const holder = holderOf([alike ? 5 : random() % 96, 0, 0, random() % 96]);
      const held = model.get(holder.session);
      if (held !== undefined && random() % 2 === 0) {
        slots.release(held);
        model.delete(holder.session);
      } else if (held === undefined && model.size < 64) {
        const slot = slots.take();
        slots.enter(slot, holder);
        model.set(holder.session, slot);
      }
      expect(slots.find(holder.session)).toBe(model.get(holder.session) ?? -1);
    }
    for (const [session, slot] of model) expect(slots.find(session as SessionId)).toBe(slot);
  }
});
