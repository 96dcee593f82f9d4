/**
 * Every number of the bench: its group, its unit, what is wanted of it, and what stands beside it. `none`: there may be
 * none at all, and one is a fault.
 */
export const NUMBERS = {
  "shard.idle_bytes": { group: "shard", unit: "bytes/session", goal: 900, better: "less" },
  "shard.tls_bytes": { group: "shard", unit: "bytes/session", goal: 5_000, better: "less" },
  "shard.texts_per_cpu_s": { group: "shard", unit: "texts/cpu_s", goal: 60_000, better: "more" },
  "shard.texts_with_receipts_per_cpu_s": { group: "shard", unit: "texts/cpu_s", goal: 50_000, better: "more" },
  "shard.upgrades_per_cpu_s": { group: "shard", unit: "upgrades/cpu_s", goal: 4_500, better: "more" },
  "edge.connects_per_cpu_s": { group: "edge", unit: "connects/cpu_s", goal: 1_000, better: "more" },
  "edge.upstash_calls_warm": { group: "edge", unit: "calls", goal: 0, better: "less" },
  "region.cross_texts_per_cpu_s": { group: "region", unit: "texts/cpu_s", goal: 25_000, better: "more" },
  "region.same_p99_ms": { group: "region", unit: "ms", goal: 5, better: "less" },
  "region.cross_p99_ms": { group: "region", unit: "ms", goal: 8, better: "less" },
  "region.pairs_per_s": { group: "region", unit: "pairs/redis_cpu_s", goal: 5_000, better: "more" },
  "region.double_pairs": { group: "region", unit: "people", goal: 0, better: "none" },
  "region.match_p99_ms": { group: "region", unit: "ms", goal: 150, better: "less" },
  "region.seek_cost_ratio": { group: "region", unit: "of 1", goal: 1.2, better: "less" },
  "region.drain_per_s": { group: "region", unit: "sockets/s", goal: 4_200, better: "more" },
  "region.resubscribe_ms": { group: "region", unit: "ms", goal: 50, better: "less" },
  "kills.lost": { group: "kills", unit: "texts", goal: 0, better: "none" },
  "kills.doubled": { group: "kills", unit: "texts", goal: 0, better: "none" },
  "kills.reordered": { group: "kills", unit: "texts", goal: 0, better: "none" },
  "kills.foreign": { group: "kills", unit: "texts", goal: 0, better: "none" },
  "kills.ended": { group: "kills", unit: "chats", goal: 0, better: "none" },
  "kills.resumed_10s_ratio": { group: "kills", unit: "of 1", goal: 0.99, better: "more" },
  "loadgen.bytes_per_socket": { group: "loadgen", unit: "bytes/socket", goal: 4_000, better: "less" },
  "loadgen.texts_per_cpu_s": { group: "loadgen", unit: "texts/cpu_s", goal: 60_000, better: "more" },
} as const satisfies Record<string, { group: string; unit: string; goal: number; better: "less" | "more" | "none" }>;

export type NumberName = keyof typeof NUMBERS;
export type GroupName = (typeof NUMBERS)[NumberName]["group"];
export const GROUPS: readonly GroupName[] = [...new Set(Object.values(NUMBERS).map(({ group }) => group))];

/** What was measured: the value, and the same of the baseline in the same run. */
export type Measured = {
  readonly name: NumberName;
  readonly value: number;
  readonly baseline: { readonly name: string; readonly value: number };
};

/** Where it was measured. */
export type Machine = { readonly cpu: string; readonly cores: number; readonly memory_bytes: number };

/** One line of the bench's output. */
export type BenchLine = {
  readonly name: NumberName;
  readonly value: number;
  readonly unit: string;
  readonly goal: number;
  readonly met: boolean;
  readonly baseline: { readonly name: string; readonly value: number };
  readonly machine: Machine;
  readonly commit: string;
};

/** Three digits after the point at most: nothing here is measured finer. */
const rounded = (value: number): number => Math.round(value * 1_000) / 1_000;

/** A measured number with its goal; throws for one that is no number, so that none is ever printed. */
export function lineOf({ name, value, baseline }: Measured, machine: Machine, commit: string): BenchLine {
  if (!Number.isFinite(value) || !Number.isFinite(baseline.value)) throw new RangeError(`${name} was not measured`);
  const { unit, goal, better } = NUMBERS[name];
  const shown = rounded(value);
  const met = better === "more" ? shown >= goal : shown <= goal;
  const beside = { name: baseline.name, value: rounded(baseline.value) };
  return { name, value: shown, unit, goal, met, baseline: beside, machine, commit };
}

/** Whether a line tells of a broken promise: something that must not happen once. */
export const isBroken = ({ name, met }: BenchLine): boolean => NUMBERS[name].better === "none" && !met;

/** Which numbers `wanted` asks for: a group or one number's name; `undefined` when there is neither of that name. */
export function numbersOf(wanted: string): readonly NumberName[] | undefined {
  const all = Object.keys(NUMBERS) as NumberName[];
  const found = all.filter((name) => name === wanted || NUMBERS[name].group === wanted);
  return found.length === 0 ? undefined : found;
}

/** The middle one; of an even count the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return low === undefined || high === undefined ? Number.NaN : (low + high) / 2;
}
