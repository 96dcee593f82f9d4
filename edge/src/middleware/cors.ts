import { Refusal } from "@whisper/shared/errors";
import type { MiddlewareHandler } from "hono";
import type { Edge, EdgeContext } from "../http.ts";

const ALLOWED_METHODS = "GET, POST, OPTIONS";
const ALLOWED_HEADERS = "content-type, authorization";
const PREFLIGHT_KEPT_S = "600";

/** Whether a page of that origin may use this service: exact origins; in development also the edge's own. */
function isAllowedOrigin(c: EdgeContext, origin: string): boolean {
  const { origins, isDevelopment } = c.var.isolate.config;
  return origins.has(origin) || (isDevelopment && origin === new URL(c.req.url).origin);
}

/**
 * Lets in what no browser sent, and pages of the allow-list; says so to the browser. Everything else is
 * `forbidden_origin`.
 */
export const cors: MiddlewareHandler<Edge> = async (c, next) => {
  const origin = c.req.header("origin");
  c.header("vary", "origin");
  if (origin !== undefined) {
    if (!isAllowedOrigin(c, origin)) throw new Refusal("forbidden_origin");
    c.header("access-control-allow-origin", origin);
    c.header("access-control-expose-headers", "retry-after, x-request-id");
  }
  if (c.req.method !== "OPTIONS") return next();
  c.header("access-control-allow-methods", ALLOWED_METHODS);
  c.header("access-control-allow-headers", ALLOWED_HEADERS);
  c.header("access-control-max-age", PREFLIGHT_KEPT_S);
  return c.body(null, 204);
};
