import { DIRECTORY_KEY } from "@whisper/shared/directory/pool-report";
import { directoryCopy, directoryFields, leftoverFields } from "../../src/clerk/directory-fields.ts";
import type { Directory } from "../../src/ports.ts";
import type { UpstashStore } from "./store.ts";

/** A directory in the store that the endpoint serves, as a clerk writes it over the network in production. */
export function storeDirectory(store: UpstashStore): Directory {
  const read = async (): Promise<ReadonlyMap<string, string>> => {
    const flat = await store.call(["HGETALL", DIRECTORY_KEY]);
    const words = Array.isArray(flat) ? flat.map(String) : [];
    return new Map(words.flatMap((word, at) => (at % 2 === 0 ? [[word, words[at + 1] ?? ""] as const] : [])));
  };
  return {
    async publish(reports, nowMs, handoverKey) {
      const leftover = leftoverFields(await read(), nowMs, handoverKey);
      if (leftover.length > 0) await store.call(["HDEL", DIRECTORY_KEY, ...leftover]);
      await store.call(["HSET", DIRECTORY_KEY, ...[...directoryFields(reports, nowMs, handoverKey)].flat()]);
    },
    read: async () => directoryCopy(await read()),
    close: async () => {},
  };
}
