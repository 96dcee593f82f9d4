import type { SessionId } from "@whisper/shared/base/ids";
import { PARTITIONS } from "@whisper/shared/limits";

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/**
 * The partition of a session's record, 0 to 63: ids are random, so the first of their 64 letters spreads them evenly.
 */
export const partitionOf = (session: SessionId): number => LETTERS.indexOf(session.charAt(0));

/** All partitions, in order. */
export const ALL_PARTITIONS: readonly number[] = Array.from({ length: PARTITIONS }, (_, i) => i);
