import { callerOf, type EdgeContext } from "../http.ts";

/**
 * `GET /.well-known/jwks.json`: our keys, and the clerks' for handing people over. Answers also without a directory.
 */
export async function keys(c: EdgeContext): Promise<Response> {
  const { isolate } = c.var;
  const { nowMs, waitUntil } = callerOf(c);
  const listing = await isolate.directory.at(nowMs, waitUntil);
  return c.json({ keys: isolate.keys.published(listing?.handover ?? []) });
}
