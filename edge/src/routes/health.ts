import { callerOf, type EdgeContext } from "../http.ts";

/** `GET /healthz`, `GET /health`: alive, and how old the directory is. Says `ok` also when the directory is away. */
export async function health(c: EdgeContext): Promise<Response> {
  const { directory } = c.var.isolate;
  const { nowMs, waitUntil } = callerOf(c);
  const listing = await directory.at(nowMs, waitUntil);
  return c.json({
    status: "ok",
    directory_age_ms: directory.ageMs(nowMs) ?? null,
    pools: listing?.reports.length ?? 0,
  });
}
