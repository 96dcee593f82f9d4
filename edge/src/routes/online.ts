import { isSilent, type PoolReport } from "@whisper/shared/directory/pool-report";
import { listingFor } from "../admission/come-in.ts";
import { callerOf, type EdgeContext } from "../http.ts";
import type { Listing } from "../ports.ts";

/** People of lane `live` on pools that are heard, in all and by region. */
function onlineIn({ reports, atMs }: Pick<Listing, "reports" | "atMs">): {
  readonly count: number;
  readonly regions: Readonly<Record<string, number>>;
} {
  const heard = reports.filter((report: PoolReport) => !isSilent(report, atMs));
  const regions: Record<string, number> = {};
  for (const { region, live } of heard) regions[region] = (regions[region] ?? 0) + live;
  return { count: Object.values(regions).reduce((sum, live) => sum + live, 0), regions };
}

/** `GET /v1/online`, `GET /api/online`. */
export async function online(c: EdgeContext): Promise<Response> {
  return c.json(onlineIn(await listingFor(c.var.isolate, callerOf(c))));
}
