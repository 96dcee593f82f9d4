import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { RegionName } from "@whisper/shared/base/ids";
import { systemRandom } from "@whisper/shared/base/random";
import { Secret } from "@whisper/shared/base/secret";
import { newHandoverKey } from "../src/clerk/handover.ts";
import { type Mortal, mortal } from "./mortal.ts";
import { freePort } from "./servers/free-port.ts";
import { type Joined, startNats } from "./servers/nats.ts";
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

/** How the buses of these regions are joined; one region alone joins nobody. */
export async function joinRegions(regions: readonly string[], host: string): Promise<readonly (Joined | undefined)[]> {
  if (regions.length < 2) return regions.map(() => undefined);
  const ports = await Promise.all(regions.flatMap(() => [freePort(host), freePort(host)]));
  const gateways = regions.map((region, at) => ({ region, port: ports[2 * at] ?? 0 }));
  const secret = randomBytes(18).toString("hex");
  return regions.map((region, at) => ({ region, gateways, leafPort: ports[2 * at + 1] ?? 0, secret }));
}

/** Starts a region's Redis and bus, and its gateway if it is joined to others; rejects with none of them left. */
export async function startRegionServers(
  region: RegionName,
  joined: Joined | undefined,
  scratch: string,
  lost: Lost,
): Promise<RegionServers> {
  const redis = again(region, "redis", lost, (port) => startRedis({ ...port }));
  const nats = again(region, "nats", lost, async (port) => {
    const dir = await folder(scratch, `nats-${region}`);
    const as = joined === undefined ? {} : { as: { role: "bus", joined } as const };
    return startNats({ jetstream: true, domain: region, dir, ...as, ...port });
  });
  const gateway = again(region, "gateway", lost, async (port) => {
    const dir = await folder(scratch, `gateway-${region}`);
    return startNats({ dir, ...(joined === undefined ? {} : { as: { role: "gateway", joined } }), ...port });
  });
  const all = [redis, ...(joined === undefined ? [] : [gateway]), nats];
  const stop = async (): Promise<void> => {
    await Promise.all(all.map((one) => one.stop()));
  };
  const begun = await Promise.allSettled(all.map((one) => one.start()));
  const failed = begun.find((one) => one.status === "rejected");
  if (failed !== undefined) {
    await stop();
    throw failed.reason;
  }
  const [redisUrl = "", natsUrl = ""] = [redis.current()?.url, nats.current()?.url];
  const handoverKey = new Secret(JSON.stringify(await newHandoverKey(region, 0, systemRandom)));
  return { region, redisUrl, natsUrl, handoverKey, mortals: all.map(({ part }) => part), stop };
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
