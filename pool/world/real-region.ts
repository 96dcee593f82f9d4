import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { RegionName } from "@whisper/shared/base/ids";
import { systemRandom } from "@whisper/shared/base/random";
import { Secret } from "@whisper/shared/base/secret";
import { newHandoverKey } from "../src/clerk/handover.ts";
import { type Mortal, mortal } from "./mortal.ts";
import type { WorldPlan } from "./plan.ts";
import { freePort } from "./servers/free-port.ts";
import { type Clustered, type Joined, type NatsOptions, startNats } from "./servers/nats.ts";
import { startRedis } from "./servers/redis.ts";
import type { Server } from "./servers/server.ts";

export type Lost = (what: string) => void;

/** The servers of one region. */
export type RegionServers = {
  readonly region: string;
  readonly redisUrl: string;
  readonly natsUrl: string;
  /** What all its clerks sign hand-over tickets with, also one that comes again. */
  readonly handoverKey: Secret<string>;
  readonly mortals: readonly Mortal[];
  stop(): Promise<void>;
};

export const lossOf =
  (name: string, lost: Lost) =>
  (thing: { output(): string }): void =>
    lost(`${name} has ended; it said:\n${thing.output().trim()}`);

/** A region's bus: one server, with a gateway to other regions if there are any; or a cluster of servers. */
type BusPlan = { readonly joined?: Joined; readonly clustered?: readonly Clustered[] };

/** How the bus of each region is made, and joined to those of the others. */
export async function planBuses(
  { regions, natsServers }: Pick<WorldPlan, "regions" | "natsServers">,
  host: string,
): Promise<readonly BusPlan[]> {
  const secret = randomBytes(18).toString("hex");
  if (natsServers > 1) {
    const hosts = ownHosts(regions.length * natsServers);
    const all = regions.map((region, no) => ({
      region,
      hosts: hosts.slice(no * natsServers, (no + 1) * natsServers),
    }));
    return all.map(({ region, hosts: own }) => ({
      clustered: own.map((_, at) => ({ region, at, regions: all, secret })),
    }));
  }
  if (regions.length < 2) return regions.map(() => ({}));
  const ports = await Promise.all(regions.flatMap(() => [freePort(host), freePort(host)]));
  const gateways = regions.map((region, at) => ({ region, port: ports[2 * at] ?? 0 }));
  return regions.map((region, at) => ({ joined: { region, gateways, leafPort: ports[2 * at + 1] ?? 0, secret } }));
}

/** Addresses of the loopback network that no other world has, as far as chance can tell. */
function ownHosts(count: number): readonly string[] {
  const [a = 0, b = 0] = randomBytes(2);
  return Array.from({ length: count }, (_, at) => `127.${77 + (a % 100)}.${b}.${at + 1}`);
}

/** Starts a region's Redis and bus, and its gateway if it has one; rejects with none of them left. */
export async function startRegionServers(
  region: RegionName,
  bus: BusPlan,
  scratch: string,
  lost: Lost,
): Promise<RegionServers> {
  const redis = again(region, "redis", lost, (port) => startRedis({ ...port }));
  const { gateway, servers } = busOf(region, bus, scratch, lost);
  const all = [redis, ...gateway, ...servers];
  const stop = async (): Promise<void> => {
    await Promise.all(all.map((one) => one.stop()));
  };
  const begun = await Promise.allSettled(all.map((one) => one.start()));
  const failed = begun.find((one) => one.status === "rejected");
  if (failed !== undefined) {
    await stop();
    throw failed.reason;
  }
  const redisUrl = redis.current()?.url ?? "";
  const natsUrl = servers.map((one) => one.current()?.url ?? "").join(",");
  const handoverKey = new Secret(JSON.stringify(await newHandoverKey(region, 0, systemRandom)));
  return { region, redisUrl, natsUrl, handoverKey, mortals: all.map(({ part }) => part), stop };
}

function busOf(region: RegionName, { joined, clustered }: BusPlan, scratch: string, lost: Lost) {
  const nats = (name: string, as: Pick<NatsOptions, "as">) =>
    again(region, "nats", lost, async (port) => {
      const dir = await folder(scratch, name);
      return startNats({ jetstream: true, domain: region, dir, ...as, ...port });
    });
  if (clustered !== undefined) {
    const servers = clustered.map((one) =>
      nats(`nats-${region}-${one.at}`, { as: { role: "clustered", clustered: one } }),
    );
    return { gateway: [], servers };
  }
  const servers = [nats(`nats-${region}`, joined === undefined ? {} : { as: { role: "bus", joined } })];
  if (joined === undefined) return { gateway: [], servers };
  const gateway = again(region, "gateway", lost, async (port) => {
    const dir = await folder(scratch, `gateway-${region}`);
    return startNats({ dir, as: { role: "gateway", joined }, ...port });
  });
  return { gateway: [gateway], servers };
}

async function folder(scratch: string, name: string): Promise<string> {
  const dir = join(scratch, name);
  await mkdir(dir, { recursive: true });
  return dir;
}

/** A server that comes again at the same port: Redis empty, a bus with its streams. */
function again(
  region: string,
  kind: "redis" | "nats" | "gateway",
  lost: Lost,
  begin: (port: { readonly port?: number }) => Promise<Server>,
) {
  let port: number | undefined;
  return mortal<Server>({
    kind,
    region,
    async begin() {
      const started = await begin(port === undefined ? {} : { port });
      port = started.port;
      return started;
    },
    lost: lossOf(kind === "redis" ? "redis-server" : "nats-server", lost),
  });
}
