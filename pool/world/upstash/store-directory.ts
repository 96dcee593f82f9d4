import { DIRECTORY_KEY, parsePoolReport } from "@whisper/shared/directory/pool-report";
import type { Directory } from "../../src/ports.ts";
import type { UpstashStore } from "./store.ts";

/** The field that says when the directory was written; all others are `region/pool`. */
const AT = "at";

/** A directory in the store that the endpoint serves, as a clerk writes it over the network in production. */
export function storeDirectory(store: UpstashStore): Directory {
  const fields = async (): Promise<ReadonlyMap<string, string>> => {
    const flat = await store.call(["HGETALL", DIRECTORY_KEY]);
    const words = Array.isArray(flat) ? flat.map(String) : [];
    return new Map(words.flatMap((word, at) => (at % 2 === 0 ? [[word, words[at + 1] ?? ""] as const] : [])));
  };
  return {
    async publish(reports, nowMs) {
      const pairs = reports.flatMap((report) => [`${report.region}/${report.pool}`, JSON.stringify(report)]);
      await store.call(["HSET", DIRECTORY_KEY, AT, String(nowMs), ...pairs]);
    },
    async read() {
      const found = await fields();
      const atMs = Number(found.get(AT));
      if (found.size === 0) return undefined;
      const reports = [...found]
        .filter(([name]) => name !== AT)
        .map(([, value]) => parsePoolReport(JSON.parse(value)))
        .filter((report) => report !== undefined);
      return { reports, atMs };
    },
    close: async () => {},
  };
}
