import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import type { Server } from "../../world/servers/server.ts";
import { CLUSTER_PASSWORD, isWhole, joinCluster, startClusterServer } from "./redis-cluster-node.ts";
import { until } from "./until.ts";

/** One of a cluster's masters. */
export type ClusterNode = { server: Server; readonly admin: Redis; readonly id: string };
/** A real Redis Cluster of three masters, without replicas. */
export type RedisCluster = {
  readonly url: string;
  readonly nodes: readonly ClusterNode[];
  /** The master that has a key's slot, as it says itself. */
  ownerOf(key: string): Promise<ClusterNode>;
  /** Takes one of the other masters, and begins to move a key's slot to it; `end` tells all of it. */
  move(
    key: string,
  ): Promise<{ readonly slot: number; readonly to: ClusterNode; readonly from: ClusterNode; end(): Promise<void> }>;
  flush(): Promise<void>;
  /** Starts a killed master again: it knows its slots, and nothing of what was in them. */
  restart(node: ClusterNode): Promise<void>;
  stop(): Promise<void>;
};

/** Starts three masters that share all slots; resolves when the cluster is whole. */
export async function startRedisCluster(): Promise<RedisCluster> {
  const dir = await mkdtemp(join(tmpdir(), "whisper-cluster-"));
  const dirs = await Promise.all([0, 1, 2].map((at) => mkdtemp(join(dir, `${at}-`))));
  const servers = await Promise.all(dirs.map((each) => startClusterServer({ dir: each })));
  const nodes = await Promise.all(
    servers.map(async (server): Promise<ClusterNode> => {
      const admin = new Redis({ host: server.host, port: server.port, password: CLUSTER_PASSWORD });
      admin.on("error", () => undefined); // a node that a test kills is dialled until it is back
      return { server, admin, id: String(await admin.call("CLUSTER", "MYID")) };
    }),
  );
  await joinCluster(nodes);
  const ownerOf = async (key: string): Promise<ClusterNode> => {
    for (const node of nodes) if (await holds(node, key)) return node;
    throw new Error("every key has a master");
  };
  return {
    url: `redis+cluster://:${CLUSTER_PASSWORD}@${servers.map(({ host, port }) => `${host}:${port}`).join(",")}`,
    nodes,
    ownerOf,
    async move(key) {
      const from = await ownerOf(key);
      const to = nodes[(nodes.indexOf(from) + 1) % nodes.length] ?? from;
      const slot = Number(await from.admin.call("CLUSTER", "KEYSLOT", key));
      await to.admin.call("CLUSTER", "SETSLOT", slot, "IMPORTING", from.id);
      await from.admin.call("CLUSTER", "SETSLOT", slot, "MIGRATING", to.id);
      const end = async (): Promise<void> => {
        for (const { admin } of [to, from, ...nodes]) await admin.call("CLUSTER", "SETSLOT", slot, "NODE", to.id);
      };
      return { slot, to, from, end };
    },
    flush: async () => void (await Promise.all(nodes.map(({ admin }) => admin.flushall()))),
    async restart(node) {
      const at = nodes.indexOf(node);
      node.server = await startClusterServer({ port: node.server.port, dir: dirs[at] ?? dir });
      await until("the cluster is whole again", () => isWhole(nodes), 20_000);
    },
    async stop() {
      for (const { admin } of nodes) admin.disconnect();
      await Promise.all(nodes.map(({ server }) => server.stop()));
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function holds({ admin }: ClusterNode, key: string): Promise<boolean> {
  try {
    await admin.exists(key);
    return true;
  } catch (error) {
    if (error instanceof Error && error.message.startsWith("MOVED")) return false;
    throw error;
  }
}
