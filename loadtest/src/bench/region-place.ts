import { readFileSync } from "node:fs";
import { systemClock } from "@whisper/shared/base/clock";
import type { RegionName } from "@whisper/shared/base/ids";
import { systemRandom } from "@whisper/shared/base/random";
import { generateSigningKey, publicHalf } from "@whisper/shared/credentials/signing-keys";
import { type Helper, startHelper } from "./processes.ts";
import type { TalkPlace } from "./shard-texts.ts";

const REGION = "eu-west" as RegionName;
const POOLS = ["p1", "p2"] as const;
/** Both crowds of 2,000, and room. */
const SOCKETS_MAX = 4_000;
/** Kernel ticks per second in /proc (USER_HZ), the same on every Linux that Node runs on. */
const TICKS_PER_S = 100;

/** Two shards of two pools over one bus, and the people on them. */
export type RegionPlace = {
  /** Each couple on one shard, the first. */
  readonly same: TalkPlace;
  /** Each couple on both. */
  readonly cross: TalkPlace;
  readonly natsUrl: string;
  /** CPU time of the nats-server so far, in microseconds. */
  natsCpuUs(): number;
  stop(): Promise<void>;
};

/** CPU time of a process so far, user and system, in microseconds (proc(5), stat). */
export function cpuUsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return ((Number(fields[11]) + Number(fields[12])) * 1e6) / TICKS_PER_S;
}

/** Starts a region of two pools with one shard each, and a generator for each crowd; nobody is in yet. */
export async function startRegionPlace(): Promise<RegionPlace> {
  const key = await generateSigningKey(systemClock.nowMs(), systemRandom);
  const region = await startHelper("the region", "pool/bench/region-process.ts", { region: REGION });
  const { natsUrl, natsPid } = region.ready;
  const shards: Helper[] = [];
  for (const pool of POOLS)
    shards.push(
      await startHelper(`the shard of ${pool}`, "pool/bench/shard-process.ts", {
        ...{ region: REGION, pool, socketsMax: SOCKETS_MAX, natsUrl, key: publicHalf(key) },
      }),
    );
  const talkOn = async (name: string, servers: readonly Helper[]): Promise<TalkPlace> => {
    const crowd = await startHelper(`the generator ${name}`, "loadtest/src/engine/generator-process.ts");
    const ports = servers.map(({ ready }) => ready.port);
    await crowd.ask("begin", { kind: "shard", ports, place: { region: REGION, pools: POOLS, key } });
    return { name: `texts ${name}`, servers, crowd };
  };
  const same = await talkOn("in one pool", shards.slice(0, 1));
  const cross = await talkOn("across pools", shards);
  return {
    same,
    cross,
    natsUrl: String(natsUrl),
    natsCpuUs: () => cpuUsOf(Number(natsPid)),
    async stop() {
      await Promise.all([same.crowd.stop(), cross.crowd.stop()]);
      await Promise.all(shards.map((shard) => shard.stop()));
      await region.stop();
    },
  };
}
