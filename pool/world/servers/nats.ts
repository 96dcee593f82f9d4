import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Server, type ServerKind, type ServerOptions, startServer } from "./server.ts";

const ROUTE_PORT = 6222;
const GATEWAY_PORT = 7222;
const HEALTH_PORT = 8222;

/** How a region's bus of one server is joined to those of other regions. */
export type Joined = {
  readonly region: string;
  /** Where the gateways of all regions listen, this one's among them. */
  readonly gateways: readonly { readonly region: string; readonly port: number }[];
  /** Where the region's bus finds its gateway, and what it says there. */
  readonly leafPort: number;
  readonly secret: string;
};

/** One of the servers that are a region's bus together. */
export type Clustered = {
  readonly region: string;
  /** Which of the region's servers this one is. */
  readonly at: number;
  /**
   * All regions, each with an address of the loopback network for each of its servers. There they find each other, at
   * the ports of the manual: on an address of its own no port can be taken by somebody else's connection.
   */
  readonly regions: readonly { readonly region: string; readonly hosts: readonly string[] }[];
  readonly secret: string;
};

export type NatsOptions = ServerOptions & {
  /** Streams, kept in `dir`. */
  readonly jetstream?: boolean;
  /** The JetStream domain; every region has its own. */
  readonly domain?: string;
  /**
   * What this server is among several. One alone cannot be both bus and gateway: with a gateway its streams would wait
   * for others of its region to elect a leader with (nats-server 2.9). So the gateway is a server of its own, of which
   * the bus is a leaf. Three that are clustered are both, as in production.
   */
  readonly as?:
    | { readonly role: "gateway" | "bus"; readonly joined: Joined }
    | { readonly role: "clustered"; readonly clustered: Clustered };
};

/** Accounts: ours, and a system account of the region's own, or the regions' leaders of streams would fight. */
function accountLines(region: string, secret: string, hasStreams: boolean): readonly string[] {
  const system = `SYS_${region}`;
  const app = `users: [ { user: app, password: "${secret}" } ]`;
  return [
    `accounts { ${system}: {}, APP: { ${app}${hasStreams ? ", jetstream: enabled" : ""} } }`,
    `system_account: ${system}`,
    "no_auth_user: app",
  ];
}

/** A region's gateway and whom it dials; of others it is told by those whom it reaches. */
function gatewayLine(region: string, listen: string, to: readonly { readonly region: string; readonly at: string }[]) {
  const all = to.map((one) => `{ name: "${one.region}", urls: [ "nats://${one.at}" ] }`);
  return `gateway { name: "${region}", listen: "${listen}", gateways: [ ${all.join(", ")} ] }`;
}

function joinedLines(role: "gateway" | "bus", joined: Joined, host: string): readonly string[] {
  const { region, gateways, leafPort, secret } = joined;
  const accounts = accountLines(region, secret, role === "bus");
  if (role === "bus")
    return [
      ...accounts,
      `leafnodes { remotes: [ { url: "nats://app:${encodeURIComponent(secret)}@${host}:${leafPort}", account: APP } ] }`,
    ];
  return [
    ...accounts,
    `leafnodes { listen: "${host}:${leafPort}", authorization { user: app, password: "${secret}", account: APP } }`,
    gatewayLine(
      region,
      `${host}:${gateways.find((gateway) => gateway.region === region)?.port ?? 0}`,
      gateways.map((to) => ({ region: to.region, at: `${host}:${to.port}` })),
    ),
  ];
}

const hostOf = ({ region, at, regions }: Clustered): string =>
  regions.find((one) => one.region === region)?.hosts[at] ?? "";

/**
 * A server of 2.9 takes each address under `routes` and under a foreign gateway for one that will elect the leader of
 * streams with it. So there are as many as the region has servers: its fellows, and one server of the next region
 * around the ring. Of all the rest it is told by those.
 */
function clusteredLines(clustered: Clustered): readonly string[] {
  const { region, at, regions, secret } = clustered;
  const host = hostOf(clustered);
  const own = regions.findIndex((one) => one.region === region);
  const hosts = regions[own]?.hosts ?? [];
  const next = regions[(own + 1) % regions.length];
  const fellows = hosts.filter((_, other) => other !== at).map((fellow) => `"nats://${fellow}:${ROUTE_PORT}"`);
  const lines = [
    ...accountLines(region, secret, true),
    `http: "${host}:${HEALTH_PORT}"`,
    // A gateway and its cluster have one name.
    `cluster { name: "${region}", listen: "${host}:${ROUTE_PORT}", routes: [ ${fellows.join(", ")} ] }`,
  ];
  if (next === undefined || next.region === region) return lines;
  const to = { region: next.region, at: `${next.hosts[at]}:${GATEWAY_PORT}` };
  return [...lines, gatewayLine(region, `${host}:${GATEWAY_PORT}`, [to])];
}

/** Whether a clustered server has found the others, and its streams are up to date. */
async function isHealthy(clustered: Clustered): Promise<boolean> {
  try {
    return (await fetch(`http://${hostOf(clustered)}:${HEALTH_PORT}/healthz`, { signal: AbortSignal.timeout(1_000) }))
      .ok;
  } catch {
    return false; // not yet: asked again until the time is up
  }
}

function natsKind({ jetstream = false, domain, as }: NatsOptions): ServerKind {
  const clustered = as?.role === "clustered" ? as.clustered : undefined;
  // The server tells its name on every connection, so a stranger on the same port is not taken for ours. One of several
  // keeps its name when it comes again, or the others would wait for it as well as for the new one.
  const own = clustered === undefined ? randomBytes(6).toString("hex") : hostOf(clustered).replaceAll(".", "-");
  const name = `whisper-${own}`;
  return {
    name: "nats-server",
    // Debian puts it where only root's PATH looks.
    programs: ["nats-server", "/usr/sbin/nats-server"],
    debianPackage: "nats-server",
    scheme: "nats",
    async prepare(dir, host, port) {
      const lines = [`server_name: ${name}`, `listen: "${host}:${port}"`];
      const inDomain = domain === undefined ? "" : `, domain: "${domain}"`;
      if (jetstream)
        lines.push(`jetstream { store_dir: ${JSON.stringify(dir)}, max_mem: 64M, max_file: 256M${inDomain} }`);
      if (as?.role === "clustered") lines.push(...clusteredLines(as.clustered));
      else if (as !== undefined) lines.push(...joinedLines(as.role, as.joined, host));
      const file = join(dir, `nats${as?.role === "gateway" ? "-gateway" : ""}.conf`);
      await writeFile(file, `${lines.join("\n")}\n`, { mode: 0o600 });
      return ["-c", file];
    },
    hello: "",
    isReady: (reply) => reply.startsWith("INFO ") && reply.includes(`"server_name":"${name}"`),
    ...(clustered === undefined ? {} : { isWhole: () => isHealthy(clustered) }),
  };
}

/** Starts a nats-server, with streams if asked; resolves when it answers. */
export const startNats = (options: NatsOptions = {}): Promise<Server> => startServer(natsKind(options), options);
