import { createPublicKey, verify } from "node:crypto";
import { systemClock } from "@whisper/shared/base/clock";
import type { PoolName, RegionName } from "@whisper/shared/base/ids";
import { systemRandom } from "@whisper/shared/base/random";
import type { PublicJwk } from "@whisper/shared/credentials/key-ring";
import type { Verifier } from "@whisper/shared/credentials/verify";
import { openMemoryReports } from "../src/adapters/memory/memory-reports.ts";
import { openNatsBus } from "../src/adapters/nats/nats-bus.ts";
import { checkText, cleanInterests } from "../src/content/check-text.ts";
import { createLog } from "../src/runtime/log.ts";
import { createMail } from "../src/runtime/mail.ts";
import type { TlsFiles } from "../src/runtime/tls-files.ts";
import { meterOf } from "../src/shard/meter.ts";
import { SHARD_DEFAULTS } from "../src/shard/settings.ts";
import { Shard } from "../src/shard/shard.ts";
import { answerAsks } from "./answer-asks.ts";

// One shard as production runs it, on a real nats-server, but for two limits that a bench must raise: texts per
// window and upgrades per second.

type Options = {
  readonly region: RegionName;
  readonly pool: PoolName;
  readonly socketsMax: number;
  readonly natsUrl: string;
  /** What tickets are signed with. */
  readonly key: PublicJwk;
  /** Serves TLS with these files. */
  readonly tls?: TlsFiles;
};

/** The meters run; their limit is where no generator gets. */
const NEVER_MET = 1_000_000_000;

const { region, pool, socketsMax, natsUrl, key, tls } = JSON.parse(process.argv[2] ?? "") as Options;
const publicKey = createPublicKey({ key: { kty: key.kty, crv: key.crv, x: key.x }, format: "jwk" });
const keys: Verifier = {
  knows: (kid) => kid === key.kid,
  verify: (opened) => opened.kid === key.kid && verify(null, opened.signed, publicKey, opened.signature),
};
const log = createLog({ level: "warn", base: { region, pool } });
const bus = await openNatsBus(natsUrl, (fault) => {
  throw fault; // a bench over a broken bus measures nothing
});

const world = {
  bus,
  mail: createMail(bus, (run) => void setImmediate(run)),
  keys,
  reports: openMemoryReports(),
  clock: systemClock,
  random: systemRandom,
  log,
  isBlocked: (text: string) => checkText(text).blocked,
  cleanInterests,
};
const settings = {
  ...SHARD_DEFAULTS,
  region,
  pool,
  shard: 0,
  lat: 0,
  lon: 0,
  socketsMax,
  ...(tls === undefined ? {} : { tls }),
  upgradesPerS: NEVER_MET,
  texts: meterOf(NEVER_MET, SHARD_DEFAULTS.texts.everyMs * SHARD_DEFAULTS.texts.burst),
};
const shard = new Shard(settings, world);
await shard.start();
answerAsks(
  { port: shard.port },
  {
    numbers: () => ({
      held: shard.hub.slots.held,
      ...shard.numbers.counts,
      upgrades: shard.numbers.upgrades,
      broken: shard.numbers.broken,
    }),
  },
);
