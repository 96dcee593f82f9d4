import { expect, test } from "vitest";
import { fuzzStep } from "./support/fuzz-step.ts";

test("[F12] 100,000 random and mutated frames, memos and deadlines give a frame or nothing in every place, never a throw", () => {
  const seed = Number(process.hrtime.bigint() % 1_000_000n);
  const tally = fuzzStep(100_000, seed);
  for (const place of ["idle", "seeking", "proposed", "accepted", "chatting"])
    expect(tally.places[place], `seed ${seed}`).toBeGreaterThan(500);
  expect(tally.decoded).toBeGreaterThan(30_000);
  expect(tally.sent).toBeGreaterThan(30_000);
}, 60_000);
