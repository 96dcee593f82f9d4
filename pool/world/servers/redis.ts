import { type Server, type ServerKind, type ServerOptions, startServer } from "./server.ts";

const REDIS: ServerKind = {
  name: "redis-server",
  programs: ["redis-server"],
  debianPackage: "redis-server",
  scheme: "redis",
  prepare: async (dir, host, port) => [
    ...["--bind", host, "--port", String(port), "--dir", dir],
    // Nothing on disk: a region's records are rebuilt by the shards, and a test's are worth nothing.
    ...["--save", "", "--appendonly", "no", "--daemonize", "no"],
  ],
  hello: "INFO server\r\n",
  isReady: (reply, pid) => reply.includes(`process_id:${pid}\r\n`),
};

/** Starts a redis-server that keeps everything in memory; resolves when it answers. */
export const startRedis = (options: ServerOptions = {}): Promise<Server> => startServer(REDIS, options);
