import { setTimeout as pause } from "node:timers/promises";
import type { RegionName } from "@whisper/shared/base/ids";
import { reportSubject } from "@whisper/shared/bus/subjects";
import { DiscardPolicy, ErrorCode, type JetStreamManager, NatsError, nanos, RetentionPolicy, StorageType } from "nats";
import type { Report, Reports } from "../../ports.ts";
import { parseReport, wordsOfReport } from "../report-words.ts";
import { linkNats } from "./nats-connection.ts";

const ACK_MS = 2_000;
const KEPT_BYTES_MAX = 128 * 1_048_576;
const KEPT_MS = 30 * 86_400_000;
/** A report that is sent again later than this would be kept twice; its shard gives up after a minute. */
const SAME_WITHIN_MS = 600_000;
const MAKE_TRIES = 5;
const MAKE_AGAIN_MS = 100;
const NO_MESSAGE = 10_037;
const NO_STREAM = 10_059;

/** The name of a region's stream. */
export const reportStream = (region: RegionName): string => `wh-report-${region}`;

/**
 * A region's stream of reports in JetStream, made if absent, kept on the disks of `copies` servers until a moderator
 * has confirmed each; a stream of fewer copies is given more. `urls` are the servers of the bus, by comma. Rejects when
 * none can be reached at the start, or they are fewer than the copies.
 */
export async function openJetstreamReports(
  urls: string,
  region: RegionName,
  onFault: (error: unknown) => void,
  copies = 1,
): Promise<Reports> {
  const link = await linkNats(urls, onFault);
  const { nats, isUp } = link;
  const stream = reportStream(region);
  let streams: JetStreamManager;
  try {
    streams = await nats.jetstreamManager({ timeout: ACK_MS, checkAPI: false });
    await ensureStream(streams, region, copies);
  } catch (error) {
    await link.close();
    throw error;
  }
  const jetstream = nats.jetstream({ timeout: ACK_MS });
  const append = async (report: Report): Promise<void> => {
    await jetstream.publish(reportSubject(region), wordsOfReport(report), { msgID: report.reportId, timeout: ACK_MS });
  };

  return {
    async append(report) {
      // The library would wait out its time for a server that it knows to be away.
      if (!isUp()) throw new Error("the stream of reports is away");
      try {
        await append(report);
      } catch (error) {
        if (!isNobodyThere(error)) throw error;
        await ensureStream(streams, region, copies); // its disk was lost: an empty stream is better than none
        await append(report);
      }
    },
    async pending(most) {
      const { state } = await streams.streams.info(stream);
      const found: Report[] = [];
      if (state.messages === 0) return found;
      for (let seq = state.first_seq; seq <= state.last_seq && found.length < most; seq++) {
        const report = await reportAt(streams, stream, seq);
        if (report !== undefined) found.push(report);
      }
      return found;
    },
    close: link.close,
  };
}

/**
 * Makes the stream if it is absent. Tried again while the servers elect a leader, and when several shards start at
 * once: the server refuses all but one of them.
 */
async function ensureStream(manager: JetStreamManager, region: RegionName, copies: number): Promise<void> {
  for (let left = MAKE_TRIES; ; left--) {
    try {
      return await haveStream(manager, region, copies);
    } catch (error) {
      if (left <= 1 || !isPassing(error)) throw error;
    }
    await pause(MAKE_AGAIN_MS);
  }
}

async function haveStream(manager: JetStreamManager, region: RegionName, copies: number): Promise<void> {
  const name = reportStream(region);
  try {
    const { config } = await manager.streams.info(name);
    if (config.num_replicas < copies) await manager.streams.update(name, { num_replicas: copies });
  } catch (error) {
    if (!hasCode(error, NO_STREAM)) throw error;
    await makeStream(manager, region, copies);
  }
}

async function makeStream(manager: JetStreamManager, region: RegionName, copies: number): Promise<void> {
  await manager.streams.add({
    name: reportStream(region),
    subjects: [reportSubject(region)],
    storage: StorageType.File,
    num_replicas: copies,
    retention: RetentionPolicy.Workqueue,
    discard: DiscardPolicy.Old,
    max_bytes: KEPT_BYTES_MAX,
    max_age: nanos(KEPT_MS),
    duplicate_window: nanos(SAME_WITHIN_MS),
  });
}

/** The report at a place of the stream; `undefined` for one that was confirmed meanwhile, or is none. */
async function reportAt(manager: JetStreamManager, stream: string, seq: number): Promise<Report | undefined> {
  try {
    return parseReport((await manager.streams.getMessage(stream, { seq })).data);
  } catch (error) {
    if (hasCode(error, NO_MESSAGE)) return undefined;
    throw error;
  }
}

const hasCode = (error: unknown, code: number): boolean =>
  error instanceof NatsError && error.jsError()?.err_code === code;
/** A refusal, or no answer though a server is reached: they have no leader yet, or another shard was first. */
const isPassing = (error: unknown): boolean =>
  error instanceof NatsError && (error.isJetStreamError() || error.code === ErrorCode.Timeout);
const isNobodyThere = (error: unknown): boolean => error instanceof NatsError && error.code === "503";
