import { expect, test } from "vitest";
import { DrainWindow } from "./drain-window.ts";

test("[Q15] while people arrive the window doubles, up to its most", () => {
  const window = new DrainWindow(1_000);
  const sizes: number[] = [];
  for (let turn = 0; turn < 7; turn++) {
    sizes.push(window.size);
    window.turn(window.size, { count: window.size, late: 0 }, turn * 100);
  }
  expect(sizes).toEqual([32, 64, 128, 256, 512, 1_000, 1_000]);
});

test("[Q15] when more than half are late it halves once a second, down to its least, and grows again", () => {
  const window = new DrainWindow(1_000);
  for (let turn = 0; turn < 6; turn++) window.turn(window.size, { count: 1, late: 0 }, 0);
  const jam = { count: 1_000, late: 501 };
  for (let ms = 10_000; ms < 11_000; ms += 50) window.turn(0, jam, ms);
  expect(window.size).toBe(500);
  for (let ms = 11_000; ms < 60_000; ms += 50) window.turn(0, jam, ms);
  expect(window.size).toBe(32);
  window.turn(32, { count: 64, late: 0 }, 60_000);
  expect(window.size).toBe(64);
});

test("[Q15] few who are late, or none on their way, change nothing", () => {
  const window = new DrainWindow(1_000);
  window.turn(32, { count: 64, late: 32 }, 10_000);
  window.turn(0, { count: 0, late: 0 }, 20_000);
  expect(window.size).toBe(64);
});

test("[Q15] a pace below the least window is no bound to it", () => {
  const window = new DrainWindow(5);
  window.turn(100, { count: 0, late: 0 }, 0);
  expect(window.size).toBe(32);
});
