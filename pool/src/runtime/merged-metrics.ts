import { AggregatorRegistry, type MetricObjectWithValues, type MetricValue } from "prom-client";

/** The numbers of one process, as they travel to the one that shows them. */
export type MetricsOfOne = readonly MetricObjectWithValues<MetricValue<string>>[];

/** The page of all processes' numbers together; lines of equal name and labels are added up. */
export function mergedMetrics(of: readonly MetricsOfOne[]): Promise<string> {
  return AggregatorRegistry.aggregate(of.map((one) => [...one])).metrics();
}

/** The type of that page. */
export const MERGED_TYPE = AggregatorRegistry.PROMETHEUS_CONTENT_TYPE;
