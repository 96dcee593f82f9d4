import { systemClock } from "@whisper/shared/base/clock";
import type { SessionId } from "@whisper/shared/base/ids";
import { expect, test } from "vitest";
import { createMemoryNetwork } from "../../src/adapters/memory/memory-bus.ts";
import type { DeskSettings } from "../../src/matcher/desk-settings.ts";
import type { Timers } from "../../src/matcher/due-looks.ts";
import { startMatcher } from "../../src/matcher/matcher.ts";
import type { Bus, Log, WaitingList } from "../../src/ports.ts";
import { createMail } from "../../src/runtime/mail.ts";
import { Person, REGION, seededRandom } from "../support/desk-people.ts";
import { shakyMail } from "../support/shaky-mail.ts";
import { SmallShard } from "../support/small-shard.ts";
import { until } from "../support/until.ts";

export type SeveralParts = {
  /** A list for one matcher; all of them are the same list. */
  readonly openList: (settings: Partial<DeskSettings>, at: number) => Promise<WaitingList>;
  /** A bus for one role. */
  readonly joinBus: () => Promise<Bus>;
};

export const realTimers: Timers = {
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return { stop: () => clearTimeout(timer) };
  },
};
export const quiet: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };
export const memoryBuses = (): (() => Promise<Bus>) => {
  const network = createMemoryNetwork();
  return async () =>
    network.join((error) => {
      throw error;
    });
};

/** Spans short enough for a test; the order in which they lie is the product's. */
const HASTY: Partial<DeskSettings> = {
  tiersMs: [0, 200, 500],
  seeksPerWindow: 10_000,
  offerAgainMs: 100,
  offerTakenMs: 300,
  acceptWindowMs: 1_500,
  avoidAfterProposalMs: 1_000,
  avoidAfterChatMs: 1_000,
  pairedAgainMs: [40, 150, 400],
  pairedAgainEveryMs: 500,
};

/** Three matchers, three shards and 500 people over a bus that loses, doubles and delays. */
export function severalMatchersContract(name: string, parts: SeveralParts): void {
  test(`[W31] ${name}: three matchers, memos lost, doubled and late: 500 seekers, everybody in one chat, none in two (defect 12)`, async () => {
    const seed = systemClock.nowMs() % 100_000;
    const random = seededRandom(seed);
    const shakes = { lost: 0.05, doubled: 0.1, late: 0.3, lateMsMax: 60 };
    const mailOf = async () => shakyMail(createMail(await parts.joinBus(), setImmediate), shakes, random);
    const lists = await Promise.all([0, 1, 2].map((at) => parts.openList(HASTY, at)));
    const matchers = await Promise.all(
      lists.map(async (list) =>
        startMatcher({
          mail: await mailOf(),
          region: REGION,
          list,
          clock: systemClock,
          log: quiet,
          timers: realTimers,
        }),
      ),
    );
    const shards: SmallShard[] = [];
    const left = (partner: SessionId, chat: Parameters<SmallShard["partnerLeft"]>[1]): void => {
      for (const shard of shards) shard.partnerLeft(partner, chat);
    };
    for (const pool of ["p1", "p2", "p3"]) {
      const people = Array.from({ length: pool === "p3" ? 166 : 167 }, (_, i) => {
        const interests = [`t${Math.floor(random.unit() * 20)}`, `t${Math.floor(random.unit() * 20)}`];
        return new Person(`${pool}-${i}`, { shard: pool, interests });
      });
      const spans = { seekMs: 2_000, offerSilentMs: 600, wordMs: 2_500, againMs: 100 };
      shards.push(new SmallShard(people, await mailOf(), random, spans, left));
    }
    try {
      const chatters = () => shards.flatMap((shard) => shard.chatters());
      await until(`seed ${seed}: all 500 chat`, () => chatters().length === 500, 40_000);
      const partnerOf = new Map(chatters().map(({ session, partner }) => [session, partner]));
      const chatOf = new Map(chatters().map(({ session, chat }) => [session, chat]));
      for (const [session, partner] of partnerOf) {
        expect(partnerOf.get(partner), `seed ${seed}: a chat has two people who know each other`).toBe(session);
        expect(chatOf.get(partner)).toBe(chatOf.get(session));
      }
      expect(new Set(chatOf.values()).size).toBe(250);
      expect(matchers.every(({ counts }) => counts.applied > 100)).toBe(true);
    } finally {
      for (const shard of shards) shard.stop();
      await Promise.all(matchers.map((matcher) => matcher.stop()));
      await Promise.all(lists.map((list) => list.close()));
    }
  }, 60_000);
}
