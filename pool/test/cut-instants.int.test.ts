import { expect, test } from "vitest";
import { seeded } from "../world/chaos/seeded.ts";
import { type Cell, CutCouple, MOMENTS } from "./support/cut-couple.ts";
import { type CutRegion, openCutRegion } from "./support/cut-region.ts";
import { fastTime } from "./support/fast-time.ts";

// The bus is cut in the middle of the very memo that pairs, moves or parts two people. Ten seconds later both are in
// one chat, in which texts arrive once and in order, or neither is, and both know. Time runs six times as fast for all
// parts alike; what the shards and clients are is real.

const SEED = 41;
const TIMES = 6;
const PER_CELL = 10;

const cellsOf = ({ region, mails, doors, away }: CutRegion): readonly Cell[] =>
  Array.from({ length: region.shards.length / 3 }, (_, cell) => ({
    shards: region.shards.slice(cell * 3, cell * 3 + 3),
    mails: mails.slice(cell * 3, cell * 3 + 3),
    doors: doors.slice(cell * 3, cell * 3 + 3),
    away: (shard, isAway) => away(cell * 3 + shard, isAway),
  }));

test.concurrent.each([
  ["a real NATS server, reached by proxies that are cut", 6, 50, true],
  ["a bus in memory", 12 * 3, 1_000, false],
] as const)(
  `[B60] at the instant of paired, moved and left, over %s: seed ${SEED}`,
  async (_name, shards, wanted, nats) => {
    const time = fastTime(TIMES);
    const bench = await openCutRegion(shards, time, nats);
    try {
      const couples = cellsOf(bench).flatMap((cell, at) =>
        Array.from({ length: PER_CELL }, (_, n) => {
          const chance = seeded(SEED * 10_000 + at * 100 + n);
          return new CutCouple(`couple ${at}.${n}`, cell, time, chance);
        }),
      );
      const isShort = (): boolean =>
        MOMENTS.some((moment) => couples.reduce((sum, { cuts }) => sum + cuts[moment], 0) < wanted);
      const lives = couples.map(async (couple) => {
        while (isShort()) await couple.live();
      });
      const faults = (await Promise.allSettled(lives)).flatMap((life) =>
        life.status === "rejected" ? [String(life.reason)] : [],
      );
      for (const couple of couples) couple.leave();
      expect(faults).toEqual([]);
      expect(bench.region.log.lines.filter((line) => line.startsWith("promise_broken"))).toEqual([]);
      expect(couples.reduce((sum, { partedEarly }) => sum + partedEarly, 0)).toBeLessThanOrEqual(wanted / 50);
    } finally {
      await bench.stop();
    }
  },
  120_000,
);
