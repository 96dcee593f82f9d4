import { systemClock } from "@whisper/shared/base/clock";
import type { Address, ChatId, DeviceHash, SessionId } from "@whisper/shared/base/ids";
import { systemRandom } from "@whisper/shared/base/random";
import fc from "fast-check";
import { Redis } from "ioredis";
import { expect, test } from "vitest";
import { openMemoryRecords } from "../src/adapters/memory/memory-records.ts";
import { openRedisRecords } from "../src/adapters/redis/redis-records.ts";
import { RECORDS_SETTINGS } from "../src/clerk/records-settings.ts";
import type { Records, Standing } from "../src/ports.ts";
import { startRedis } from "../world/servers/redis.ts";

// Few sessions, chats, epochs and devices, so that what happens at random meets itself all the time.
const session = fc.constantFrom(..."AB_".split("").map((letter) => letter.repeat(22) as SessionId));
const chat = fc.constantFrom(..."CD".split("").map((letter) => letter.repeat(22) as ChatId));
const device = fc.constantFrom("dddddddddd0" as DeviceHash, "dddddddddd1" as DeviceHash);
const address = fc.constantFrom("eu-west.p1.0.abc" as Address, "us-east.pool-14.113.zz999999" as Address);
const epoch = fc.integer({ min: 1, max: 6 }).map((step) => 7_186_000_000_000 + step);
const rev = fc.integer({ min: 0, max: 4 });
const attempt = fc.integer({ min: 1, max: 2 });
const nowMs = fc.integer({ min: 1_000_000, max: 1_009_000 });
const words = fc.constantFrom('["música"]', "日本😀", "x".repeat(300));

const standing: fc.Arbitrary<Standing> = fc
  .record({
    place: fc.constantFrom("idle", "seeking", "proposed", "chatting"),
    details: fc.option(words, { nil: undefined }),
    half: fc.option(
      chat.map((id) => `${id}${"P".repeat(22)}${"q".repeat(11)}eu-west eu-west.p1.0.abc 4000`),
      { nil: undefined },
    ),
    over: fc.option(
      chat.map((id) => `${id}${"r".repeat(11)}`),
      { nil: undefined },
    ),
  })
  .map(({ place, details, half, over }) => ({
    place: place as Standing["place"],
    ...(details === undefined ? {} : { details }),
    ...(half === undefined ? {} : { half }),
    ...(over === undefined ? {} : { over }),
  }));

type Op = { readonly name: string; run(records: Records): Promise<unknown> };
const op = <T extends object>(
  name: string,
  fields: { [K in keyof T]: fc.Arbitrary<T[K]> },
  run: (records: Records, args: T) => Promise<unknown>,
) =>
  fc
    .record(fields)
    .map((args): Op => ({ name: `${name} ${JSON.stringify(args)}`, run: (records) => run(records, args as T) }));

/** How often something happens: what makes records, more than what takes them away. */
const often = (weight: number, arbitrary: fc.Arbitrary<Op>) => ({ weight, arbitrary });
const anyOp: fc.Arbitrary<Op> = fc.oneof(
  often(
    12,
    op(
      "admit",
      { session, epoch, attempt, fresh: fc.boolean(), device, address, nowMs },
      (records, { nowMs, ...ask }) => records.admit(ask, nowMs),
    ),
  ),
  often(
    8,
    op("write", { session, epoch, rev, device, address, standing, nowMs }, (records, { nowMs, ...ask }) =>
      records.write(ask, nowMs),
    ),
  ),
  often(
    4,
    op("endHalf", { session, chat, epoch, nowMs }, (records, { session, chat, epoch, nowMs }) =>
      records.endHalf(session, chat, epoch, nowMs),
    ),
  ),
  often(
    2,
    op("where", { session, chat }, (records, { session, chat }) => records.where(session, chat)),
  ),
  often(
    4,
    op("touch", { list: fc.array(fc.record({ session, epoch }), { maxLength: 4 }) }, async (records, { list }) => {
      const { lower, missing } = await records.touch(list);
      return { lower: lower.toSorted(), missing: missing.toSorted() };
    }),
  ),
  often(
    1,
    op("holderOf", { session }, (records, { session }) => records.holderOf(session)),
  ),
  often(
    1,
    op("forget", { session }, (records, { session }) => records.forget(session)),
  ),
  often(
    1,
    op("ban", { device, nowMs, untilMs: nowMs, reason: words }, (records, { device, untilMs, reason, nowMs }) =>
      // A ban ends by the store's clock, too; a day more keeps that out of the comparison.
      records.ban(device, untilMs > nowMs ? untilMs + 86_400_000 : untilMs, reason, nowMs),
    ),
  ),
);

test("[R1] whatever happens in whatever order, memory and Redis answer alike", async () => {
  const server = await startRedis();
  const control = new Redis(server.url);
  const settings = { ...RECORDS_SETTINGS, settleMs: 5_000 };
  const redis = await openRedisRecords(server.url, settings, systemRandom, () => undefined);
  const seen = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(fc.array(anyOp, { minLength: 5, maxLength: 60, size: "max" }), async (ops) => {
      await control.flushall();
      const memory = openMemoryRecords(settings, systemClock, systemRandom);
      const told: string[] = [];
      for (const { name, run } of ops) {
        const [ours, theirs] = [await run(memory), await run(redis)];
        told.push(`${name} → ${JSON.stringify(ours)}`);
        expect(theirs, told.join("\n")).toEqual(ours);
        const answer = typeof ours === "object" && ours !== null && "answer" in ours ? String(ours.answer) : "";
        const kind = `${name.split(" ", 1)[0]} ${typeof ours === "string" ? ours : answer}`;
        seen.set(kind, (seen.get(kind) ?? 0) + 1);
      }
    }),
    { numRuns: 400 },
  );
  // Else the comparison would be of nothing but refusals.
  for (const kind of ["new", "back", "stale", "stranger", "banned", "wait"])
    expect(seen.get(`admit ${kind}`)).toBeGreaterThan(100);
  for (const kind of ["write taken", "write lower", "endHalf ended", "endHalf refused"])
    expect(seen.get(kind)).toBeGreaterThan(100);
  await redis.close();
  control.disconnect();
  await server.stop();
}, 120_000);
