import { expect, test } from "vitest";
import type { Listing } from "../ports.ts";
import { DirectoryCopy, refreshPlan } from "./directory-copy.ts";

test.for([
  { readMs: undefined, triedMs: undefined, plan: "await", why: "nobody has it yet" },
  { readMs: undefined, triedMs: 99_900, plan: "await", why: "another request is still reading the first one" },
  { readMs: 98_000, triedMs: 98_000, plan: "use", why: "2 s old" },
  { readMs: 97_999, triedMs: 97_999, plan: "behind", why: "just over 2 s" },
  { readMs: 97_999, triedMs: 98_500, plan: "use", why: "somebody is on it" },
  { readMs: 90_000, triedMs: 90_000, plan: "behind", why: "10 s old" },
  { readMs: 89_999, triedMs: 89_999, plan: "await", why: "over 10 s" },
  { readMs: 89_999, triedMs: 99_000, plan: "use", why: "over 10 s, but waited for a second ago" },
  { readMs: 20_000, triedMs: 98_000, plan: "await", why: "long away, and tried 2 s ago" },
  { readMs: 110_000, triedMs: 110_000, plan: "use", why: "the clock went back" },
] as const)("[E10] $plan when $why", ({ readMs, triedMs, plan }) => {
  expect(refreshPlan(readMs, triedMs, 100_000)).toBe(plan);
});

const listing = (atMs: number): Listing => ({ atMs, reports: [], handover: [] });
const quiet = { warn: () => undefined };

function openCopy(read: () => Promise<Listing>, kept?: Listing) {
  const late: Promise<unknown>[] = [];
  const saved: Listing[] = [];
  const lastCopy = { load: async () => kept, save: async (one: Listing) => void saved.push(one) };
  const copy = new DirectoryCopy({ store: { read }, lastCopy, log: quiet, onRead: () => undefined });
  return {
    at: (nowMs: number) => copy.at(nowMs, (work) => void late.push(work)),
    copy,
    saved,
    settle: () => Promise.all(late),
  };
}

test("[E10] a request with a copy 2 to 10 s old is answered from it, and the next one finds the fresh one", async () => {
  const answers: ((one: Listing) => void)[] = [];
  const { at, settle } = openCopy(() => new Promise((resolve) => void answers.push(resolve)));
  const first = at(1_000);
  answers[0]?.(listing(1));
  expect((await first)?.atMs).toBe(1);
  expect((await at(4_000))?.atMs).toBe(1);
  expect((await at(4_001))?.atMs).toBe(1);
  expect(answers).toHaveLength(2);
  answers[1]?.(listing(2));
  await settle();
  expect((await at(4_002))?.atMs).toBe(2);
  expect(answers).toHaveLength(2);
});

test("[E10] two requests of a cold isolate each read for themselves: no promise is shared", async () => {
  let reads = 0;
  const { at } = openCopy(async () => listing(++reads));
  await Promise.all([at(1_000), at(1_000)]);
  expect(reads).toBe(2);
});

test("[E10] an answer that comes after a later one's does not replace it", async () => {
  const answers: ((one: Listing) => void)[] = [];
  const { at } = openCopy(() => new Promise((resolve) => void answers.push(resolve)));
  const [early, later] = [at(1_000), at(1_500)];
  answers[1]?.(listing(2));
  await later;
  answers[0]?.(listing(1));
  expect((await early)?.atMs).toBe(2);
});

test("[E11] a directory that is away leaves the copy, however old, and is waited for once in 2 s", async () => {
  let reads = 0;
  const { at } = openCopy(async () => {
    if (++reads > 1) throw new TypeError("away");
    return listing(1);
  });
  await at(0);
  expect((await at(60_000))?.atMs).toBe(1);
  expect((await at(61_999))?.atMs).toBe(1);
  expect(reads).toBe(2);
  expect((await at(62_000))?.atMs).toBe(1);
  expect(reads).toBe(3);
});

test("[E11] a cold isolate takes the data centre's copy when the directory is away, and nothing when there is none", async () => {
  const away = async () => {
    throw new TypeError("away");
  };
  expect((await openCopy(away, listing(5)).at(0))?.atMs).toBe(5);
  expect(await openCopy(away).at(0)).toBeUndefined();
  expect(openCopy(away).copy.ageMs(9)).toBeUndefined();
});

test("[E11] what was read is kept for others, at most every 10 s", async () => {
  const { at, saved, settle } = openCopy(async () => listing(1));
  for (const nowMs of [20_000, 23_000, 26_000, 29_000, 32_000]) {
    await at(nowMs);
    await settle();
  }
  expect(saved).toHaveLength(2);
});
