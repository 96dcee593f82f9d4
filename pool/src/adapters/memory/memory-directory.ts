import { directoryCopy, directoryFields, leftoverFields } from "../../clerk/directory-fields.ts";
import type { Directory } from "../../ports.ts";

/** A directory in this process, for tests. */
export function openMemoryDirectory(): Directory {
  const fields = new Map<string, string>();
  return {
    async publish(reports, nowMs, handoverKey) {
      for (const [name, text] of directoryFields(reports, nowMs, handoverKey)) fields.set(name, text);
      for (const name of leftoverFields(fields, nowMs, handoverKey)) fields.delete(name);
    },
    read: async () => directoryCopy(fields),
    close: async () => undefined,
  };
}
