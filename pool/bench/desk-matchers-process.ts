import { systemClock } from "@whisper/shared/base/clock";
import type { RegionName } from "@whisper/shared/base/ids";
import { systemRandom } from "@whisper/shared/base/random";
import { openNatsBus } from "../src/adapters/nats/nats-bus.ts";
import { openRedisWaitingList } from "../src/adapters/redis/redis-waiting-list.ts";
import { deskSettings } from "../src/matcher/desk-settings.ts";
import { type Matcher, startMatcher } from "../src/matcher/matcher.ts";
import { createLog } from "../src/runtime/log.ts";
import { createMail } from "../src/runtime/mail.ts";
import { systemTimers } from "../src/runtime/timers.ts";
import { answerAsks } from "./answer-asks.ts";

// Some of a desk's matchers as production runs them, each with its own connections to Redis and the bus.

type Options = {
  readonly region: RegionName;
  readonly natsUrl: string;
  readonly redisUrl: string;
  readonly matchers: number;
};

const { region, natsUrl, redisUrl, matchers } = JSON.parse(process.argv[2] ?? "") as Options;
const log = createLog({ level: "warn", base: { region } });
const onFault = (fault: unknown): void => {
  throw fault; // a bench over a broken bus or store measures nothing
};
const all: Matcher[] = [];
for (let i = 0; i < matchers; i++) {
  const bus = await openNatsBus(natsUrl, onFault);
  const list = await openRedisWaitingList(redisUrl, deskSettings(region), systemRandom, onFault);
  const mail = createMail(bus, (run) => void setImmediate(run));
  all.push(startMatcher({ mail, region, list, clock: systemClock, log, timers: systemTimers }));
  await bus.flush();
}
answerAsks(
  {},
  {
    lost: () => all.reduce((sum, { counts }) => sum + counts.failed + counts.dropped + counts.unsound, 0),
  },
);
