import { Refusal } from "@whisper/shared/errors";
import type { EdgeContext } from "../http.ts";
import { withPageHeaders } from "../middleware/headers.ts";

/** `GET /` and the page's files. */
export async function page(c: EdgeContext): Promise<Response> {
  const { assets, config } = c.var.isolate;
  const asset = await assets?.fetch(c.req.raw);
  if (asset === undefined || asset.status === 404) throw new Refusal("not_found");
  return withPageHeaders(asset, config);
}
