import { systemRandom } from "@whisper/shared/base/random";
import { generateSigningKey, type SigningJwk } from "@whisper/shared/credentials/signing-keys";
import { openNatsBus } from "../../src/adapters/nats/nats-bus.ts";
import { meterOf } from "../../src/shard/meter.ts";
import { startNats } from "../../world/servers/nats.ts";
import { type CuttingProxy, cuttingProxy } from "./cutting-proxy.ts";
import type { FastTime } from "./fast-time.ts";
import { type ArmedMail, armedMail } from "./instant-cuts.ts";
import { REGION, startRegion, type TestRegion } from "./region.ts";
import type { Door } from "./traveller.ts";

/** A region in fast time, of which each shard's way to the bus can be cut. */
export type CutRegion = {
  readonly region: TestRegion;
  /** Where the bus answers that nobody cuts; empty for one in memory. */
  readonly busUrl: string;
  /** What tickets are signed with. */
  readonly key: SigningJwk;
  readonly mails: readonly ArmedMail[];
  readonly doors: readonly Door[];
  /** Takes the bus away from a shard, or gives it back; as often given back as taken, it is there. */
  away(shard: number, isAway: boolean): void;
  stop(): Promise<void>;
};

/** With `nats` the bus is a real server, and each shard reaches it by a proxy; else it is in memory. */
export async function openCutRegion(shards: number, time: FastTime, nats: boolean): Promise<CutRegion> {
  const key = await generateSigningKey(time.nowMs(), systemRandom);
  const server = nats ? await startNats() : undefined;
  const proxies: CuttingProxy[] = [];
  const mails: ArmedMail[] = [];
  const proxyOf = async (shard: number, port: number): Promise<string> => {
    const proxy = await cuttingProxy(port);
    proxies[shard] = proxy;
    return `nats://127.0.0.1:${proxy.port}`;
  };
  const region = await startRegion({
    shards,
    key,
    settings: {
      hasHeartbeats: true,
      seekersEveryMs: time.real(2_000),
      texts: meterOf(1_000_000, 10_000),
      upgradesPerS: 100_000,
    },
    desk: { avoidAfterChatMs: 1, avoidAfterProposalMs: 1 },
    clock: time,
    timers: time,
    beats: time.real(1_000),
    mail: (mail, _bus, shard) => {
      mails[shard] = armedMail(mail);
      return mails[shard];
    },
    ...(server === undefined
      ? {}
      : {
          bus: async (shard, onFault) =>
            openNatsBus(shard === undefined ? server.url : await proxyOf(shard, server.port), onFault),
        }),
  });
  const taken = new Map<number, number>();
  const doorOf = (shard: number): Door => ({
    region: REGION,
    pool: `p${shard + 1}`,
    url: region.urlOf(shard),
    ticket: ({ session, device, isNew }) =>
      region.ticket({ sub: session, dev: device, ...(isNew ? { new: true } : {}) }, shard),
  });
  return {
    region,
    busUrl: server?.url ?? "",
    key,
    mails,
    doors: region.shards.map((_, shard) => doorOf(shard)),
    away(shard, isAway) {
      const count = (taken.get(shard) ?? 0) + (isAway ? 1 : -1);
      taken.set(shard, count);
      if (server !== undefined) proxies[shard]?.keepAway(count > 0);
      else if (count > 0) region.buses[shard]?.down();
      else region.buses[shard]?.up();
    },
    async stop() {
      await region.stop();
      for (const proxy of proxies) proxy?.close();
      await server?.stop();
    },
  };
}
