import { newSessionId } from "@whisper/shared/base/ids";
import { systemRandom } from "@whisper/shared/base/random";
import { expect, test } from "vitest";
import { startRegion } from "./support/region.ts";
import { until } from "./support/until.ts";

/** So seldom that no test hears a count: a desk that lost its list learns of it by its generation alone. */
const NEVER_MS = 3_600_000;

test("[W39] a desk that comes back empty is told to all shards, and has at once who seeks", async () => {
  const region = await startRegion({ shards: 2, settings: { seekersEveryMs: NEVER_MS } });
  const interests = [newSessionId(systemRandom)];
  const [a, b] = [await region.enter({ shard: 0 }), await region.enter({ shard: 1 })];
  await a.next("session_created");
  a.say({ type: "find_match", interests });
  const listed = async (): Promise<boolean> => (await region.desk.size("live")) === 1;
  await until("they are listed", listed);
  region.loseDesk();
  expect(await listed()).toBe(false);
  await until("they are listed again", listed);
  await b.next("session_created");
  b.say({ type: "find_match", interests });
  const [found] = await Promise.all([a.next("match_found"), b.next("match_found")]);
  for (const one of [a, b]) one.say({ type: "accept_match", chat_id: found.chat_id });
  await Promise.all([a.next("match_accepted"), b.next("match_accepted")]);
  expect([...a.all("match_timeout"), ...b.all("match_timeout")]).toEqual([]);
  for (const one of [a, b]) one.leave();
  await region.stop();
});
