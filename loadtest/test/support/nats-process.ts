import { spawn } from "node:child_process";
import { type AddressInfo, createServer } from "node:net";
import { until } from "./world-process.ts";

/** A nats-server on a free port of this machine. */
export type NatsProcess = { readonly url: string; kill(): Promise<void> };

/** Starts one; resolves when it takes connections. */
export async function startNatsProcess(given?: number): Promise<NatsProcess> {
  const port = given ?? (await freePort());
  const child = spawn("nats-server", ["-a", "127.0.0.1", "-p", String(port)], {
    env: { PATH: "/usr/local/sbin:/usr/sbin:/usr/local/bin:/usr/bin:/bin" },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (piece: string) => {
    said += piece;
  });
  const gone = new Promise<void>((resolve) => child.once("close", () => resolve()));
  await until(() => said.includes("Server is ready") || child.exitCode !== null, "nats-server is ready");
  if (child.exitCode !== null) throw new Error(`nats-server did not start:\n${said}`);
  return {
    url: `nats://127.0.0.1:${port}`,
    async kill() {
      child.kill("SIGKILL");
      await gone;
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
