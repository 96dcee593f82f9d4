import type { ChatId, SessionId } from "@whisper/shared/base/ids";
import { newSessionId } from "@whisper/shared/base/ids";
import { systemRandom } from "@whisper/shared/base/random";
import { expect, test } from "vitest";
import { meet } from "./support/meet.ts";
import { newDevice, startRegion } from "./support/region.ts";
import { until } from "./support/until.ts";

test("[R44] a store that comes back empty has the half of somebody whose shard is gone: their chat can be resumed", async () => {
  const region = await startRegion({ shards: 2 });
  const who = { session: newSessionId(systemRandom), device: newDevice() };
  const [a, b] = [await region.enter({ shard: 0 }), await region.enter({ ...who, shard: 1, fresh: true })];
  const chat = await meet(a, b);
  const where = (session: SessionId) => region.records.where(session, chat as ChatId);
  await until("the half is written", async () => (await where(who.session)).chat === "in");
  const before = await where(who.session);
  await region.shards[1]?.stop();
  region.loseRecords();
  expect(await where(who.session)).toEqual({ chat: "unknown" });
  await until("the half is put back", async () => (await where(who.session)).chat === "in");
  // Where they were, and not where the partner is.
  expect(await where(who.session)).toEqual(before);
  const back = await region.enter({ ...who, shard: 0 });
  expect(await back.next("resumed")).toMatchObject({ place: "chatting", chat_id: chat });
  a.say({ type: "message", chat_id: chat, text: "still here", id: 1 });
  expect(await back.next("message")).toMatchObject({ text: "still here" });
  expect(a.all("partner_left")).toEqual([]);
  for (const one of [a, back]) one.leave();
  await region.stop();
});
