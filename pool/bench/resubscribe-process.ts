import { connect, createServer, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import type { PoolName, RegionName } from "@whisper/shared/base/ids";
import { CONTROL_ALL, heartbeatSubject, heartbeatsOf, inboxSubject } from "@whisper/shared/bus/subjects";
import { openNatsBus } from "../src/adapters/nats/nats-bus.ts";
import { startNats } from "../world/servers/nats.ts";
import { answerAsks } from "./answer-asks.ts";

// How long a shard is deaf after its bus is there again: `deaf_ms` cuts the connection once and tells the time from the
// moment at which the next one was taken until each of a shard's subjects was heard on it.

const REGION = "eu-west" as RegionName;
const POOL = "p1" as PoolName;
/** Regions where partners sit. */
const ELSEWHERE = ["us-east", "ap-south"] as const;
const PROBE_MS = 0.2;

const nats = await startNats();
const open = new Set<Socket>();
let acceptedMs = 0;
const proxy = createServer((client) => {
  acceptedMs = performance.now();
  const server = connect(nats.port, "127.0.0.1");
  for (const [from, to] of [
    [client, server],
    [server, client],
  ] as const) {
    open.add(from);
    from.pipe(to);
    from.on("error", () => {
      // It was cut, which is what it is for.
    });
    from.on("close", () => {
      open.delete(from);
      to.destroy();
    });
  }
});
const port = await new Promise<number>((resolve) => {
  proxy.listen(0, "127.0.0.1", () => {
    const address = proxy.address();
    resolve(typeof address === "object" && address !== null ? address.port : 0);
  });
});
const onFault = (fault: unknown): void => {
  throw fault; // a bench over a broken bus measures nothing
};
const prober = await openNatsBus(nats.url, onFault);
const shard = await openNatsBus(`nats://127.0.0.1:${port}`, onFault);
/** What a shard listens to, and what reaches it there. */
const SUBJECTS: readonly (readonly [heard: string, said: string])[] = [
  ...[inboxSubject({ region: REGION, pool: POOL, shard: 0 }), CONTROL_ALL].map(
    (subject) => [subject, subject] as const,
  ),
  ...[REGION, ...ELSEWHERE].map((region) => [heartbeatsOf(region), heartbeatSubject(region, POOL)] as const),
];
const heard = new Set<string>();
for (const [subject] of SUBJECTS) shard.listen(subject, () => void heard.add(subject));
await shard.flush();

async function deafMs(): Promise<number> {
  for (const socket of [...open]) socket.destroy();
  acceptedMs = 0;
  while (acceptedMs === 0) await pause(1);
  heard.clear();
  while (heard.size < SUBJECTS.length) {
    for (const [subject, said] of SUBJECTS) if (!heard.has(subject)) prober.publish(said, new Uint8Array(1));
    await pause(PROBE_MS);
  }
  return performance.now() - acceptedMs;
}

answerAsks({ subjects: SUBJECTS.length }, { deaf_ms: deafMs }, async () => {
  proxy.close();
  await Promise.all([prober.close(), shard.close(), nats.stop()]);
});
