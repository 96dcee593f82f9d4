import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";
import { test } from "vitest";
import { Storm } from "./support/storm.ts";
import { type Act, CALM, type Planned, unitsFrom, type Weather } from "./support/weather.ts";

const STORM_MS = 40_000;

const weather: fc.Arbitrary<Weather> = fc.record({
  lost: fc.constantFrom(0, 0.05, 0.3),
  doubled: fc.constantFrom(0, 0.1, 0.5),
  delayMsMax: fc.constantFrom(5, 100, 2_000),
  refused: fc.constantFrom(0, 0.1, 0.5),
  limited: fc.constantFrom(0, 0.2),
});
const word = fc.constantFrom("hello", "hello", "hello", "hello", "bad", "odd", "poison");
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 8, arbitrary: word.map((text) => ({ act: "say", text }) as const) },
  {
    weight: 2,
    arbitrary: fc.constantFrom("now", "pause", "abnormal", "unseen").map((how) => ({ act: "cut", how }) as const),
  },
  { weight: 1, arbitrary: fc.nat(6).map((afterEffects) => ({ act: "reload", afterEffects }) as const) },
  { weight: 1, arbitrary: fc.boolean().map((withWay) => ({ act: "moving", withWay }) as const) },
  { weight: 1, arbitrary: fc.boolean().map((knows) => ({ act: "crash", knows }) as const) },
);
const planned: fc.Arbitrary<Planned> = fc.record({
  atMs: fc.nat(STORM_MS),
  who: fc.constantFrom(0, 1),
  what: act,
});

/** Runs a storm and the calm after it; throws if a text was lost, doubled or reordered. */
function weatherStorm(seed: number, sky: Weather, acts: readonly Planned[], dropping = false): void {
  const storm = new Storm(unitsFrom(seed), sky, dropping);
  const numbered = acts.map((one, i) =>
    one.what.act === "say" ? { ...one, what: { act: "say", text: `${one.what.text} ${i}` } as const } : one,
  );
  storm.plan(numbered);
  storm.run(STORM_MS);
  storm.weather = CALM;
  const isCalm = (): boolean =>
    storm.people.every(({ state }) => state.link.speaks !== undefined && state.talk?.outbox.length === 0);
  storm.run(600_000, isCalm);
  deepEqual(storm.faults, []);
  equal(isCalm(), true, "everything is delivered in the end");
  for (const who of [0, 1] as const) {
    const mine = storm.people[who].state.transcript.filter((line) => line.from === "me");
    const shown = storm.people[1 - who]?.state.transcript.filter((line) => line.from === "partner") ?? [];
    const through = mine.filter((line) => line.text.startsWith("hello"));
    deepEqual(
      shown.map((line) => line.text),
      through.map((line) => line.text),
      "shown once, in order",
    );
    const mayDrop = dropping && who === 0; // those it was told of are gone from its transcript, and were never shown
    if (!mayDrop)
      deepEqual(new Set(mine.map((line) => line.text)), storm.people[who].said, "nothing said was forgotten");
    for (const line of mine) {
      // A refusal for content can die with its socket while the void it became goes through: then nobody can know.
      const fine = line.text.startsWith("hello")
        ? ["delivered"]
        : line.text.startsWith("bad")
          ? ["refused", "delivered"]
          : ["refused"];
      equal(fine.includes(line.state ?? ""), true, `"${line.text}" by ${who} is ${line.state}`);
    }
  }
}

test("[C20] through cuts, losses, doubles, delays and reloads every text is shown once, in order, and the outboxes empty", () => {
  const runs = fc.property(
    fc.nat(),
    weather,
    fc.array(planned, { minLength: 20, maxLength: 80, size: "max" }),
    (seed, sky, acts) => weatherStorm(seed, sky, acts),
  );
  fc.assert(runs, { numRuns: 1_500 }); // a failure prints its seed and its smallest storm
}, 60_000);

test("[X5] a client that drops what the meter refuses, and uses numbers again, hides no text and shows none it dropped", () => {
  const storms = fc.property(
    fc.nat(),
    weather,
    fc.array(planned, { minLength: 20, maxLength: 80, size: "max" }),
    (seed, sky, acts) => weatherStorm(seed, { ...sky, limited: 0.3 }, acts, true),
  );
  fc.assert(storms, { numRuns: 500 });
}, 60_000);
