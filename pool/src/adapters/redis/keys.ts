/** One kind of key: what it means, what Redis holds under it, and when it goes. `NN` is a partition, `<…>` is filled in. */
export type KeyRow = { readonly key: string; readonly means: string; readonly type: string; readonly ttl: string };

/** Every key that records, bans and the directory's lock put into a region's Redis. */
export const RECORD_KEYS = {
  record: {
    key: "{pNN}:<session>",
    means: "where one session stands, packed (record-store.lua)",
    type: "string",
    ttl: "15 min after the last admission, write or touch",
  },
  generation: {
    key: "{pNN}:gen",
    means: "random and time of birth of a partition: a new one tells that the store came back empty",
    type: "string",
    ttl: "none",
  },
  ban: {
    key: "ban:<device hash>",
    means: "a ban of a device: when it ends, then its reason",
    type: "string",
    ttl: "the ban's end",
  },
  directoryTurn: {
    key: "directory:turn",
    means: "which clerk of the region publishes the directory",
    type: "string",
    ttl: "three publishing rounds",
  },
} as const satisfies Record<string, KeyRow>;

const tagOf = (partition: number): string => `{p${String(partition).padStart(2, "0")}}`;
export const recordKey = (partition: number, session: string): string => `${tagOf(partition)}:${session}`;
export const generationKey = (partition: number): string => `${tagOf(partition)}:gen`;
export const banKey = (device: string): string => `ban:${device}`;
export const DIRECTORY_TURN_KEY = RECORD_KEYS.directoryTurn.key;
