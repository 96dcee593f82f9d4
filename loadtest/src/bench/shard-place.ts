import { systemClock } from "@whisper/shared/base/clock";
import type { RegionName } from "@whisper/shared/base/ids";
import { systemRandom } from "@whisper/shared/base/random";
import { generateSigningKey, publicHalf } from "@whisper/shared/credentials/signing-keys";
import type { TicketPlace } from "../engine/tickets.ts";
import type { TlsFiles } from "./certificate.ts";
import { type Helper, startHelper } from "./processes.ts";

const REGION = "eu-west" as RegionName;
const POOL = "p1";
/** One process holds 20,000 descriptors here: 15,000 sockets and room. */
const SOCKETS_MAX = 16_000;

/** A server of the bench, and the generator that is aimed at it. */
export type Side = { readonly server: Helper; readonly crowd: Helper; stop(): Promise<void> };

type Target = { readonly kind: "shard" | "relay"; readonly secure?: boolean; readonly place?: TicketPlace };

async function sideOf(server: Helper, target: Target): Promise<Side> {
  const crowd = await startHelper(`the generator of the ${target.kind}`, "loadtest/src/engine/generator-process.ts");
  await crowd.ask("begin", { ...target, ports: [server.ready.port] });
  return {
    server,
    crowd,
    stop: async () => {
      await crowd.stop();
      await server.stop();
    },
  };
}

/** The bare relay in a fresh process. */
export async function startRelay(): Promise<Side> {
  return sideOf(await startHelper("the relay", "pool/bench/relay-process.ts"), { kind: "relay" });
}

/**
 * One shard in a fresh process, which serves TLS if it is given files; bus, clerk and desk in processes of their own.
 */
export async function startShard(tls?: TlsFiles): Promise<Side> {
  const key = await generateSigningKey(systemClock.nowMs(), systemRandom);
  const region = await startHelper("the region", "pool/bench/region-process.ts", { region: REGION });
  const server = await startHelper("the shard", "pool/bench/shard-process.ts", {
    region: REGION,
    pool: POOL,
    socketsMax: SOCKETS_MAX,
    natsUrl: region.ready.natsUrl,
    key: publicHalf(key),
    tls,
  });
  const side = await sideOf(server, {
    kind: "shard",
    secure: tls !== undefined,
    place: { region: REGION, pools: [POOL], key },
  });
  return {
    ...side,
    stop: async () => {
      await side.stop();
      await region.stop();
    },
  };
}
