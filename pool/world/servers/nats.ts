import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Server, type ServerKind, type ServerOptions, startServer } from "./server.ts";

/** How a region's bus is joined to those of other regions. */
export type Joined = {
  readonly region: string;
  /** Where the gateways of all regions listen, this one's among them. */
  readonly gateways: readonly { readonly region: string; readonly port: number }[];
  /** Where the region's bus finds its gateway, and what it says there. */
  readonly leafPort: number;
  readonly secret: string;
};

export type NatsOptions = ServerOptions & {
  /** Streams, kept in `dir`. */
  readonly jetstream?: boolean;
  /** The JetStream domain; every region has its own. */
  readonly domain?: string;
  /**
   * What this server is among several regions. One server cannot be both: with a gateway its streams would wait for
   * others of its region to elect a leader with (nats-server 2.9). So the gateway is a server of its own, of which the
   * bus is a leaf; in production a region's cluster of three is both.
   */
  readonly as?: { readonly role: "gateway" | "bus"; readonly joined: Joined };
};

/** Accounts: ours, and a system account of the region's own, or the regions' leaders of streams would fight. */
function joinedLines(role: "gateway" | "bus", joined: Joined, host: string): readonly string[] {
  const { region, gateways, leafPort, secret } = joined;
  const system = `SYS_${region}`;
  const app = `users: [ { user: app, password: "${secret}" } ]`;
  const accounts = [
    `accounts { ${system}: {}, APP: { ${app}${role === "bus" ? ", jetstream: enabled" : ""} } }`,
    `system_account: ${system}`,
    "no_auth_user: app",
  ];
  if (role === "bus")
    return [
      ...accounts,
      `leafnodes { remotes: [ { url: "nats://app:${encodeURIComponent(secret)}@${host}:${leafPort}", account: APP } ] }`,
    ];
  const own = gateways.find((gateway) => gateway.region === region)?.port ?? 0;
  const all = gateways.map((to) => `{ name: "${to.region}", urls: ["nats://${host}:${to.port}"] }`);
  return [
    ...accounts,
    `leafnodes { listen: "${host}:${leafPort}", authorization { user: app, password: "${secret}", account: APP } }`,
    `gateway { name: "${region}", listen: "${host}:${own}", gateways: [ ${all.join(", ")} ] }`,
  ];
}

function natsKind({ jetstream = false, domain, as }: NatsOptions): ServerKind {
  // The server tells its name on every connection, so a stranger on the same port is not taken for ours.
  const name = `whisper-${randomBytes(6).toString("hex")}`;
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
      if (as !== undefined) lines.push(...joinedLines(as.role, as.joined, host));
      const file = join(dir, `nats${as?.role === "gateway" ? "-gateway" : ""}.conf`);
      await writeFile(file, `${lines.join("\n")}\n`, { mode: 0o600 });
      return ["-c", file];
    },
    hello: "",
    isReady: (reply) => reply.startsWith("INFO ") && reply.includes(`"server_name":"${name}"`),
  };
}

/** Starts a nats-server, with streams if asked; resolves when it answers. */
export const startNats = (options: NatsOptions = {}): Promise<Server> => startServer(natsKind(options), options);
