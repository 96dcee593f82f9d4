import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Redis } from "ioredis";
import { startRedis } from "../../world/servers/redis.ts";
import { type Server, type ServerKind, startServer } from "../../world/servers/server.ts";
import { until } from "./until.ts";

export const MASTER = "eu-west";
/** A master that is silent for so long is gone, once two sentinels say so. */
const SILENT_MS = 500;
const AGREE = 2;

/** A master with one replica, and three sentinels that watch them: all real processes. */
export type WatchedRedis = {
  readonly url: string;
  /** Who is the master now, by the sentinels' word. */
  master(): Promise<Server>;
  /** An own connection to the master of now; whoever asks closes it. */
  admin(): Promise<Redis>;
  /** Resolves once the replica has all that was written so far. */
  copied(): Promise<void>;
  /** Kills the master and resolves with how long it took until the replica is the master, in milliseconds. */
  failOver(): Promise<number>;
  /** Starts the dead one again, empty: the sentinels make it a replica when they have looked around, after 10 s. */
  restartDead(): Promise<void>;
  stop(): Promise<void>;
};

/** Starts them all; resolves when the sentinels know each other and the replica. */
export async function startWatchedRedis(): Promise<WatchedRedis> {
  const servers = await Promise.all([startRedis(), startRedis()]);
  const [first, second] = servers;
  await asked(first, ["CONFIG", "SET", "repl-diskless-sync-delay", "0"]);
  await asked(second, ["REPLICAOF", first.host, String(first.port)]);
  await until("the replica follows", async () => (await roleOf(second)) === "slave up", 20_000);
  const sentinels = await Promise.all([0, 1, 2].map(() => startServer(sentinelOf(first), {})));
  const know = async (): Promise<boolean> =>
    (await Promise.all(sentinels.map((sentinel) => watched(sentinel)))).every(
      ({ replicas, others }) => replicas === "1" && others === "2",
    );
  await until("the sentinels know each other and the replica", know, 20_000);
  let dead: Server | undefined;
  const [word = first] = sentinels;
  const master = async (): Promise<Server> => {
    const { port } = await watched(word);
    const found = servers.find((server) => String(server.port) === port);
    if (found === undefined) throw new Error(`nobody is at the master's port ${port}`);
    return found;
  };
  return {
    url: `redis+sentinel://${sentinels.map(({ host, port }) => `${host}:${port}`).join(",")}/${MASTER}`,
    master,
    admin: async () => new Redis((await master()).url),
    async copied() {
      const one = new Redis((await master()).url);
      await one.wait(1, 5_000);
      one.disconnect();
    },
    async failOver() {
      dead = await master();
      const left = servers.find((server) => server !== dead);
      const startedMs = performance.now();
      await dead.kill();
      await until("the replica is the master", async () => left !== undefined && (await master()) === left, 20_000);
      await until("and says so", async () => left !== undefined && (await roleOf(left)) === "master", 20_000);
      return performance.now() - startedMs;
    },
    async restartDead() {
      if (dead === undefined) return;
      const at = servers.indexOf(dead);
      servers[at] = await startRedis({ port: dead.port });
    },
    async stop() {
      await Promise.all(sentinels.map((sentinel) => sentinel.stop()));
      await Promise.all(servers.map((server) => server.stop()));
    },
  };
}

/** A sentinel that watches this master. */
const sentinelOf = (master: Server): ServerKind => ({
  name: "redis-sentinel",
  programs: ["redis-server", "/usr/bin/redis-server"],
  debianPackage: "redis-server",
  scheme: "redis",
  async prepare(dir, host, port) {
    const lines = [
      `bind ${host}`,
      `port ${port}`,
      `dir ${dir}`,
      `sentinel monitor ${MASTER} ${master.host} ${master.port} ${AGREE}`,
      `sentinel down-after-milliseconds ${MASTER} ${SILENT_MS}`,
      `sentinel failover-timeout ${MASTER} 2000`,
    ];
    const file = join(dir, "sentinel.conf");
    await writeFile(file, `${lines.join("\n")}\n`);
    return [file, "--sentinel"];
  },
  hello: "INFO server\r\n",
  isReady: (reply, pid) => reply.includes(`process_id:${pid}\r\n`),
});

/** One answer over a connection of its own. */
async function asked(server: Server, [command = "", ...words]: readonly string[]): Promise<unknown> {
  const redis = new Redis(server.url, { maxRetriesPerRequest: 0, retryStrategy: () => null });
  redis.on("error", () => undefined); // the refused call says so
  try {
    return await redis.call(command, ...words);
  } finally {
    redis.disconnect();
  }
}

/** What a server is: `master`, or `slave up` once it has its master's data. */
async function roleOf(server: Server): Promise<string> {
  const info = String(await asked(server, ["INFO", "replication"]).catch(() => ""));
  const said = (field: string): string => new RegExp(`^${field}:(\\w+)`, "m").exec(info)?.[1] ?? "";
  return `${said("role")} ${said("master_link_status")}`.trim();
}

/** What a sentinel knows of the master. */
async function watched(
  sentinel: Server,
): Promise<{ readonly port: string; readonly replicas: string; readonly others: string }> {
  const flat = await asked(sentinel, ["SENTINEL", "MASTER", MASTER]);
  const known = new Map<string, string>();
  const words = (Array.isArray(flat) ? flat : Object.entries(flat ?? {}).flat()).map(String);
  for (let at = 0; at < words.length; at += 2) known.set(words[at] ?? "", words[at + 1] ?? "");
  const said = (field: string): string => known.get(field) ?? "";
  return { port: said("port"), replicas: said("num-slaves"), others: said("num-other-sentinels") };
}
