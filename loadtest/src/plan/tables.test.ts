import { describe, expect, test } from "vitest";
import {
  loopbackSources,
  needsOf,
  SOCKETS_PER_SOURCE_MAX,
  SOCKETS_PER_WORKER_MAX,
  sourcesFor,
  workersFor,
} from "./needs.ts";
import { OPTIONS, optionsOf } from "./option-table.ts";
import { nearestName, timeIn, timeText, wholeIn } from "./quantities.ts";
import { SCENARIO_NAMES, SCENARIOS, thresholdsFor } from "./scenarios.ts";
import { TIER_NAMES, TIERS } from "./tiers.ts";

/** What the first Whisper asked of itself, and of its client (no program ever read it). */
const FIRST = {
  "10k": {
    connections: 10_000,
    connectP99Ms: 50,
    matchP99Ms: 5_000,
    textP99Ms: 100,
    errorRate: 0.01,
    pairs: [2_000, 500],
    gib: 1,
    fds: 12_000,
  },
  "100k": {
    connections: 100_000,
    connectP99Ms: 100,
    matchP99Ms: 8_000,
    textP99Ms: 200,
    errorRate: 0.02,
    pairs: [20_000, 5_000],
    gib: 6,
    fds: 110_000,
  },
  "500k": {
    connections: 500_000,
    connectP99Ms: 250,
    matchP99Ms: 12_000,
    textP99Ms: 500,
    errorRate: 0.03,
    pairs: [50_000, 10_000],
    gib: 20,
    fds: 510_000,
  },
  "1m": {
    connections: 1_000_000,
    connectP99Ms: 500,
    matchP99Ms: 20_000,
    textP99Ms: 1_000,
    errorRate: 0.05,
    pairs: [100_000, 20_000],
    gib: 40,
    fds: 1_100_000,
  },
} as const;

describe("tiers", () => {
  test.each(TIER_NAMES)("[Y4] no bound of %s is weaker than the first Whisper's", (name) => {
    const [tier, first] = [TIERS[name], FIRST[name]];
    expect(tier.connections).toBe(first.connections);
    for (const bound of ["connectP99Ms", "matchP99Ms", "textP99Ms", "errorRate"] as const)
      expect(tier.thresholds[bound], bound).toBeLessThanOrEqual(first[bound]);
  });

  test.each(TIER_NAMES)("[Y4] at %s at least as many couples meet and talk as the first Whisper tried", (name) => {
    const { connections, meet, talk } = TIERS[name];
    const couples = [meet, talk].map(({ chatShare }) => Math.floor((connections * chatShare) / 2));
    FIRST[name].pairs.forEach((pairs, at) => {
      expect(couples[at]).toBeGreaterThanOrEqual(pairs);
    });
  });

  test.each(TIER_NAMES)("the generator of %s needs no more than the first Whisper's", (name) => {
    const { connections } = TIERS[name];
    const needs = needsOf(connections, workersFor(connections));
    expect(needs.memoryBytes).toBeLessThan(FIRST[name].gib * 2 ** 30);
    expect(needs.descriptors * needs.workers).toBeLessThanOrEqual(FIRST[name].fds);
  });

  test("a larger tier asks for no less in anything but time", () => {
    const sizes = TIER_NAMES.map((name) => TIERS[name]);
    for (const [at, tier] of sizes.slice(1).entries()) {
      const smaller = sizes[at];
      expect(tier.connections).toBeGreaterThan(smaller?.connections ?? 0);
      expect(tier.clientCores).toBeGreaterThanOrEqual(smaller?.clientCores ?? 0);
    }
  });
});

describe("scenarios", () => {
  test.each(SCENARIO_NAMES)("%s: its example takes only options that it has", (name) => {
    const flags = optionsOf(SCENARIOS[name]).map(({ flags: text }) => text.split(" ")[0]);
    const used = SCENARIOS[name].example.split("'")[0]?.match(/--[a-z-]+/g) ?? [];
    expect(used.filter((flag) => !flags.includes(flag))).toEqual([]);
    expect(used).toContain("--target");
  });

  test("an option belongs where it means something", () => {
    const takes = (name: (typeof SCENARIO_NAMES)[number]) => optionsOf(SCENARIOS[name]).map((option) => option.name);
    expect(takes("drain")).toContain("hook");
    expect(takes("chat")).not.toContain("hook");
    expect(takes("reconnect")).toContain("cut");
    expect(takes("match")).not.toContain("rate");
    expect(new Set(SCENARIO_NAMES.flatMap(takes))).toEqual(new Set(Object.keys(OPTIONS)));
  });

  test.each(SCENARIO_NAMES)("[Y4] %s widens bounds, never narrows them, and loosens no promise", (name) => {
    const of = thresholdsFor(SCENARIOS[name], TIERS["1m"]);
    expect(of.textP99Ms).toBeGreaterThanOrEqual(TIERS["1m"].thresholds.textP99Ms);
    expect(of.connectP99Ms).toBeGreaterThanOrEqual(TIERS["1m"].thresholds.connectP99Ms);
    expect([of.lostTexts, of.doubledTexts, of.reorderedTexts, of.foreignTexts, of.laneCrossed]).toEqual([
      0, 0, 0, 0, 0,
    ]);
    expect(of.dropped === 0).toBe(name !== "chaos");
  });
});

describe("needs", () => {
  test.each([1, 2, 14_999, 15_000, 15_001, 1_000_000])("%d sockets fit their workers and addresses", (sockets) => {
    expect(workersFor(sockets) * SOCKETS_PER_WORKER_MAX).toBeGreaterThanOrEqual(sockets);
    expect(sourcesFor(sockets) * SOCKETS_PER_SOURCE_MAX).toBeGreaterThanOrEqual(sockets);
  });

  test("ten thousand loopback addresses are addresses, all different", () => {
    const sources = loopbackSources(10_000);
    expect(new Set(sources).size).toBe(10_000);
    for (const source of sources) {
      const bytes = source.split(".").map(Number);
      expect(bytes[0]).toBe(127);
      expect(bytes.every((byte) => byte >= 0 && byte <= 255)).toBe(true);
      expect([0, 255]).not.toContain(bytes[3]);
    }
  });
});

describe("quantities", () => {
  test.each([
    ["30", 30_000],
    ["1.5s", 1_500],
    ["250ms", 250],
    ["2m", 120_000],
    ["8h", 28_800_000],
  ])("the time %s is %d ms", (text, ms) => {
    expect(timeIn("--hold", text, 0, 1e9)).toBe(ms);
  });

  test.each([
    [90_000, "90s"],
    [120_000, "2m"],
    [7_200_000, "2h"],
    [1_500, "1500ms"],
    [0, "0ms"],
  ])("%d ms is written %s, and read back", (ms, text) => {
    expect(timeText(ms)).toBe(text);
    expect(timeIn("--hold", text, 0, 1e9)).toBe(ms);
  });

  test.each([
    ["10k", 10_000],
    ["1m", 1_000_000],
    ["10_000", 10_000],
  ])("the count %s is %d", (text, count) => {
    expect(wholeIn("--connections", text, 1, 1e9)).toBe(count);
  });

  test.each([
    ["soke", "smoke"],
    ["reconect", "reconnect"],
    ["xyzzyxyzzy", undefined],
    ["", undefined],
  ])("%j was meant as %s", (text, name) => {
    expect(nearestName(text, SCENARIO_NAMES)).toBe(name);
  });
});
