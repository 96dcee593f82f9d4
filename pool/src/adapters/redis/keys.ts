/**
 * One kind of key: what it means, what Redis holds under it, and when it goes. `NN` is a partition, `<…>` is filled
 * in.
 */
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
  deskGeneration: {
    key: "{match}:gen",
    means: "random and time of birth of the desk, in the slot of its waiting list",
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

/** An index of a desk: sessions in an order. */
const IN_INDEX = { type: "sorted set", ttl: "emptied as its seekers go" } as const;

/**
 * Every key of a desk. All of them share one tag, so that one call may touch any of them on Redis Cluster too. What
 * people wrote (interests) stands only at the end of a key, behind its kind and lane, so that it can spell no other
 * key.
 */
export const DESK_KEYS = {
  due: {
    key: "{match}:due",
    means: "the next moment of each seeker (`s:<lane>:<session>`), proposal (`p:`) and shard (`h:`)",
    type: "sorted set",
    ttl: "none",
  },
  seeker: {
    key: "{match}:s:<lane>:<session>",
    means: "a seeker, waiting, set aside or proposed, or the trace of a seek that is over; packed",
    type: "string",
    ttl: "60 s for a trace, else dropped by its moment",
  },
  proposal: {
    key: "{match}:p:<lane>:<chat>",
    means: "a proposal and its two sides; packed",
    type: "string",
    ttl: "dropped by its moment, 90 s after pairing",
  },
  same: { key: "{match}:x:<lane>:<interests>", means: "who waits with these very interests, by place", ...IN_INDEX },
  interest: { key: "{match}:i:<lane>:<interest>", means: "who waits with this interest, by place", ...IN_INDEX },
  interestOpen: {
    key: "{match}:j:<lane>:<interest>",
    means: "who waits with this interest and meets anyone who shares one, by place",
    ...IN_INDEX,
  },
  waiting: { key: "{match}:w:<lane>:", means: "who waits, by place", ...IN_INDEX },
  waitingOpen: { key: "{match}:o:<lane>:", means: "who waits and meets anyone, by place", ...IN_INDEX },
  shard: { key: "{match}:a:<lane>:<address>", means: "who waits at this shard, by last confirmation", ...IN_INDEX },
  list: {
    key: "{match}:l:<lane>:<address>",
    means: "when a shard was heard and how far its list has come; packed",
    type: "string",
    ttl: "dropped with the shard's last seeker, after 5 s of silence",
  },
  listed: {
    key: "{match}:g:<lane>:<address>",
    means: "the sessions of a shard's list that have come",
    type: "set",
    ttl: "dropped when the list is whole, begins anew, or the shard is silent",
  },
  never: {
    key: "{match}:n:<lane>:<device>|<device>",
    means: "until when these two devices do not meet",
    type: "string",
    ttl: "that moment",
  },
  meter: {
    key: "{match}:m:<device>",
    means: "a device's seeks, as one moment (generic cell rate)",
    type: "string",
    ttl: "that moment",
  },
} as const satisfies Record<string, KeyRow>;
export const DESK_DUE_KEY = DESK_KEYS.due.key;
/** Where those who wait in a lane lie. */
export const deskWaitingKey = (lane: string): string => `{match}:w:${lane}:`;

const tagOf = (partition: number): string => `{p${String(partition).padStart(2, "0")}}`;
/** Where a session's record lies. */
export const recordKey = (partition: number, session: string): string => `${tagOf(partition)}:${session}`;
/** Where a partition's generation lies, in the slot of its records. */
export const generationKey = (partition: number): string => `${tagOf(partition)}:gen`;
export const DESK_GENERATION_KEY = RECORD_KEYS.deskGeneration.key;
/** Where the ban of a device lies. */
export const banKey = (device: string): string => `ban:${device}`;
export const DIRECTORY_TURN_KEY = RECORD_KEYS.directoryTurn.key;
