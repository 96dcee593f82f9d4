import type { Run } from "./groups.ts";
import { type Measured, median } from "./lines.ts";
import { askNumber, startHelper } from "./processes.ts";

const CUTS = 20;

/**
 * How long it takes a shard to hear all of its subjects again once the bus takes its connection, the slowest of 20
 * cuts, beside the median.
 */
export async function measureResubscribing({ say }: Run): Promise<readonly Measured[]> {
  const helper = await startHelper("a shard's bus", "pool/bench/resubscribe-process.ts");
  const took: number[] = [];
  for (let cut = 0; cut < CUTS; cut++) took.push(await askNumber(helper, "deaf_ms"));
  await helper.stop();
  const slowest = Math.max(...took);
  say(
    `the bus: ${String(helper.ready.subjects)} subjects heard again after ${median(took).toFixed(1)} ms, ${slowest.toFixed(1)} at most`,
  );
  const baseline = { name: "median of 20 cuts, ms", value: median(took) };
  return [{ name: "region.resubscribe_ms", value: slowest, baseline }];
}
