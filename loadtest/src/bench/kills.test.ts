import { expect, test } from "vitest";
import { readArguments } from "./arguments.ts";
import { type KillVerdict, killLines } from "./kills.ts";
import { isBroken, lineOf } from "./lines.ts";

const FINDINGS = {
  ...{ chats: 1_000, texts: 100_000, lost: 0, doubled: 0, reordered: 0, foreign: 0, endedByUs: 0, ghosts: 0 },
  ...{ inTwoChats: 0, acrossPools: 0.8, acrossRegions: 0.4, examples: [] },
};
const HELD: KillVerdict = {
  verdict: "held",
  reasons: [],
  findings: FINDINGS,
  undelivered: 0,
  crashes: [],
  brokenPromises: 0,
  faults: { shard_killed: 1_000 },
  resumed: { all: { count: 995, p50Ms: 600, p99Ms: 4_000, maxMs: 12_000, within10s: 990 } },
  neverBack: 5,
};
const MACHINE = { cpu: "a cpu", cores: 2, memory_bytes: 2 ** 34 };

/** The value of each line, and whether it tells of what must never happen. */
const told = (found: Partial<KillVerdict>) =>
  Object.fromEntries(
    killLines({ ...HELD, ...found }).map((line) => [
      line.name,
      [line.value, isBroken(lineOf(line, MACHINE, "x"))] as const,
    ]),
  );

test("a run that held has nothing broken, and who never came back has not come back in time", () => {
  const lines = told({});
  expect(lines["kills.resumed_10s_ratio"]).toEqual([0.99, false]);
  for (const name of ["lost", "doubled", "reordered", "foreign", "ended"])
    expect(lines[`kills.${name}`]).toEqual([0, false]);
});

test.each([
  ["kills.lost", { findings: { ...FINDINGS, lost: 1 } }],
  ["kills.lost", { undelivered: 1 }],
  ["kills.doubled", { findings: { ...FINDINGS, doubled: 1 } }],
  ["kills.reordered", { findings: { ...FINDINGS, reordered: 1 } }],
  ["kills.foreign", { findings: { ...FINDINGS, foreign: 1 } }],
  ["kills.ended", { findings: { ...FINDINGS, endedByUs: 1 } }],
  ["kills.ended", { findings: { ...FINDINGS, ghosts: 1 } }],
  ["kills.ended", { findings: { ...FINDINGS, inTwoChats: 1 } }],
] as const)("%s tells of one", (name, found) => {
  expect(told({ ...found, verdict: "lost" })[name]).toEqual([1, true]);
});

test("a slow return is a goal missed, and nothing broken", () => {
  const slow = { all: { count: 995, p50Ms: 600, p99Ms: 40_000, maxMs: 90_000, within10s: 900 } };
  expect(told({ resumed: slow })["kills.resumed_10s_ratio"]).toEqual([0.9, false]);
});

test.each([
  ["too little was seen", { verdict: "inconclusive" }],
  ["a process crashed", { crashes: ["the clerk has ended"] }],
  ["an assertion broke", { brokenPromises: 1 }],
  ["nobody lost a socket", { resumed: {} }],
] as const)("a run in which %s gives no line", (_what, found) => {
  expect(() => killLines({ ...HELD, ...found })).toThrow(/^kills: /);
});

test("how many are killed can be said, in whole numbers", () => {
  expect(readArguments(["kills", "--kills", "10000", "--seed", "7"])).toMatchObject({
    kills: { kills: 10_000, seed: 7, sendsOnce: false },
  });
  expect(readArguments(["kills"])).toMatchObject({ kills: { kills: 1_000 } });
  for (const odd of ["0", "-1", "1.5", "", "many", "100001"])
    expect(readArguments(["kills", `--kills=${odd}`])).toMatchObject({ do: "refuse" });
});
