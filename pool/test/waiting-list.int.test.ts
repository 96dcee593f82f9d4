import { openRedisWaitingList } from "../src/adapters/redis/redis-waiting-list.ts";
import { deskSettings } from "../src/matcher/desk-settings.ts";
import { waitingListContract } from "./contract/waiting-list.contract.ts";
import { REGION, seededRandom } from "./support/desk-people.ts";
import { ownRedis } from "./support/own-redis.ts";

const redis = ownRedis();

waitingListContract("Redis", async (changed) => {
  await redis.admin.flushall();
  return openRedisWaitingList(redis.url, deskSettings(REGION, changed), seededRandom(7), () => undefined);
});
