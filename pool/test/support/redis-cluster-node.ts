import type { Redis } from "ioredis";
import { type Server, type ServerOptions, startServer } from "../../world/servers/server.ts";
import { until } from "./until.ts";

/** What every node asks of whoever comes. */
export const CLUSTER_PASSWORD = "0f-the-cluster";
/** So long a node is silent before the others count it as gone. */
const NODE_SILENT_MS = 1_000;
const busPortOf = (port: number): number => (port > 40_000 ? port - 10_000 : port + 10_000);

/** One Redis in cluster mode, of no slots yet, or of those that the files in its folder name. */
export const startClusterServer = (options: ServerOptions = {}): Promise<Server> =>
  startServer(
    {
      name: "redis-server",
      programs: ["redis-server", "/usr/bin/redis-server"],
      debianPackage: "redis-server",
      scheme: "redis",
      prepare: async (dir, host, port) => [
        ...["--bind", host, "--port", String(port), "--dir", dir, "--save", "", "--cluster-enabled", "yes"],
        ...["--cluster-port", String(busPortOf(port)), "--cluster-node-timeout", String(NODE_SILENT_MS)],
        ...["--requirepass", CLUSTER_PASSWORD],
      ],
      hello: `AUTH ${CLUSTER_PASSWORD}\r\nINFO server\r\n`,
      isReady: (reply, pid) => reply.includes(`process_id:${pid}\r\n`),
    },
    options,
  );

/** Makes nodes know each other, and shares all slots among them; resolves when each says that the cluster is whole. */
export async function joinCluster(nodes: readonly { readonly server: Server; readonly admin: Redis }[]): Promise<void> {
  const share = Math.ceil(16_384 / nodes.length);
  for (const [at, { admin }] of nodes.entries()) {
    const last = Math.min(16_384, (at + 1) * share) - 1;
    await admin.call("CLUSTER", "SET-CONFIG-EPOCH", String(at + 1));
    await admin.call("CLUSTER", "ADDSLOTSRANGE", String(at * share), String(last));
  }
  const [first, ...others] = nodes;
  for (const { server } of others)
    await first?.admin.call("CLUSTER", "MEET", server.host, String(server.port), String(busPortOf(server.port)));
  await until("the cluster is whole", () => isWhole(nodes), 20_000);
}

/** Whether every node sees all nodes and all slots. */
export async function isWhole(nodes: readonly { readonly admin: Redis }[]): Promise<boolean> {
  const infos = await Promise.all(nodes.map(({ admin }) => admin.call("CLUSTER", "INFO").catch(() => "")));
  return infos.every(
    (info) => /cluster_state:ok/.test(String(info)) && String(info).includes(`cluster_known_nodes:${nodes.length}\r\n`),
  );
}
