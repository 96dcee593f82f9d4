import { type PublicJwk, parseJwks } from "@whisper/shared/credentials/key-ring";
import { HANDOVER_KEY_FIELD, type PoolReport, parsePoolReport } from "@whisper/shared/directory/pool-report";
import type { DirectoryCopy } from "../ports.ts";
import { regionOfKey } from "./handover.ts";

// The directory is one hash: `at`, a field per pool, a field per hand-over key.

const AT = "at";
/** A pool that said nothing for so long is not coming back under this name. */
const LEFT_MS = 3_600_000;

/** What a clerk writes. */
export function directoryFields(
  reports: readonly PoolReport[],
  nowMs: number,
  handoverKey?: PublicJwk,
): ReadonlyMap<string, string> {
  const fields = new Map([[AT, String(nowMs)]]);
  for (const report of reports) fields.set(`${report.region}/${report.pool}`, JSON.stringify(report));
  if (handoverKey !== undefined) fields.set(HANDOVER_KEY_FIELD + handoverKey.kid, JSON.stringify(handoverKey));
  return fields;
}

/** Fields that nobody writes any more: earlier keys of this key's region, and pools that left long ago. */
export function leftoverFields(
  fields: ReadonlyMap<string, string>,
  nowMs: number,
  handoverKey?: PublicJwk,
): readonly string[] {
  return [...fields].flatMap(([name, text]) => {
    if (name === AT) return [];
    if (name.startsWith(HANDOVER_KEY_FIELD)) {
      const kid = name.slice(HANDOVER_KEY_FIELD.length);
      const isOld = handoverKey !== undefined && kid !== handoverKey.kid;
      return isOld && regionOfKey(kid) === regionOfKey(handoverKey.kid) ? [name] : [];
    }
    const report = parsePoolReport(json(text));
    return report === undefined || nowMs - report.atMs > LEFT_MS ? [name] : [];
  });
}

/** What stands in the hash, spoilt fields left out; `undefined` when no clerk has written it yet. */
export function directoryCopy(fields: ReadonlyMap<string, string>): DirectoryCopy | undefined {
  const atMs = Number(fields.get(AT));
  if (!Number.isSafeInteger(atMs) || atMs <= 0) return undefined;
  const reports: PoolReport[] = [];
  const handoverKeys: PublicJwk[] = [];
  for (const [name, text] of fields) {
    if (name.startsWith(HANDOVER_KEY_FIELD)) handoverKeys.push(...(parseJwks({ keys: [json(text)] }) ?? []));
    const report = parsePoolReport(json(text));
    if (report !== undefined && name === `${report.region}/${report.pool}`) reports.push(report);
  }
  return { reports, atMs, handoverKeys };
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // one spoilt field must not hide the others
  }
}
