import { isChatId, isDeviceHash, isRegionName } from "@whisper/shared/base/ids";
import { EVIDENCE_MAX } from "@whisper/shared/limits";
import type { Report } from "../ports.ts";

const isText = (value: unknown): value is string => typeof value === "string";

/** A report as it lies in a stream. */
export const wordsOfReport = (report: Report): Uint8Array => Buffer.from(JSON.stringify(report));

/** A report read from a stream, or `undefined`: whoever wrote it, every field is looked at. */
export function parseReport(words: Uint8Array): Report | undefined {
  let raw: unknown;
  try {
    raw = JSON.parse(Buffer.from(words).toString("utf8"));
  } catch {
    return undefined; // not JSON, so not ours
  }
  if (typeof raw !== "object" || raw === null) return undefined;
  const r = raw as Record<string, unknown>;
  if (!isText(r.reportId) || !isChatId(r.chat) || !isRegionName(r.region)) return undefined;
  if (!isDeviceHash(r.reporterDevice) || !isDeviceHash(r.reportedDevice)) return undefined;
  if (r.lane !== "live" && r.lane !== "test") return undefined;
  if (!isText(r.reason) || !isText(r.comment) || !Number.isSafeInteger(r.atMs)) return undefined;
  if (!Array.isArray(r.evidence) || r.evidence.length > EVIDENCE_MAX || !r.evidence.every(isText)) return undefined;
  return r as Report;
}
