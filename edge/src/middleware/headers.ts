import type { MiddlewareHandler } from "hono";
import type { EdgeConfig } from "../config.ts";
import type { Edge } from "../http.ts";

const TURNSTILE = "https://challenges.cloudflare.com";

const COMMON: Readonly<Record<string, string>> = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "strict-transport-security": "max-age=31536000; includeSubDomains",
};

/**
 * What the page may do: its own scripts and styles, sockets to the pools, the challenge where one is configured;
 * nothing else.
 */
export function pagePolicy(config: Pick<EdgeConfig, "socketSources" | "turnstile">): string {
  const challenge = config.turnstile === undefined ? "" : ` ${TURNSTILE}`;
  return [
    "default-src 'none'",
    `script-src 'self'${challenge}`,
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "manifest-src 'self'",
    `connect-src ${["'self'", ...config.socketSources].join(" ")}`,
    `frame-src ${challenge === "" ? "'none'" : TURNSTILE}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}

/** Headers of the API: never kept by anybody, never shown as a page. */
export const apiHeaders: MiddlewareHandler<Edge> = async (c, next) => {
  for (const [name, value] of Object.entries(COMMON)) c.header(name, value);
  c.header("cache-control", "no-store");
  c.header("content-security-policy", "default-src 'none'; frame-ancestors 'none'");
  await next();
};

/** An asset with the page's headers; those that the asset brings (type, length, caching) stay. */
export function withPageHeaders(asset: Response, config: EdgeConfig): Response {
  const headers = new Headers(asset.headers);
  for (const [name, value] of Object.entries(COMMON)) headers.set(name, value);
  headers.set("content-security-policy", pagePolicy(config));
  headers.set("cross-origin-opener-policy", "same-origin");
  headers.set("permissions-policy", "camera=(), microphone=(), geolocation=(), browsing-topics=()");
  return new Response(asset.body, { status: asset.status, statusText: asset.statusText, headers });
}
