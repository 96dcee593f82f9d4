import { assert } from "@whisper/shared/base/assert";
import { STANDING_BYTES_MAX } from "@whisper/shared/limits";
import type { Standing } from "../ports.ts";

/** Whether a standing's words fit into a record: at most 1 KiB together. */
export const fitsRecord = ({ details = "", half = "", over = "" }: Standing): boolean =>
  Buffer.byteLength(details) + Buffer.byteLength(half) + Buffer.byteLength(over) <= STANDING_BYTES_MAX;

/** Throws for a standing that fits no record: whoever writes one has looked before. */
export const assertFits = (standing: Standing): void =>
  assert(fitsRecord(standing), "a standing is at most a kilobyte long");
