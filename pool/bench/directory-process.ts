import { randomBytes } from "node:crypto";
import { systemClock } from "@whisper/shared/base/clock";
import type { PoolName, RegionName } from "@whisper/shared/base/ids";
import { DIRECTORY_KEY, type PoolReport } from "@whisper/shared/directory/pool-report";
import { POOL_REPORT_EVERY_MS } from "@whisper/shared/limits";
import { directoryFields } from "../src/clerk/directory-fields.ts";
import { memoryStore } from "../world/upstash/memory-store.ts";
import { startUpstash } from "../world/upstash/upstash-server.ts";
import { answerAsks } from "./answer-asks.ts";

// What the edge reads: the directory behind Upstash's protocol, with two pools that report as real ones do.
// `requests` tells how often it was asked.

const POOLS = ["p1", "p2"] as const;

const store = memoryStore(systemClock);
const report = (pool: string, at: number): PoolReport => ({
  region: "eu-west" as RegionName,
  pool: pool as PoolName,
  lat: 50.1,
  lon: 8.7,
  sockets: 1_000 + at,
  socketsMax: 250_000,
  live: 1_000 + at,
  url: `ws://127.0.0.1:${9_001 + at}/v1/socket`,
  state: "up",
  atMs: systemClock.nowMs(),
});
/** As a clerk writes it, but past the endpoint, so that all requests there are the edge's. */
const publish = async (): Promise<void> => {
  const fields = directoryFields(POOLS.map(report), systemClock.nowMs());
  await store.call(["HSET", DIRECTORY_KEY, ...[...fields].flat()]);
};

await publish();
setInterval(() => void publish(), POOL_REPORT_EVERY_MS);
const token = randomBytes(24).toString("base64url");
const endpoint = await startUpstash({ store, token });
answerAsks({ url: endpoint.url, token }, { requests: endpoint.requests }, endpoint.stop);
