import { expect, test } from "vitest";
import { ReturningCrowd } from "./support/returning-crowd.ts";
import { unitsFrom } from "./support/weather.ts";

const PEOPLE = 2_000;
/** A machine that does much else needs more than the usual. */
const LATE_MS = 30_000;
const most = (numbers: readonly number[]): number => Math.max(0, ...numbers);
/** Sums of five seconds each. */
const fives = (perS: readonly number[]): readonly number[] =>
  Array.from({ length: Math.ceil(perS.length / 5) }, (_, at) =>
    perS.slice(at * 5, at * 5 + 5).reduce((sum, one) => sum + one, 0),
  );

const came = (region: Partial<ConstructorParameters<typeof ReturningCrowd>[0]>, seed = 7): ReturningCrowd => {
  const quiet = { people: PEOPLE, doorsOpenMs: 2_000, upgradesPerS: 800, noRoomUntilMs: 0 };
  const crowd = new ReturningCrowd({ ...quiet, ...region }, unitsFrom(seed));
  crowd.run();
  expect(crowd.guests.filter(({ isBack }) => !isBack)).toEqual([]);
  return crowd;
};

test.each([
  ["doors that open after two seconds", { doorsOpenMs: 2_000 }],
  ["doors that let in a sixteenth of them a second", { upgradesPerS: 125 }],
  ["doors that open after fifteen seconds", { doorsOpenMs: 15_000, upgradesPerS: 400 }],
])(
  "[C71] a crowd that lost its sockets at one moment, and %s: one wave that decays, and few tries each",
  (_, region) => {
    for (const seed of [1, 2]) {
      const { opensPerS, asksPerS, guests, earlyAsks } = came(region, seed);
      // What is tried in the first second is the wave itself: each of them once, and some of them twice.
      expect(most(opensPerS)).toBe(opensPerS[0]);
      expect(opensPerS[0]).toBeLessThan(1.5 * PEOPLE);
      expect(most(opensPerS.slice(1))).toBeLessThan(PEOPLE);
      const sums = fives(opensPerS);
      for (const [at, sum] of sums.slice(1).entries()) expect(sum).toBeLessThanOrEqual((sums[at] ?? 0) + PEOPLE / 100);
      expect(most(guests.map(({ opens }) => opens))).toBeLessThanOrEqual(12);
      expect(earlyAsks).toBe(0);
      expect(most(asksPerS.slice(1))).toBeLessThan(PEOPLE / 10);
    }
  },
  LATE_MS,
);

test("[C70] a crowd that the edge asks to wait five seconds comes back over five, not at one moment", () => {
  const { opensPerS, asksPerS, backMs, earlyAsks } = came({ noRoomUntilMs: 4_000 });
  expect(asksPerS[0]).toBe(PEOPLE);
  expect(asksPerS.slice(1, 5)).toEqual([0, 0, 0, expect.any(Number)]);
  expect(most(asksPerS.slice(1))).toBeLessThan(PEOPLE / 4);
  expect(most(opensPerS)).toBeLessThan(PEOPLE / 4);
  expect(backMs).toBeLessThan(12_000);
  expect(earlyAsks).toBe(0);
});

test("[C71] without jitter the same crowd comes in waves: the counts can tell", () => {
  const crowd = new ReturningCrowd(
    { people: 500, doorsOpenMs: 2_000, upgradesPerS: 100, noRoomUntilMs: 0 },
    () => 0.999,
  );
  crowd.run();
  expect(most(crowd.opensPerS.slice(2))).toBeGreaterThan(350);
});
