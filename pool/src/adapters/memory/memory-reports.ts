import type { Report, Reports } from "../../ports.ts";

/** As many as the stream of a region keeps at most; the oldest go first. */
const KEPT_MAX = 100_000;

/** A stream of reports in this process: kept until the process ends. */
export function openMemoryReports(): Reports {
  const kept = new Map<string, Report>();
  return {
    async append(report) {
      if (kept.has(report.reportId)) return;
      kept.set(report.reportId, report);
      for (const oldest of kept.keys()) {
        if (kept.size <= KEPT_MAX) return;
        kept.delete(oldest);
      }
    },
    pending: async (most) => [...kept.values()].slice(0, most),
    close: async () => undefined,
  };
}
