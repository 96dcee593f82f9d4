import { CERTIFICATE_FAULTS } from "./certificate.ts";

/**
 * What a field of a log line may hold: a number, a yes or no, a word from a closed list, or a promise as `assert` words
 * it in our source.
 */
export type FieldRule = "number" | "boolean" | "promise" | readonly string[];

/** Every line an operator can read, with the fields it may carry. What is not listed here is not written. */
export const LOG_EVENTS: Readonly<Record<string, Readonly<Record<string, FieldRule>>>> = {
  started: { tookMs: "number" },
  stopped: { failed: "number" },
  bus_fault: {},
  promise_broken: { promise: "promise" },
  keys_fetch_failed: { failures: "number", keys: "number" },
  keys_none_on_disk: {},
  keys_not_kept: {},
  records_away: { refused: "boolean" },
  records_back: {},
  waiting_list_away: { refused: "boolean" },
  waiting_list_back: {},
  directory_away: {},
  directory_back: {},
  shard_exited: { number: "number", code: "number", livedMs: "number", againMs: "number" },
  shard_unwell: { number: "number" },
  pool_ordered: { order: ["drain", "undrain", "cordon", "uncordon"] },
  pool_left: { left: "number" },
  ready_notice_failed: {},
  certificate_taken: { days: "number" },
  certificate_ends: { days: "number" },
  certificate_refused: { why: [...Object.keys(CERTIFICATE_FAULTS), "library"] },
};
