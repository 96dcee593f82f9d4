import * as fc from "fast-check";
import { expect, test } from "vitest";
import { Wheel } from "./wheel.ts";

test("everybody is looked at at the earliest moment they asked for, once, however the clock goes on", () => {
  const wish = fc.record({ index: fc.nat(9), inMs: fc.integer({ min: -50, max: 30_000 }) });
  const step = fc.record({ wishes: fc.array(wish, { maxLength: 5 }), passMs: fc.integer({ min: 0, max: 12_000 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const wheel = new Wheel(10);
      const due = new Map<number, number>();
      let nowMs = 0;
      for (const { wishes, passMs } of steps) {
        for (const { index, inMs } of wishes) {
          wheel.set(index, nowMs + inMs);
          const atMs = Math.max(nowMs + inMs, nowMs + 1);
          due.set(index, Math.min(due.get(index) ?? atMs, atMs));
        }
        nowMs += passMs;
        const looked: number[] = [];
        wheel.turn(nowMs + 0.5, (index) => looked.push(index));
        const expected = [...due].filter(([, atMs]) => atMs <= nowMs).map(([index]) => index);
        expect(looked.toSorted()).toEqual(expected.toSorted());
        for (const index of expected) due.delete(index);
      }
    }),
  );
});

test("who is looked at may ask again, for a moment that is over as well, and is looked at a turn later", () => {
  const wheel = new Wheel(1);
  const looked: number[] = [];
  wheel.set(0, 5);
  for (const nowMs of [4, 5, 6, 100, 100, 101])
    wheel.turn(nowMs, (index) => {
      looked.push(nowMs);
      wheel.set(index, nowMs - 1);
    });
  expect(looked).toEqual([5, 6, 100, 101]);
});
