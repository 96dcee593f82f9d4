import { expect, test } from "vitest";
import { planOf } from "../bench/small-plan.ts";
import { SCENARIO_NAMES } from "../plan/scenarios.ts";
import {
  entersAtMs,
  interestOf,
  isOfShare,
  isTimeFor,
  phaseOf,
  scriptOf,
  speechOf,
  textsInChat,
} from "./scenario-people.ts";

const scriptFor = (given: Parameters<typeof planOf>[1]) => scriptOf(planOf("http://h", given));

test.each([0, 0.01, 0.1, 1 / 3, 0.5, 0.9, 1])("a share of %d is met in every stretch of numbers", (share) => {
  for (const from of [0, 1_000, 499_000]) {
    const found = Array.from({ length: 1_000 }, (_, i) => from + i).filter((no) => isOfShare(no, share));
    expect(Math.abs(found.length - share * 1_000)).toBeLessThanOrEqual(1);
  }
});

test("couples come in together, evenly over the ramp, the first at once", () => {
  const moments = Array.from({ length: 10 }, (_, at) => entersAtMs(1_000, at, 10));
  expect(moments).toEqual([0, 0, 200, 200, 400, 400, 600, 600, 800, 800]);
  expect([entersAtMs(0, 5, 10), entersAtMs(1_000, 0, 1)]).toEqual([0, 0]);
});

test("phases lie between 0 and 1, and spread", () => {
  const phases = Array.from({ length: 10_000 }, (_, no) => phaseOf(no));
  expect(Math.min(...phases)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...phases)).toBeLessThan(1);
  for (let tenth = 0; tenth < 10; tenth++)
    expect(phases.filter((phase) => Math.floor(phase * 10) === tenth).length).toBeGreaterThan(900);
});

test.each(SCENARIO_NAMES)(
  "in %s no text is said after the last moment, and no chat begun that has no time",
  (scenario) => {
    const script = scriptFor({ scenario, rampMs: 1_000, holdMs: 30_000, textEveryMs: 2_000 });
    for (let nowMs = 0; nowMs < 40_000; nowMs += 500) {
      const count = textsInChat(script, nowMs);
      expect(count).toBeGreaterThanOrEqual(0);
      if (count > 0) expect(nowMs + count * script.textEveryMs).toBeLessThanOrEqual(script.endsAtMs);
      if (nowMs >= script.endsAtMs) expect(isTimeFor(script, nowMs)).toBe(false);
    }
  },
);

test("what the scenarios differ in", () => {
  const said = (given: Parameters<typeof planOf>[1]): number =>
    textsInChat(scriptFor({ holdMs: 100_000, ...given }), 0);
  expect(said({ scenario: "smoke", textEveryMs: 2_500 })).toBe(5);
  expect(said({ scenario: "match" })).toBe(0);
  expect(said({ scenario: "chat", textEveryMs: 2_500 })).toBe(12);
  expect(said({ scenario: "drain", textEveryMs: 2_500 })).toBe(39);
  expect(scriptFor({ scenario: "reconnect" }).halfway).toBe("cut");
  expect(scriptFor({ scenario: "churn" }).halfway).toBe("leave");
  expect(scriptFor({ scenario: "cross" }).isApart).toBe(true);
  expect(scriptFor({ loadPass: "secret" }).lane).toBe("test");
});

test("an interest is one that the protocol takes, its own for each couple and round, and one's words fit", () => {
  const script = scriptFor({ seed: 123_456_789, textChars: 64 });
  const interests = [0, 1, 499_999].flatMap((couple) => [0, 1, 999].map((round) => interestOf(script, couple, round)));
  expect(new Set(interests).size).toBe(9);
  for (const interest of interests) expect(interest.length).toBeLessThanOrEqual(32);
  const { opening, filling } = speechOf(script, 499_999, 1);
  expect(`${opening}1234${filling}`.length).toBeLessThanOrEqual(64);
  expect(speechOf(scriptFor({ textChars: 1 }), 0, 0).filling).toBe("");
});
