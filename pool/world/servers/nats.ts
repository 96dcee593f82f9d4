import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Server, type ServerKind, type ServerOptions, startServer } from "./server.ts";

export type NatsOptions = ServerOptions & {
  /** Streams, kept in `dir`. */
  readonly jetstream?: boolean;
  /** The JetStream domain; every region has its own. */
  readonly domain?: string;
};

function natsKind({ jetstream = false, domain }: NatsOptions): ServerKind {
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
      const file = join(dir, "nats.conf");
      await writeFile(file, `${lines.join("\n")}\n`);
      return ["-c", file];
    },
    hello: "",
    isReady: (reply) => reply.startsWith("INFO ") && reply.includes(`"server_name":"${name}"`),
  };
}

/** Starts a nats-server, with streams if asked; resolves when it answers. */
export const startNats = (options: NatsOptions = {}): Promise<Server> => startServer(natsKind(options), options);
