import { Refusal } from "@whisper/shared/errors";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { answerOf, type EdgeContext } from "../http.ts";

/**
 * Every error becomes the one shape of an error. What is no refusal is our fault: its name is logged, its words are
 * not.
 */
export function refuse(error: unknown, c: EdgeContext): Response {
  if (!(error instanceof Refusal))
    c.var.isolate.log.warn("fault", { name: error instanceof Error ? error.name : "unknown" });
  const refusal = error instanceof Refusal ? error : new Refusal("our_fault");
  if (refusal.retryAfterS !== undefined) c.header("retry-after", String(refusal.retryAfterS));
  const { status, body } = answerOf(refusal);
  return c.json(body, status as ContentfulStatusCode);
}
