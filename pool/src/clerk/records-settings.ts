import { RECORD_SETTLE_MS, RECORD_TTL_MS } from "@whisper/shared/limits";

export type RecordsSettings = {
  /** How long a record lives after the last word of its shard. */
  readonly ttlMs: number;
  /** How long after a partition's birth a missing record is waited for. */
  readonly settleMs: number;
};

export const RECORDS_SETTINGS: RecordsSettings = { ttlMs: RECORD_TTL_MS, settleMs: RECORD_SETTLE_MS };
