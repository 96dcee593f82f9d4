import { expect, test } from "vitest";
import { planOf } from "../../test/support/crew-process.ts";
import { tickOf } from "../../test/support/ticks.ts";
import type { Counts, Gauges, PerSecond } from "../plan/plan.ts";
import { Merged } from "./histograms.ts";
import { Progress, progressLine } from "./progress.ts";

const PLAN = planOf("http://127.0.0.1:8787", { rampMs: 10_000, holdMs: 30_000 });

function second(atMs: number, counts: Partial<Counts> = {}, gauges: Partial<Gauges> = {}): PerSecond {
  const { health, ...tick } = tickOf({ counts, gauges });
  return { atMs, counts: tick.counts, gauges: tick.gauges, latencies: new Merged().latencies(), health };
}

test.each<readonly [string, PerSecond, string]>([
  [
    "coming in",
    second(5_000, { admitted: 20 }, { sockets: 100 }),
    "5/40 s ramp, 100 sockets (+20), 0 chatting, 0 texts/s",
  ],
  [
    "talking",
    second(11_000, { textsDelivered: 7 }, { chatting: 4 }),
    "11/40 s hold, 0 sockets (+0), 4 chatting, 7 texts/s",
  ],
  [
    "failing",
    second(41_000, { refused: 2, dropped: 1 }),
    "41/40 s leave, 0 sockets (+0), 0 chatting, 0 texts/s, 3 failed",
  ],
  [
    "wrong texts",
    second(40_000, { lost: 2, foreign: 1 }),
    "40/40 s hold, 0 sockets (+0), 0 chatting, 0 texts/s, 3 TEXTS WRONG",
  ],
])("a second in one line: %s", (_what, told, line) => {
  expect(progressLine(told, PLAN)).toBe(line);
});

test("the slowest texts are told", () => {
  const told = second(11_000);
  const text = { ...told.latencies.text, count: 9, p99Ms: 12.345 };
  expect(progressLine({ ...told, latencies: { ...told.latencies, text } }, PLAN)).toContain("texts/s, p99 12.3 ms");
});

function shown(isTerminal: boolean, seconds: number): string {
  let text = "";
  const progress = new Progress({ isTerminal, write: (piece) => (text += piece) }, PLAN);
  for (let at = 1; at <= seconds; at++) {
    progress.second(second(at * 1_000));
    if (at === 2) progress.say("something happened");
  }
  progress.end();
  progress.say("over");
  return text;
}

test("piped, there is a plain line at the start and every ten seconds", () => {
  const lines = shown(false, 31).trimEnd().split("\n");
  expect(lines.map((line) => line.split(" ")[0])).toEqual(["1/40", "something", "11/40", "21/40", "31/40", "over"]);
});

test("on a terminal one line lives, and what is said stays above it", () => {
  const text = shown(true, 3);
  const rows = text.split("\n").map((row) => row.split("\r\u001b[2K").at(-1));
  expect(rows).toEqual(["something happened", expect.stringMatching(/^3\/40 s/), "over", ""]);
});
