import { Redis } from "ioredis";
import { type Server, startServer } from "../../world/servers/server.ts";

/** One Redis in cluster mode that owns all slots: it refuses a script that touches keys of two of them. */
export async function startRedisClusterNode(): Promise<Server> {
  const server = await startServer(
    {
      name: "redis-server",
      programs: ["redis-server", "/usr/bin/redis-server"],
      debianPackage: "redis-server",
      scheme: "redis",
      prepare: async (dir, host, port) => [
        ...["--bind", host, "--port", String(port), "--dir", dir, "--save", "", "--cluster-enabled", "yes"],
        ...["--cluster-port", String(port > 40_000 ? port - 10_000 : port + 10_000)],
      ],
      hello: "INFO server\r\n",
      isReady: (reply, pid) => reply.includes(`process_id:${pid}\r\n`),
    },
    {},
  );
  const admin = new Redis(server.url);
  await admin.call("CLUSTER", "ADDSLOTSRANGE", "0", "16383");
  while (!String(await admin.call("CLUSTER", "INFO")).includes("cluster_state:ok")) {
    if (!(await isStillThere(server))) throw new Error(`no cluster: ${server.output()}`);
  }
  admin.disconnect();
  return server;
}

const isStillThere = (server: Server): Promise<boolean> =>
  Promise.race([server.gone.then(() => false), new Promise<boolean>((resolve) => setTimeout(() => resolve(true), 20))]);
