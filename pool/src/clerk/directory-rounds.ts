import type { Clock } from "@whisper/shared/base/clock";
import type { RegionName } from "@whisper/shared/base/ids";
import type { PublicJwk } from "@whisper/shared/credentials/key-ring";
import { isSilent, type PoolReport, parsePoolReport } from "@whisper/shared/directory/pool-report";
import type { Directory, Log } from "../ports.ts";

/** Whose turn it is among a region's clerks. Never rejects: who cannot ask has no turn. */
export type Turn = { isMine(): Promise<boolean> };

export type DirectoryRounds = {
  /** What a pool says of itself; false for anything that is not a report of this region. */
  heard(report: string): boolean;
  /** No round any more; resolves when the one that runs is over. */
  stop(): Promise<void>;
};

type RoundsParts = {
  readonly region: RegionName;
  readonly directory: Directory;
  readonly log: Log;
  readonly clock: Clock;
  readonly turn?: Turn;
  readonly everyMs: number;
  readonly handoverKey: PublicJwk;
  readonly onPublished: () => void;
};

const REPORT_CHARS_MAX = 1_024;
/** More pools than a region has; one more is not a pool but a fault. */
const POOLS_MAX = 256;

/**
 * Gathers what the region's pools say and publishes it, when it is this clerk's turn: every `everyMs`, and at once
 * when a pool appears or changes its state, so that nobody is sent to a pool that drains.
 */
export function startDirectoryRounds(parts: RoundsParts): DirectoryRounds {
  const { region, directory, log, clock, turn, everyMs, handoverKey, onPublished } = parts;
  const reports = new Map<string, PoolReport>();
  let isAway = false;
  let isStopped = false;
  let running: Promise<void> | undefined;
  let isWanted = false;

  const publish = async (): Promise<void> => {
    const nowMs = clock.nowMs();
    for (const [pool, report] of reports) if (isSilent(report, nowMs)) reports.delete(pool);
    if (reports.size === 0 || (turn !== undefined && !(await turn.isMine()))) return;
    try {
      await directory.publish([...reports.values()], nowMs, handoverKey);
      onPublished();
      if (isAway) log.info("directory_back");
      isAway = false;
    } catch {
      // What was not published is old in two seconds anyway: the next round says it anew.
      if (!isAway) log.warn("directory_away");
      isAway = true;
    }
  };
  /** One round at a time: a slow directory must not be asked twice at once. */
  const round = (): void => {
    if (isStopped) return;
    isWanted = true;
    running ??= rounds();
  };
  const rounds = async (): Promise<void> => {
    while (isWanted && !isStopped) {
      isWanted = false;
      await publish();
    }
    running = undefined;
  };
  const timer = setInterval(round, everyMs);

  return {
    heard(text) {
      const report = reportIn(text);
      if (report?.region !== region || (reports.size >= POOLS_MAX && !reports.has(report.pool))) return false;
      const before = reports.get(report.pool);
      if (before !== undefined && before.atMs > report.atMs) return true; // overtaken by a newer one
      reports.set(report.pool, report);
      if (before?.state !== report.state) round();
      return true;
    },
    async stop() {
      isStopped = true;
      clearInterval(timer);
      await running;
    },
  };
}

function reportIn(text: string): PoolReport | undefined {
  if (text.length > REPORT_CHARS_MAX) return undefined;
  try {
    return parsePoolReport(JSON.parse(text));
  } catch {
    return undefined; // not JSON: the caller counts it
  }
}
