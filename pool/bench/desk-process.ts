import { systemClock } from "@whisper/shared/base/clock";
import type { Address, DeviceHash, RegionName, SessionId } from "@whisper/shared/base/ids";
import { systemRandom } from "@whisper/shared/base/random";
import type { MemoOf } from "@whisper/shared/bus/memos";
import { openRedisWaitingList } from "../src/adapters/redis/redis-waiting-list.ts";
import { deskSettings } from "../src/matcher/desk-settings.ts";
import type { WaitingList } from "../src/ports.ts";
import { startNats } from "../world/servers/nats.ts";
import { startRedis } from "../world/servers/redis.ts";
import { answerAsks } from "./answer-asks.ts";
import { cpuUsOf } from "./process-cpu.ts";

// A region's real Redis and bus. `few_us` and `many_us` tell what a seek costs Redis among 100 and among 100,000 who
// wait with interests of their own.

const { region } = JSON.parse(process.argv[2] ?? "") as { readonly region: RegionName };
const [redis, nats] = await Promise.all([startRedis(), startNats()]);

const AT_ONCE = 200;
const COUPLES = 4_000;

function seekOf(no: number, interest: string, nowMs: number): MemoOf<"seek"> {
  return {
    ...{ kind: "seek", memo: 1, session: String(no).padStart(22, "0") as SessionId, epoch: 4_000, seekNo: 1 },
    ...{ address: "eu-west.p1.0.bench" as Address, lane: "live", home: region },
    ...{ device: String(no).padStart(11, "0") as DeviceHash, interests: [interest], languages: [] },
    ...{ joinedMs: nowMs, waitedMs: 0, listNo: undefined },
  };
}

async function seekAll(list: WaitingList, from: number, count: number, interestOf: (no: number) => string) {
  const nowMs = systemClock.nowMs();
  for (let done = 0; done < count; done += AT_ONCE) {
    const some = Array.from({ length: Math.min(AT_ONCE, count - done) }, (_, at) => from + done + at);
    await Promise.all(some.map((no) => list.seek(seekOf(no, interestOf(no), nowMs), nowMs)));
  }
}

/** Redis's CPU time for one seek, of couples who find each other while `waiting` others wait; in microseconds. */
async function seekUs(waiting: number, database: number): Promise<number> {
  const list = await openRedisWaitingList(`${redis.url}/${database}`, deskSettings(region), systemRandom, (fault) => {
    throw fault;
  });
  await seekAll(list, 0, waiting, (no) => `alone ${no}`);
  const fromUs = cpuUsOf(redis.pid);
  await seekAll(list, waiting, 2 * COUPLES, (no) => `couple ${(no - waiting) >> 1}`);
  const tookUs = cpuUsOf(redis.pid) - fromUs;
  if ((await list.size("live")) !== waiting) throw new Error("those who wait alone were found, or couples were not");
  await list.close();
  return tookUs / (2 * COUPLES);
}

let database = 1;
answerAsks(
  { redisUrl: redis.url, redisPid: redis.pid, natsUrl: nats.url, natsPid: nats.pid },
  { few_us: () => seekUs(100, database++), many_us: () => seekUs(100_000, database++) },
  async () => {
    await Promise.all([redis.stop(), nats.stop()]);
  },
);
