import { directoryCopy, directoryFields, leftoverFields } from "../../clerk/directory-fields.ts";
import type { Directory } from "../../ports.ts";

/** A directory in this process, for tests; `fields` is what a hash of the real one would hold. */
export function openMemoryDirectory(fields = new Map<string, string>()): Directory {
  return {
    async publish(reports, nowMs, handoverKey) {
      for (const [name, text] of directoryFields(reports, nowMs, handoverKey)) fields.set(name, text);
      for (const name of leftoverFields(fields, nowMs, handoverKey)) fields.delete(name);
    },
    read: async () => directoryCopy(fields),
    close: async () => undefined,
  };
}
