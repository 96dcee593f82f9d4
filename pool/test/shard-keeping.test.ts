import { systemClock } from "@whisper/shared/base/clock";
import { type ChatId, newSessionId } from "@whisper/shared/base/ids";
import { systemRandom } from "@whisper/shared/base/random";
import { clerkSubject } from "@whisper/shared/bus/subjects";
import { RECORD_TTL_MS } from "@whisper/shared/limits";
import { afterEach, expect, test } from "vitest";
import { createMail, type Mail } from "../src/runtime/mail.ts";
import { meet } from "./support/meet.ts";
import { newDevice, REGION, startRegion, type TestRegion } from "./support/region.ts";
import { until } from "./support/until.ts";

// What a shard keeps of people, and what it lets go.

let region: TestRegion;
afterEach(() => region.stop());

test("[S29] when chats, searches and proposals are over and people gone, a shard holds nothing of them", async () => {
  region = await startRegion({ shards: 2 });
  for (let round = 0; round < 10; round++) {
    const [a, b] = [await region.enter(), await region.enter({ shard: round % 2 })];
    const chat_id = await meet(a, b);
    a.say({ type: "message", chat_id, id: 1, text: "hello" });
    await b.next("message");
    a.say({ type: "next", interests: ["nobody else wants this"] });
    await b.next("partner_left");
    await a.next("matching_started");
    a.say({ type: "cancel_match" });
    a.say({ type: "ping" });
    await a.next("pong");
    a.leave();
    b.vanish();
  }
  for (const shard of region.shards) {
    await until("nobody is left", () => shard.hub.slots.held === 0 && [...shard.hub.people()].length === 0);
    await until("nothing is left to tell", () => shard.repeater.size === 0);
  }
});

test("[S47] what a shard listens to does not grow with its people, nor with their chats", async () => {
  let listens = 0;
  const counted = (mail: Mail): Mail => ({
    ...mail,
    listen: (...asked) => {
      listens++;
      return mail.listen(...asked);
    },
  });
  region = await startRegion({ shards: 2, mail: counted });
  const before = listens;
  expect(before).toBeGreaterThan(0);
  const chats = await Promise.all(
    Array.from({ length: 20 }, async () => {
      const [a, b] = [await region.enter(), await region.enter({ shard: 1 })];
      await meet(a, b);
      return [a, b];
    }),
  );
  expect(listens).toBe(before);
  for (const one of chats.flat()) one.leave();
});

test("[S46] the record of who is here is renewed, so that a chat outlives it many times", async () => {
  let aheadMs = 0;
  const clock = { nowMs: () => systemClock.nowMs() + aheadMs };
  region = await startRegion({ clock, settings: { touchEveryMs: 50, touchSliceMs: 50 } });
  const who = { session: newSessionId(systemRandom), device: newDevice() };
  const [a, b] = [await region.enter({ ...who, fresh: true }), await region.enter()];
  const chat = (await meet(a, b)) as ChatId;
  let touches = 0;
  const ear = createMail(
    region.network.join(() => undefined),
    setImmediate,
  ).listen(clerkSubject(REGION), (memo) => {
    if (memo.kind === "touch") touches++;
  });
  for (let quarter = 0; quarter < 3; quarter++) {
    aheadMs += RECORD_TTL_MS * 0.9;
    const before = touches;
    await until("the records are renewed", () => touches > before + 1);
  }
  expect((await region.records.where(who.session, chat)).chat).toBe("in");
  // The twin: with no one to renew it, the same record runs out.
  a.vanish();
  await b.next("partner_away");
  aheadMs += RECORD_TTL_MS * 1.1;
  expect((await region.records.where(who.session, chat)).chat).toBe("unknown");
  ear.stop();
  b.leave();
});
