import { createPublicKey, verify } from "node:crypto";
import type { PoolName } from "@whisper/shared/base/ids";
import { systemRandom } from "@whisper/shared/base/random";
import type { SigningJwk } from "@whisper/shared/credentials/signing-keys";
import { answerAsks } from "../../bench/answer-asks.ts";
import { openMemoryReports } from "../../src/adapters/memory/memory-reports.ts";
import { openNatsBus } from "../../src/adapters/nats/nats-bus.ts";
import { createMail, type Mail } from "../../src/runtime/mail.ts";
import { meterOf } from "../../src/shard/meter.ts";
import { SHARD_DEFAULTS } from "../../src/shard/settings.ts";
import { Shard } from "../../src/shard/shard.ts";
import { fastTime } from "./fast-time.ts";
import { heardLog, REGION } from "./region.ts";

// One shard in a process of its own, in the fast time of the test that started it, so that it can be stopped.

const { key, busUrl, times, beganMs, pool, losesChats } = JSON.parse(process.argv[2] ?? "") as {
  readonly key: SigningJwk;
  readonly busUrl: string;
  readonly times: number;
  readonly beganMs: number;
  readonly pool: PoolName;
  /** Whether what it writes of a chat is lost on its way to the clerk. */
  readonly losesChats: boolean;
};
const time = fastTime(times, 0, beganMs);
const bus = await openNatsBus(busUrl, () => undefined);
const mail = createMail(bus, setImmediate);
const lossy: Mail = {
  ...mail,
  send: (subject, memo) => {
    if (!losesChats || memo.kind !== "write" || memo.place !== "chatting") mail.send(subject, memo);
  },
};
const publicKey = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: key.x }, format: "jwk" });
const shard = new Shard(
  {
    ...SHARD_DEFAULTS,
    region: REGION,
    pool,
    shard: 0,
    lat: 0,
    lon: 0,
    socketsMax: 1_000,
    hasHeartbeats: true,
    seekersEveryMs: time.real(2_000),
    texts: meterOf(1_000_000, 10_000),
  },
  {
    bus,
    mail: lossy,
    keys: {
      knows: (kid) => kid === key.kid,
      verify: (opened) => verify(null, opened.signed, publicKey, opened.signature),
    },
    reports: openMemoryReports(),
    clock: time,
    random: systemRandom,
    log: heardLog(),
    isBlocked: () => false,
    cleanInterests: (tags) => tags,
  },
);
await shard.start();
const said = { pid: process.pid, port: shard.port, address: shard.address };
answerAsks(said, { broken: () => shard.numbers.broken }, async () => {
  await shard.stop();
  await bus.close();
});
