import { DIRECTORY_KEY } from "@whisper/shared/directory/pool-report";
import { directoryCopy, directoryFields, leftoverFields } from "../clerk/directory-fields.ts";
import type { Directory } from "../ports.ts";

/** Redis commands, all answered or none: rejects when the store is away or refuses one. */
export type Commands = (commands: readonly (readonly string[])[]) => Promise<readonly unknown[]>;

/** Looking for what nobody writes any more costs a read of all: once a minute, and not before the pools have spoken. */
const SWEEP_EVERY = 30;

/** The directory in one hash of a store that speaks Redis. */
export function hashDirectory(commands: Commands, close: () => Promise<void>): Directory {
  let published = 0;
  const all = async (): Promise<ReadonlyMap<string, string>> => {
    const [pairs] = await commands([["HGETALL", DIRECTORY_KEY]]);
    if (!Array.isArray(pairs)) throw new TypeError("the directory answers no hash");
    const words = pairs.map(String);
    return new Map(words.flatMap((word, at) => (at % 2 === 0 ? [[word, words[at + 1] ?? ""] as const] : [])));
  };
  return {
    async publish(reports, nowMs, handoverKey) {
      await commands([["HSET", DIRECTORY_KEY, ...[...directoryFields(reports, nowMs, handoverKey)].flat()]]);
      if (++published % SWEEP_EVERY !== 0) return;
      const leftovers = leftoverFields(await all(), nowMs, handoverKey);
      if (leftovers.length > 0) await commands([["HDEL", DIRECTORY_KEY, ...leftovers]]);
    },
    read: async () => directoryCopy(await all()),
    close,
  };
}
