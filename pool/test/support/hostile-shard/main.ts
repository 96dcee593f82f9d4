import { createPublicKey, verify } from "node:crypto";
import { assert } from "@whisper/shared/base/assert";
import { systemClock } from "@whisper/shared/base/clock";
import { type PoolName, parseAddress, type RegionName } from "@whisper/shared/base/ids";
import { systemRandom } from "@whisper/shared/base/random";
import type { PublicJwk } from "@whisper/shared/credentials/key-ring";
import { openMemoryReports } from "../../../src/adapters/memory/memory-reports.ts";
import { openNatsBus } from "../../../src/adapters/nats/nats-bus.ts";
import { checkText, cleanInterests } from "../../../src/content/check-text.ts";
import { createMail } from "../../../src/runtime/mail.ts";
import { SHARD_DEFAULTS } from "../../../src/shard/settings.ts";
import { Shard } from "../../../src/shard/shard.ts";
import { handsOf, registryOf } from "../../../src/start-pool.ts";
import { dieWithSupervisor, serveSupervisor } from "../../../src/supervisor/supervised.ts";

// A shard of a pool, with a fault of ours in it: whoever seeks with the interest "boom" breaks a promise.

dieWithSupervisor(process);
const { REGION = "", POOL = "", SHARD = "0", SHARDS = "1", PORT = "0", NATS_URL = "", KEY = "{}" } = process.env;
const key = JSON.parse(KEY) as PublicJwk;
const publicKey = createPublicKey({ key: { kty: key.kty, crv: key.crv, x: key.x }, format: "jwk" });
const keys = {
  size: 1,
  handsOver: true,
  knows: (kid: string) => kid === key.kid,
  verify: (opened: { readonly signed: Uint8Array; readonly signature: Uint8Array }) =>
    verify(null, opened.signed, publicKey, opened.signature),
};
const log = { info: () => {}, warn: () => {}, error: () => {} }; // the promise that it breaks is no news
const bus = await openNatsBus(NATS_URL, () => {});
const world = { bus, keys, reports: openMemoryReports(), clock: systemClock, random: systemRandom, log };
const settings = {
  ...SHARD_DEFAULTS,
  region: REGION as RegionName,
  pool: POOL as PoolName,
  shard: Number(SHARD),
  shards: Number(SHARDS),
  port: Number(PORT),
  lat: 0,
  lon: 0,
  socketsMax: 1_000,
  sharesPort: true,
  reportsLoad: false,
  hasHeartbeats: true,
};
const shard = new Shard(settings, {
  ...world,
  mail: createMail(bus, (run) => void setImmediate(run)),
  isBlocked: (text) => checkText(text).blocked,
  cleanInterests: (tags) => {
    assert(!tags.includes("boom"), "nobody says boom");
    return cleanInterests(tags);
  },
});
await shard.start();
const { incarnation = "" } = parseAddress(shard.address) ?? {};
const registry = registryOf(settings, () => shard);
const stop = (): void => {
  shard.stop().then(
    () => process.exit(0),
    () => process.exit(1),
  );
};
serveSupervisor(process, incarnation, handsOf(shard, world, registry, stop));
