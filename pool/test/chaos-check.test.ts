import { describe, expect, test } from "vitest";
import { checkText } from "../src/content/check-text.ts";
import { checkDirection, checkSides, type Findings } from "../world/chaos/check-sides.ts";
import { seatPlans } from "../world/chaos/crowd.ts";
import { FAULT_KINDS, faultOrder } from "../world/chaos/fault-kinds.ts";
import { markOf, marksIn, numberedText } from "../world/chaos/numbered-text.ts";
import { seeded } from "../world/chaos/seeded.ts";
import { hear, type Run, type Side } from "../world/chaos/sides.ts";
import { summaryOf } from "../world/chaos/summary.ts";
import { judge, type Needs, type RunNotes, timesOf } from "../world/chaos/verdict.ts";

const side = (part: Partial<Side>): Side => ({
  ...{ chat: "c1", seat: 1, pool: "eu-west/p1", beganMs: 0, endedMs: undefined, ending: "open" },
  ...{ said: 3, delivered: 3, heard: [[2, 1, 3]], foreign: 0 },
  ...part,
});
const one = (part: Partial<Side> = {}): Side => side(part);
const other = (part: Partial<Side> = {}): Side => side({ seat: 2, heard: [[1, 1, 3]], ...part });
const CLEAN = { lost: 0, doubled: 0, reordered: 0, foreign: 0, endedByUs: 0, ghosts: 0, inTwoChats: 0 };
const check = (...sides: Side[]): Findings => checkSides(sides);
const heardAs = (...numbers: number[]): readonly Run[] => {
  const heard: Run[] = [];
  for (const no of numbers) hear(heard, 1, no);
  return heard;
};

test("[K1] a chat in which each heard all of the other once and in order is clean, and its texts are counted", () => {
  expect(check(one(), other())).toMatchObject({ ...CLEAN, chats: 1, texts: 6, examples: [] });
});

describe("[K2] each fault on the way is found as what it is", () => {
  test.each([
    ["a text in the middle lost", [1, 2, 4, 5], { lost: 1, doubled: 0, reordered: 0 }],
    ["the last texts lost", [1, 2, 3], { lost: 2, doubled: 0, reordered: 0 }],
    ["all lost", [], { lost: 5, doubled: 0, reordered: 0 }],
    ["a text shown twice", [1, 2, 2, 3, 4, 5], { lost: 0, doubled: 1, reordered: 0 }],
    ["an old text shown again, much later", [1, 2, 3, 4, 5, 1], { lost: 0, doubled: 1, reordered: 0 }],
    ["two texts swapped", [1, 3, 2, 4, 5], { lost: 0, doubled: 0, reordered: 1 }],
    ["one lost and one doubled do not cancel out", [1, 2, 2, 4, 5], { lost: 1, doubled: 1, reordered: 0 }],
    ["nothing wrong", [1, 2, 3, 4, 5], { lost: 0, doubled: 0, reordered: 0 }],
  ])("%s", (_, numbers, found) => {
    expect(checkDirection(1, 5, heardAs(...numbers))).toMatchObject({ ...found, foreign: 0 });
  });

  test("a text of somebody who is not in the chat, and one with another chat's marks", () => {
    expect(
      check(
        one(),
        other({
          heard: [
            [1, 1, 3],
            [9, 1, 2],
          ],
        }),
      ),
    ).toMatchObject({ ...CLEAN, foreign: 2 });
    expect(check(one({ foreign: 1 }), other())).toMatchObject({ ...CLEAN, foreign: 1 });
  });

  test("a text that nobody heard because the other side never was in the chat", () => {
    expect(check(one({ heard: [] }))).toMatchObject({ lost: 3, ghosts: 1 });
  });
});

test("[K3] what a person was told is not delivered is not lost behind their back; what was confirmed is", () => {
  const left = { ending: "me", endedMs: 9 } as const;
  const toldSo = other({ ending: "partner_left", endedMs: 9, heard: [[1, 1, 2]] });
  expect(check(one({ ...left, delivered: 2 }), toldSo)).toMatchObject(CLEAN);
  expect(check(one({ ...left, delivered: 3 }), toldSo)).toMatchObject({ ...CLEAN, lost: 1 });
});

test("[K4] a chat that ended though neither person ended it was ended by us", () => {
  const told = { ending: "partner_left", endedMs: 9 } as const;
  expect(check(one(told), other(told))).toMatchObject({ ...CLEAN, endedByUs: 1 });
  expect(check(one({ ending: "lost", endedMs: 9 }), other())).toMatchObject({ endedByUs: 1, ghosts: 1 });
  expect(check(one({ ending: "me", endedMs: 8 }), other(told))).toMatchObject(CLEAN);
});

test("[K5] a chat that goes on for one side alone is a ghost", () => {
  expect(check(one({ ending: "me", endedMs: 8 }), other())).toMatchObject({ ...CLEAN, ghosts: 1 });
});

test("[K6] nobody is in two chats at one time, and no chat has three people", () => {
  const ended = { ending: "me", endedMs: 50 } as const;
  const second = one({ chat: "c2", beganMs: 40 });
  const partner = other({ chat: "c2", seat: 3, beganMs: 40 });
  expect(check(one(ended), other({ ...ended, ending: "partner_left" }), second, partner)).toMatchObject({
    inTwoChats: 1,
  });
  const later = { beganMs: 51 };
  const after = check(one(ended), other({ ending: "partner_left", endedMs: 50 }), { ...second, ...later }, partner);
  expect(after).toMatchObject({ inTwoChats: 0 });
  expect(check(one(), other(), other({ seat: 3 }))).toMatchObject({ inTwoChats: 1 });
});

const NEEDS: Needs = {
  ...{
    chats: 1,
    texts: 6,
    acrossPools: 0,
    acrossRegions: 0,
    faultsEach: 1,
    kinds: ["shard_killed"],
    mayEndChats: false,
  },
};
const FAULT = { kind: "shard_killed", victim: "", atMs: 1_000, healedMs: 1_200, settledMs: 2_000 } as const;
const NOTES: RunNotes = { faults: [FAULT], losses: [], undelivered: 0, held: [], crashes: [], brokenPromises: 0 };

test("[K7] a run that saw too little is inconclusive, but a fault that was found is told all the same", () => {
  const clean = check(one(), other());
  expect(judge(clean, NOTES, NEEDS)).toMatchObject({ verdict: "held", reasons: [] });
  for (const [name, more] of [
    ["chats", { chats: 2 }],
    ["texts", { texts: 7 }],
    ["share of chats across pools", { acrossPools: 0.4 }],
    ["share of chats across regions", { acrossRegions: 0.2 }],
    ["shard_killed", { faultsEach: 3 }],
    ["edge_restarted", { kinds: ["shard_killed", "edge_restarted"] }],
  ] as const) {
    const { verdict, reasons } = judge(clean, NOTES, { ...NEEDS, ...more });
    expect([verdict, reasons.length, reasons[0]?.startsWith(`${name}: `)]).toEqual(["inconclusive", 1, true]);
  }
  const lossy = check(one(), other({ heard: [[1, 1, 2]] }));
  expect(judge(lossy, NOTES, { ...NEEDS, chats: 9 }).verdict).toBe("lost");
});

test("[K8] also what is still on its way, who never came back, and processes that broke make a run lost", () => {
  const clean = check(one(), other());
  const gone = { seat: 1, lostMs: 1_100, backMs: undefined };
  for (const more of [
    { undelivered: 1 },
    { losses: [gone] },
    { crashes: ["the clerk has ended"] },
    { brokenPromises: 1 },
  ])
    expect(judge(clean, { ...NOTES, ...more }, NEEDS).verdict).toBe("lost");
});

test("[K9] the time to resume runs from the fault before it, not from when the socket was missed", () => {
  const losses = [4_000, 2_000, 31_000].map((backMs, seat) => ({ seat, lostMs: 1_500, backMs }));
  const before = { seat: 9, lostMs: 500, backMs: 900 };
  const { resumed, calm, neverBack } = judge(check(one(), other()), { ...NOTES, losses: [before, ...losses] }, NEEDS);
  expect(resumed).toEqual({
    shard_killed: resumed.all,
    all: { count: 3, p50Ms: 3_000, p90Ms: 30_000, p99Ms: 30_000, maxMs: 30_000, within10s: 2 },
  });
  expect(neverBack).toBe(0);
  expect(calm.shard_killed).toMatchObject({ count: 1 });
  expect(timesOf([])).toMatchObject({ count: 0, p99Ms: 0 });
});

test("[K13] the summary says of each kind how often, who lost a socket, and when all was calm, and why it is not held", () => {
  const losses = [{ seat: 0, lostMs: 1_500, backMs: 3_000 }];
  const verdict = judge(check(one(), other({ heard: [[1, 1, 2]] })), { ...NOTES, losses }, NEEDS);
  const summary = summaryOf(verdict);
  expect(summary).toContain("shard_killed, 1 times: 1 sockets lost, back after 2.0 s (half), 2.0 s (99 %)");
  expect(summary).toContain("5 texts: 1 lost, 0 doubled");
  expect(summary.split("\n").at(-1)).toBe("lost: lost: 1; texts: 5 of 6");
});

test("[K14] with two faults at one time a chat may end; a text may not be lost, nor a chat go on for one alone", () => {
  const double = { ...NEEDS, texts: 0, mayEndChats: true };
  const over = { ending: "lost", endedMs: 5 } as const;
  expect(judge(check(one(over), other(over)), NOTES, NEEDS).verdict).toBe("lost");
  expect(judge(check(one(over), other(over)), NOTES, double)).toMatchObject({ verdict: "held", reasons: [] });
  expect(judge(check(one(over), other()), NOTES, double).reasons).toEqual(["ghosts: 1"]);
  expect(judge(check(one(), other({ heard: [[1, 1, 2]] })), NOTES, double).reasons).toEqual(["lost: 1"]);
});

test("[K10] the same seed hurts in the same order; every kind comes once before any comes again", () => {
  const take = (seed: number): readonly string[] => {
    const order = faultOrder(FAULT_KINDS, seeded(seed));
    return Array.from({ length: FAULT_KINDS.length * 2 }, () => order.next().value);
  };
  expect(take(7)).toEqual(take(7));
  expect(take(7)).not.toEqual(take(8));
  expect(new Set(take(7).slice(0, FAULT_KINDS.length)).size).toBe(FAULT_KINDS.length);
});

test("[K11] numbered texts pass the content filter, and are read back as they were written", () => {
  for (let i = 0; i < 5_000; i++) {
    const marks = { chat: markOf(`chat ${i}`), sender: i, no: i * 17 };
    const text = numberedText(marks);
    expect([checkText(text).blocked, marksIn(text)]).toEqual([false, marks]);
  }
  for (const text of ["", "hello", "in 1 seat 2 says", "in 1 seat 2 says 3 4", "in x seat 2 says 3"])
    expect(marksIn(text)).toBeUndefined();
});

test("[K12] couples share an interest that nobody else has; the wanted share of them sits in two regions", () => {
  const plans = seatPlans(10, ["eu-west", "us-east"], 0.4);
  const couples = plans.filter(({ ends }) => ends).map(({ seat }) => plans.slice(seat, seat + 2));
  expect(new Set(plans.map(({ seat }) => seat)).size).toBe(20);
  expect(couples.every(([a, b]) => a?.interest === b?.interest)).toBe(true);
  expect(new Set(couples.map(([a]) => a?.interest)).size).toBe(10);
  expect(couples.filter(([a, b]) => a?.region !== b?.region)).toHaveLength(4);
  expect(seatPlans(3, ["eu-west"], 0.4).every(({ region }) => region === "eu-west")).toBe(true);
});
