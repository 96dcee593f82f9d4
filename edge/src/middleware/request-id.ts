import { toBase64Url } from "@whisper/shared/base/base64url";
import type { MiddlewareHandler } from "hono";
import type { Edge } from "../http.ts";

/** Names each answer with a random id, so that a person can quote it. Nothing is taken from the request. */
export const requestId: MiddlewareHandler<Edge> = async (c, next) => {
  c.header("x-request-id", toBase64Url(c.var.isolate.random.bytes(9)));
  await next();
};
