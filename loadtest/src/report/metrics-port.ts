import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { UsageFault } from "../plan/usage-fault.ts";

export type MetricsPort = { readonly port: number; close(): Promise<void> };

/** Serves `GET /metrics` on 127.0.0.1 until closed; port 0 is any. A port that is taken is a usage fault. */
export async function openMetricsPort(port: number, read: () => string): Promise<MetricsPort> {
  const server = createServer((request, answer) => {
    const isMetrics = request.method === "GET" && request.url?.split("?")[0] === "/metrics";
    answer.writeHead(isMetrics ? 200 : 404, { "content-type": "text/plain; version=0.0.4; charset=utf-8" });
    answer.end(isMetrics ? read() : "GET /metrics\n");
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) =>
      reject(
        new UsageFault(
          `--metrics-port ${port} cannot be used (${error.code ?? "unknown"}): write another, or 0 for any`,
          {
            cause: error,
          },
        ),
      ),
    );
    server.listen(port, "127.0.0.1", resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
