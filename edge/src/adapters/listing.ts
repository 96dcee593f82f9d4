import { type PublicJwk, parseJwks } from "@whisper/shared/credentials/key-ring";
import { HANDOVER_KEY_FIELD, type PoolReport, parsePoolReport } from "@whisper/shared/directory/pool-report";
import type { Listing } from "../ports.ts";

const POOLS_MAX = 10_000;

const json = (text: unknown): unknown => {
  if (typeof text !== "string") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // one spoilt field must not hide the others
  }
};

/**
 * The directory's hash, read by hand: a spoilt field is left out, a hash without its publisher's time is no directory.
 */
export function listingOf(fields: Readonly<Record<string, unknown>>): Listing | undefined {
  const atMs = Number(fields.at);
  if (!Number.isSafeInteger(atMs) || atMs <= 0) return undefined;
  const reports: PoolReport[] = [];
  const handover: PublicJwk[] = [];
  for (const [field, text] of Object.entries(fields).slice(0, POOLS_MAX)) {
    if (field.startsWith(HANDOVER_KEY_FIELD)) {
      const keys = parseJwks({ keys: [json(text)] }) ?? [];
      handover.push(...keys.filter((key) => key.use === "handover" && field === HANDOVER_KEY_FIELD + key.kid));
      continue;
    }
    const report = parsePoolReport(json(text));
    if (report !== undefined && field === `${report.region}/${report.pool}`) reports.push(report);
  }
  return { atMs, reports, handover };
}

/** The reverse, for a copy that is kept as text. */
export function fieldsOf(listing: Listing): Record<string, string> {
  const fields: Record<string, string> = { at: String(listing.atMs) };
  for (const report of listing.reports) fields[`${report.region}/${report.pool}`] = JSON.stringify(report);
  for (const key of listing.handover) fields[HANDOVER_KEY_FIELD + key.kid] = JSON.stringify(key);
  return fields;
}
