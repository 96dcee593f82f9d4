import type { Clock } from "@whisper/shared/base/clock";
import type { RegionName } from "@whisper/shared/base/ids";
import { CONTROL_ALL } from "@whisper/shared/bus/subjects";
import type { Records } from "../ports.ts";
import type { Mail } from "../runtime/mail.ts";
import type { Turn } from "./directory-rounds.ts";

export type BirthWatchParts = {
  readonly mail: Pick<Mail, "send" | "listen">;
  readonly region: RegionName;
  readonly records: Pick<Records, "generations" | "deskGeneration">;
  readonly clock: Clock;
  readonly turn?: Turn;
  readonly everyMs: number;
};

/** While the store is away it is looked at so often, so that its return is seen at once. */
const AWAY_EVERY_MS = 100;
const DESK = "desk";

/**
 * Reads the generations of all partitions and of the desk each `everyMs`, and tells all shards which of them are new:
 * those came back empty, and what they held is put back by the shards that know it (DESIGN §9). Every clerk looks,
 * so that none has to have looked before; whose turn it is tells. The first look only remembers.
 */
export function startBirthWatch({ mail, region, records, clock, turn, everyMs }: BirthWatchParts): {
  stop(): Promise<void>;
} {
  const known = new Map<string, string>();
  const untold = new Set<string>();
  let isStopped = false;

  const look = async (): Promise<void> => {
    const nowMs = clock.nowMs();
    const [desk, partitions] = await Promise.all([records.deskGeneration(nowMs), records.generations(nowMs)]);
    const births: [string, string][] = partitions.map((generation, at) => [String(at), generation]);
    for (const [name, generation] of [...births, [DESK, desk] as const]) {
      const before = known.get(name);
      known.set(name, generation);
      if (before !== undefined && before !== generation) untold.add(name);
    }
  };
  const tell = async (): Promise<void> => {
    if (untold.size === 0 || (turn !== undefined && !(await turn.isMine()))) return;
    const partitions = [...untold].filter((name) => name !== DESK);
    const isDesk = untold.has(DESK);
    untold.clear();
    mail.send(CONTROL_ALL, { kind: "reborn", home: region, partitions, desk: isDesk ? "emptied" : undefined });
  };
  const round = async (): Promise<void> => {
    let waitMs = everyMs;
    try {
      await look();
      await tell();
    } catch {
      waitMs = Math.min(AWAY_EVERY_MS, everyMs); // what the store lost is seen when it is back
    }
    if (!isStopped) timer = setTimeout(again, waitMs);
  };
  let running = Promise.resolve();
  const again = (): void => {
    running = round();
  };
  let timer = setTimeout(again, 0);
  const ear = mail.listen(CONTROL_ALL, (memo) => {
    if (memo.kind !== "reborn" || memo.home !== region) return;
    // Another clerk has told of these: what the next look finds is no news.
    for (const name of memo.desk === undefined ? memo.partitions : [...memo.partitions, DESK]) {
      untold.delete(name);
      known.delete(name);
    }
  });

  return {
    async stop() {
      isStopped = true;
      ear.stop();
      clearTimeout(timer);
      await running;
    },
  };
}
