import { systemClock } from "@whisper/shared/base/clock";
import type { PoolName, RegionName } from "@whisper/shared/base/ids";
import { systemRandom } from "@whisper/shared/base/random";
import { generateSigningKey, publicHalf, type SigningJwk } from "@whisper/shared/credentials/signing-keys";
import { type Helper, startHelper } from "./processes.ts";

export const REGION = "eu-west" as RegionName;
const SOCKETS_MAX = 16_000;

/** A shard with its desk, clerk and bus, each in a process; and what its tickets are signed with. */
export type SmallWorld = {
  readonly key: SigningJwk;
  readonly shards: readonly { readonly pool: PoolName; readonly port: number; readonly helper: Helper }[];
  stop(): Promise<void>;
};

/** Starts `count` pools of one shard each. */
export async function startSmallWorld(count = 1): Promise<SmallWorld> {
  const key = await generateSigningKey(systemClock.nowMs(), systemRandom);
  const region = await startHelper("the region", "pool/bench/region-process.ts", { region: REGION });
  const shards: { pool: PoolName; port: number; helper: Helper }[] = [];
  for (let at = 0; at < count; at++) {
    const pool = `p${at + 1}` as PoolName;
    const options = {
      region: REGION,
      pool,
      socketsMax: SOCKETS_MAX,
      natsUrl: region.ready.natsUrl,
      key: publicHalf(key),
    };
    const helper = await startHelper(`the shard of ${pool}`, "pool/bench/shard-process.ts", options);
    shards.push({ pool, port: Number(helper.ready.port), helper });
  }
  return {
    key,
    shards,
    async stop() {
      for (const { helper } of shards) await helper.stop();
      await region.stop();
    },
  };
}
