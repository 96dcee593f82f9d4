import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Redis } from "ioredis";
import { type Server, type ServerKind, startServer } from "../../world/servers/server.ts";
import { until } from "./until.ts";

const MASTER = "eu-west";
const PASSWORD = "0f-the-data";
/** Sentinels have one of their own. */
const WATCH_PASSWORD = "0f-the-watch";
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
  const servers = await Promise.all([startServer(DATA, {}), startServer(DATA, {})]);
  const [first, second] = servers;
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
  const hosts = sentinels.map(({ host, port }) => `${host}:${port}`).join(",");
  return {
    url: `redis+sentinel://:${PASSWORD}@${hosts}/${MASTER}?sentinel_password=${WATCH_PASSWORD}`,
    master,
    admin: async () => dialled(await master(), PASSWORD),
    async copied() {
      const one = dialled(await master(), PASSWORD);
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
      servers[at] = await startServer(DATA, { port: dead.port });
    },
    async stop() {
      await Promise.all(sentinels.map((sentinel) => sentinel.stop()));
      await Promise.all(servers.map((server) => server.stop()));
    },
  };
}

const isOurs = (reply: string, pid: number): boolean => reply.includes(`process_id:${pid}\r\n`);

/** One that holds data, and may become the master. */
const DATA: ServerKind = {
  name: "redis-server",
  programs: ["redis-server", "/usr/bin/redis-server"],
  debianPackage: "redis-server",
  scheme: "redis",
  prepare: async (dir, host, port) => [
    ...["--bind", host, "--port", String(port), "--dir", dir, "--save", ""],
    ...["--requirepass", PASSWORD, "--masterauth", PASSWORD, "--repl-diskless-sync-delay", "0"],
  ],
  hello: `AUTH ${PASSWORD}\r\nINFO server\r\n`,
  isReady: isOurs,
};

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
      `sentinel auth-pass ${MASTER} ${PASSWORD}`,
      `requirepass ${WATCH_PASSWORD}`,
    ];
    const file = join(dir, "sentinel.conf");
    await writeFile(file, `${lines.join("\n")}\n`);
    return [file, "--sentinel"];
  },
  hello: `AUTH ${WATCH_PASSWORD}\r\nINFO server\r\n`,
  isReady: isOurs,
});

function dialled({ host, port }: Server, password: string): Redis {
  const redis = new Redis({ host, port, password, maxRetriesPerRequest: 0, retryStrategy: () => null });
  redis.on("error", () => undefined); // the refused call says so
  return redis;
}

/** One answer over a connection of its own. */
async function asked(server: Server, words: readonly string[], password = PASSWORD): Promise<unknown> {
  const redis = dialled(server, password);
  const [command = "", ...rest] = words;
  try {
    return await redis.call(command, ...rest);
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
  const flat = await asked(sentinel, ["SENTINEL", "MASTER", MASTER], WATCH_PASSWORD);
  const known = new Map<string, string>();
  const words = (Array.isArray(flat) ? flat : Object.entries(flat ?? {}).flat()).map(String);
  for (let at = 0; at < words.length; at += 2) known.set(words[at] ?? "", words[at + 1] ?? "");
  const said = (field: string): string => known.get(field) ?? "";
  return { port: said("port"), replicas: said("num-slaves"), others: said("num-other-sentinels") };
}
