import { measureDrain } from "./drain.ts";
import { measureEdge } from "./edge-connects.ts";
import type { Env } from "./edge-place.ts";
import { type KillWish, measureKills } from "./kills.ts";
import type { GroupName, Measured, NumberName } from "./lines.ts";
import { measureCheckedTexts, measureSocketBytes } from "./loadgen.ts";
import type { Profile } from "./profile.ts";
import { measureResubscribing } from "./region-bus.ts";
import { measureDesk, measureSeekCost } from "./region-desk.ts";
import { measureCrossTexts, measureLatency } from "./region-texts.ts";
import { measureMemory, measureTlsMemory } from "./shard-memory.ts";
import { measureTexts } from "./shard-texts.ts";
import { measureUpgrades } from "./shard-upgrades.ts";

export type Run = {
  /** One line about what is going on. */
  readonly say: (line: string) => void;
  /** What a child process needs of the environment. */
  readonly env: Env;
  /**
   * Takes profiles; none are made when it is absent. They are made in windows of their own: a profiler slows what it
   * watches.
   */
  readonly profiles?: Profile[];
  readonly kills: KillWish;
};
type Measure = {
  readonly group: GroupName;
  readonly gives: readonly NumberName[];
  run(run: Run): Promise<readonly Measured[]>;
};

/** What measures which numbers, in the order in which they are printed. */
export const MEASURES: readonly Measure[] = [
  { group: "shard", gives: ["shard.idle_bytes"], run: async ({ say }) => [await measureMemory(say)] },
  { group: "shard", gives: ["shard.tls_bytes"], run: async ({ say }) => [await measureTlsMemory(say)] },
  { group: "shard", gives: ["shard.texts_per_cpu_s", "shard.texts_with_receipts_per_cpu_s"], run: measureTexts },
  { group: "shard", gives: ["shard.upgrades_per_cpu_s"], run: async (run) => [await measureUpgrades(run)] },
  { group: "edge", gives: ["edge.connects_per_cpu_s", "edge.upstash_calls_warm"], run: measureEdge },
  {
    group: "region",
    gives: ["region.cross_texts_per_cpu_s"],
    run: measureCrossTexts,
  },
  { group: "region", gives: ["region.same_p99_ms", "region.cross_p99_ms"], run: measureLatency },
  { group: "region", gives: ["region.drain_per_s"], run: measureDrain },
  {
    group: "region",
    gives: ["region.pairs_per_s", "region.double_pairs", "region.match_p99_ms"],
    run: measureDesk,
  },
  { group: "region", gives: ["region.seek_cost_ratio"], run: measureSeekCost },
  { group: "region", gives: ["region.resubscribe_ms"], run: measureResubscribing },
  {
    group: "kills",
    gives: [
      ...(["kills.lost", "kills.doubled", "kills.reordered", "kills.foreign", "kills.ended"] as const),
      "kills.resumed_10s_ratio",
    ],
    run: measureKills,
  },
  { group: "loadgen", gives: ["loadgen.bytes_per_socket"], run: async ({ say }) => [await measureSocketBytes(say)] },
  { group: "loadgen", gives: ["loadgen.texts_per_cpu_s"], run: async ({ say }) => [await measureCheckedTexts(say)] },
];
