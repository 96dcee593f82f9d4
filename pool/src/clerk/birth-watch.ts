import type { Clock } from "@whisper/shared/base/clock";
import type { RegionName } from "@whisper/shared/base/ids";
import { CONTROL_ALL } from "@whisper/shared/bus/subjects";
import type { Records } from "../ports.ts";
import type { Mail } from "../runtime/mail.ts";
import type { Turn } from "./directory-rounds.ts";

export type BirthWatchParts = {
  readonly mail: Pick<Mail, "send">;
  readonly region: RegionName;
  readonly records: Pick<Records, "generations">;
  readonly clock: Clock;
  readonly turn?: Turn;
  readonly everyMs: number;
};

/**
 * Reads every partition's generation each `everyMs`, and tells all shards which of them are new: those came back empty,
 * and what they held is put back by the shards that know it (DESIGN §9). The first look only remembers.
 */
export function startBirthWatch({ mail, region, records, clock, turn, everyMs }: BirthWatchParts): {
  stop(): Promise<void>;
} {
  let known: readonly string[] | undefined;
  let running: Promise<void> | undefined;

  const look = async (): Promise<void> => {
    if (turn !== undefined && !(await turn.isMine())) return;
    let now: readonly string[];
    try {
      now = await records.generations(clock.nowMs());
    } catch {
      return; // the store is away: what it lost is seen when it is back
    }
    const before = known;
    known = now;
    if (before === undefined) return;
    const partitions = now.flatMap((generation, at) => (generation === before[at] ? [] : [String(at)]));
    if (partitions.length > 0) mail.send(CONTROL_ALL, { kind: "reborn", home: region, partitions });
  };
  const timer = setInterval(() => {
    running ??= look().finally(() => {
      running = undefined;
    });
  }, everyMs);

  return {
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
}
