import type { PoolName, RegionName } from "@whisper/shared/base/ids";
import * as L from "@whisper/shared/limits";
import type { TlsFiles } from "../runtime/tls-files.ts";
import type { DrainSettings } from "./drain.ts";
import { type Meter, meterOf } from "./meter.ts";
import { SPANS, type Spans } from "./session.ts";

/** Everything a shard is told at its start. */
export type ShardSettings = {
  readonly region: RegionName;
  readonly pool: PoolName;
  readonly shard: number;
  /** How many shards the pool has: they share its pace and its room in a drain. */
  readonly shards: number;
  /** Degrees; where the region is. */
  readonly lat: number;
  readonly lon: number;
  /** Where to listen; port 0 picks a free one. */
  readonly host: string;
  readonly port: number;
  /** The address clients get, `wss://…/v1/socket`; made from host and port when absent. */
  readonly url?: string;
  /** With these files sockets come in by TLS alone. */
  readonly tls?: TlsFiles;
  /** How often it is looked at whether they were renewed; every two seconds if not given. */
  readonly tlsLookMs?: number;
  /** Where the pool's ops port answers; told in development only. */
  readonly opsUrl?: string;
  /** Whether siblings listen on the same port, and this shard leaves it to them while it is full. */
  readonly sharesPort: boolean;
  readonly socketsMax: number;
  /** Whether it reports its load to the directory itself; else its supervisor does that for the whole pool. */
  readonly reportsLoad: boolean;
  readonly upgradesPerS: number;
  /** Bad signatures of one network in 50 s that are looked at. */
  readonly forgedPerWindow: number;
  readonly texts: Meter;
  readonly textBytes: Meter;
  readonly typing: Meter;
  readonly frames: Meter;
  readonly frameBytes: Meter;
  readonly spans: Spans;
  /** The two nearest other regions. */
  readonly neighbours: readonly RegionName[];
  /** Whether the pool has a supervisor that publishes heartbeats. */
  readonly hasHeartbeats: boolean;
  readonly drain: DrainSettings;
  readonly reportEveryMs: number;
  readonly seekersEveryMs: number;
  /** All records are renewed once in this, a part of them each slice. */
  readonly touchEveryMs: number;
  readonly touchSliceMs: number;
};

/** What production runs with, beside the names and places. */
export const SHARD_DEFAULTS = {
  host: "127.0.0.1",
  port: 0,
  shards: 1,
  sharesPort: false,
  socketsMax: 18_000,
  reportsLoad: true,
  upgradesPerS: 2_000,
  forgedPerWindow: L.FORGED_PER_WINDOW,
  texts: meterOf(L.TEXTS_PER_WINDOW, L.TEXTS_WINDOW_MS),
  textBytes: meterOf(L.TEXT_BYTES_PER_10S, 10_000),
  typing: meterOf(L.TYPING_PER_S, 1_000),
  frames: meterOf(L.FRAMES_PER_S, 1_000),
  frameBytes: meterOf(L.FRAME_BYTES_PER_10S, 10_000),
  spans: SPANS,
  neighbours: [],
  hasHeartbeats: false,
  drain: { perS: L.DRAIN_PER_S, deadlineMs: L.DRAIN_MS },
  reportEveryMs: L.POOL_REPORT_EVERY_MS,
  seekersEveryMs: L.SEEKERS_REPORTED_EVERY_MS,
  touchEveryMs: L.TOUCH_EVERY_MS,
  touchSliceMs: 1_000,
} as const satisfies Partial<ShardSettings>;
