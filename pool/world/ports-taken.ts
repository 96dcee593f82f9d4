import type { WorldPlan } from "./plan.ts";
import { WorldFault } from "./servers/child.ts";
import { claimPort } from "./servers/free-port.ts";

/** Rejects with one `WorldFault` that names every port of the plan that cannot be had, and what to do. */
export async function refuseTakenPorts(plan: WorldPlan, host: string): Promise<void> {
  const wanted = [
    { port: plan.edgePort, what: "the edge", setting: "WHISPER_EDGE_PORT" },
    ...plan.pools.flatMap(({ region, pool, port, opsPort }) => [
      { port, what: `sockets of ${region}/${pool}`, setting: "WHISPER_POOL_PORTS" },
      { port: opsPort, what: `operators of ${region}/${pool}`, setting: "WHISPER_OPS_PORTS" },
    ]),
  ].filter(({ port }) => port !== 0);
  const faults: string[] = [];
  for (const { port, what, setting } of wanted) {
    try {
      await claimPort(host, port);
    } catch (error) {
      const why = error instanceof Error && "code" in error ? String(error.code) : "unknown";
      const said = why === "EADDRINUSE" ? "is taken" : `cannot be used (${why})`;
      faults.push(`port ${port}, for ${what}, ${said}: stop what uses it, or set ${setting} to another`);
    }
  }
  if (faults.length > 0) throw new WorldFault(faults.join("\n"));
}
