import { expect, test } from "vitest";
import { onlineOf, watchOnline } from "../online.ts";

/** A world whose answers and timers the test lets go one by one. */
function slowWorld() {
  const answers: ((answer: Response | Error) => void)[] = [];
  const timers: { run: () => void; delayMs: number; isOff: boolean }[] = [];
  const told: (number | undefined)[] = [];
  let isVisible = true;
  let onChange = (): void => undefined;
  const stop = watchOnline(
    "/v1/online",
    {
      fetch: () =>
        new Promise((resolve, reject) => {
          answers.push((answer) => (answer instanceof Error ? reject(answer) : resolve(answer)));
        }),
      isVisible: () => isVisible,
      onVisibility: (listener) => {
        onChange = listener;
        return () => {
          onChange = () => undefined;
        };
      },
      setTimer: (run, delayMs) => timers.push({ run, delayMs, isOff: false }) - 1,
      clearTimer: (timer) => {
        const known = timers[Number(timer)];
        if (known !== undefined) known.isOff = true;
      },
    },
    (count) => told.push(count),
  );
  const answer = async (said: Response | Error): Promise<void> => {
    const before = told.length;
    answers.shift()?.(said);
    for (let turn = 0; turn < 20 && told.length === before; turn += 1) await Promise.resolve();
  };
  const show = (visible: boolean): void => {
    isVisible = visible;
    onChange();
  };
  return { answers, timers, told, answer, show, stop };
}
const count = (of: number): Response => Response.json({ count: of, regions: {} });

test("[V6] asks at once, then 10 s after each answer", async () => {
  const world = slowWorld();
  await world.answer(count(7));
  expect(world.told).toEqual([7]);
  expect(world.timers.map((timer) => timer.delayMs)).toEqual([10_000]);
  world.timers[0]?.run();
  await world.answer(count(8));
  expect(world.told).toEqual([7, 8]);
});

test("[V6] a hidden page asks nobody, and a shown one asks at once", async () => {
  const world = slowWorld();
  await world.answer(count(7));
  world.show(false);
  expect(world.timers[0]?.isOff).toBe(true);
  expect(world.answers).toHaveLength(0);
  world.show(true);
  expect(world.answers).toHaveLength(1);
});

test("[V6] an answer that comes after the page was hidden, or left, is dropped and starts no timer", async () => {
  const world = slowWorld();
  world.show(false);
  await world.answer(count(7));
  world.show(true);
  world.stop();
  await world.answer(count(8));
  expect(world.told).toEqual([]);
  expect(world.timers).toEqual([]);
});

test.each([
  ["no network", () => new Error("away")],
  ["a refusal", () => new Response("{}", { status: 503 })],
  ["no JSON", () => new Response("<html>")],
  ["no count", () => Response.json({})],
])("[V6] %s is told as not known, never as 0, and asked again", async (_, said) => {
  const world = slowWorld();
  await world.answer(said());
  expect(world.told).toEqual([undefined]);
  expect(world.timers).toHaveLength(1);
});

test.each([null, 7, "7", { count: "7" }, { count: -1 }, { count: 1.5 }, { count: Number.NaN }])(
  "[V6] %j is no count",
  (raw) => {
    expect(onlineOf(raw)).toBeUndefined();
  },
);
