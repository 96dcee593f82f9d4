import { systemClock } from "@whisper/shared/base/clock";
import { systemRandom } from "@whisper/shared/base/random";
import type { Memo } from "@whisper/shared/bus/memos";
import { deskSubject, inboxSubject } from "@whisper/shared/bus/subjects";
import { describe, expect, test } from "vitest";
import { openRedisWaitingList } from "../src/adapters/redis/redis-waiting-list.ts";
import { type DeskSettings, deskSettings } from "../src/matcher/desk-settings.ts";
import { startMatcher } from "../src/matcher/matcher.ts";
import type { WaitingList } from "../src/ports.ts";
import { createMail } from "../src/runtime/mail.ts";
import { startRedis } from "../world/servers/redis.ts";
import type { Server } from "../world/servers/server.ts";
import { memoryBuses, quiet, realTimers } from "./contract/several-matchers.contract.ts";
import { kindsOf, Person, REGION } from "./support/desk-people.ts";
import { ownRedis } from "./support/own-redis.ts";
import { until } from "./support/until.ts";

const open = (server: Pick<Server, "url">, changed: Partial<DeskSettings> = {}): Promise<WaitingList> =>
  openRedisWaitingList(server.url, deskSettings(REGION, changed), systemRandom, () => undefined);

describe("on one Redis", () => {
  const server = ownRedis();

  /** How often each command ran since the last reset. */
  async function commands(): Promise<ReadonlyMap<string, number>> {
    const stats = await server.admin.info("commandstats");
    return new Map([...stats.matchAll(/cmdstat_([a-z|]+):calls=(\d+)/g)].map(([, name, n]) => [name ?? "", Number(n)]));
  }

  test("[W32] a seek among 10,000 with interests of their own costs as many commands as among 100", async () => {
    await server.admin.flushall();
    const list = await open(server, { sameDeviceMayMeet: true, seeksPerWindow: 1_000_000 });
    const nowMs = systemClock.nowMs();
    const fill = async (from: number, to: number): Promise<void> => {
      for (let at = from; at < to; at += 500) {
        const some = Array.from({ length: Math.min(500, to - at) }, (_, i) => new Person(`n${at + i}`));
        await Promise.all(some.map((one) => list.seek(one.seek(nowMs, { interests: [one.session, "!"] }), nowMs)));
      }
    };
    const costOf = async (name: string, waitedMs: number): Promise<Record<string, number>> => {
      const one = new Person(name);
      await server.admin.config("RESETSTAT");
      await list.seek(one.seek(nowMs, { interests: [`own ${name}`], waitedMs }), nowMs);
      const cost = Object.fromEntries(await commands());
      await list.cancel(one.cancel(), nowMs);
      return Object.fromEntries(Object.entries(cost).filter(([command]) => !/info|config|fcall/.test(command)));
    };
    await fill(0, 100);
    const among100 = [await costOf("a", 0), await costOf("b", 10_000)];
    await fill(100, 10_000);
    expect(await list.size("live")).toBe(10_000);
    expect([await costOf("c", 0), await costOf("d", 10_000)]).toEqual(among100);
    expect(Object.values(among100[0] ?? {}).reduce((sum, calls) => sum + calls, 0)).toBeLessThan(25);
    await list.close();
  });

  test("[W32] a popular interest is looked at 64 deep, no deeper, and nothing ever walks the key space", async () => {
    await server.admin.flushall();
    const list = await open(server);
    const nowMs = systemClock.nowMs();
    for (let i = 0; i < 300; i += 1) {
      const one = new Person(`n${i}`, { device: "bot" });
      await list.seek(one.seek(nowMs, { interests: ["music", `${i}`], listNo: 1 }), nowMs);
    }
    await server.admin.config("RESETSTAT");
    const bot = new Person("me", { device: "bot" });
    expect(await list.seek(bot.seek(nowMs, { interests: ["music"], waitedMs: 10_000 }), nowMs)).toEqual([]);
    const ran = await commands();
    expect(ran.get("get") ?? 0).toBeLessThan(64 + 10);
    for (const walk of ["keys", "scan", "zscan", "smembers", "flushall"]) expect(ran.has(walk)).toBe(false);
    await list.close();
  });

  test("[W33] every key lies under the desk's tag, and an abandoned desk leaves none behind", async () => {
    await server.admin.flushall();
    const list = await open(server, {
      tombstoneMs: 1,
      avoidAfterProposalMs: 1,
      avoidAfterChatMs: 1,
      seeksWindowMs: 10,
    });
    let nowMs = systemClock.nowMs();
    for (let i = 0; i < 40; i += 1) {
      const person = new Person(`n${i}`, { lane: i % 3 === 0 ? "test" : "live", shard: `p${i % 4}` });
      const offers = await list.seek(person.seek(nowMs, { interests: [`${i % 7}:{x}`] }), nowMs);
      if (i % 5 === 0) await list.setAside(person.aside(), nowMs);
      for (const { memo } of offers) {
        if (memo.kind === "offer") await list.offerAnswer(person.answer(memo.chat, i % 2 === 0), nowMs);
      }
    }
    for (const key of await server.admin.keys("*")) expect(key.startsWith("{match}:")).toBe(true);
    for (let turn = 0; turn < 400; turn += 1) {
      const { nextMs } = await list.due(nowMs, 64);
      if (nextMs === undefined) break;
      nowMs = Math.max(nowMs, nextMs);
    }
    await until("every key has ended", async () => (await server.admin.dbsize()) === 0);
    await list.close();
  });

  test("[W33] functions that the server has forgotten are sent again", async () => {
    await server.admin.flushall();
    const list = await open(server);
    const nowMs = systemClock.nowMs();
    await list.seek(new Person("a").seek(nowMs), nowMs);
    await server.admin.function("FLUSH");
    expect([...kindsOf(await list.seek(new Person("b").seek(nowMs), nowMs))].sort()).toEqual(["a:offer", "b:offer"]);
    await list.close();
  });
});

test("[W34] while the store is away nothing is acknowledged; when it is back, empty, the repeated memo is", async () => {
  const first = await startRedis();
  const list = await openRedisWaitingList(first.url, deskSettings(REGION), systemRandom, () => undefined);
  const join = memoryBuses();
  const clock = systemClock;
  const parts = { region: REGION, list, clock, log: quiet, timers: realTimers };
  const matcher = startMatcher({ mail: createMail(await join(), setImmediate), ...parts });
  const shard = createMail(await join(), setImmediate);
  const heard: Memo[] = [];
  shard.listen(inboxSubject({ region: REGION, pool: "p1" as never, shard: 0 }), (memo) => void heard.push(memo));
  const seek = (): void => shard.send(deskSubject(REGION), new Person("a").seek(clock.nowMs()));
  seek();
  await until("the acknowledgement", () => heard.some(({ kind }) => kind === "desk_took"));
  await first.kill();
  heard.length = 0;
  seek();
  await until("the failures", () => matcher.counts.failed > 1);
  expect(heard).toEqual([]);
  const second = await startRedis({ port: first.port });
  try {
    await until("the acknowledgement", () => {
      seek();
      return heard.some(({ kind }) => kind === "desk_took");
    });
    expect(await list.size("live")).toBe(1);
  } finally {
    await matcher.stop();
    await list.close();
    await second.stop();
  }
}, 30_000);
