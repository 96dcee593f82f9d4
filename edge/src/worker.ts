import { Refusal } from "@whisper/shared/errors";
import type { ExecutionContext, Hono } from "hono";
import { createApp } from "./app.ts";
import { answerOf, type Edge } from "./http.ts";
import { buildIsolate, type EdgeEnv } from "./isolate.ts";
import { serveLegacy } from "./legacy/serve-legacy.ts";
import { consoleLog } from "./log.ts";

/** Built by an isolate's first request, because settings come with it; the settings never change while it lives. */
let app: Hono<Edge> | undefined;

function appOf(env: EdgeEnv): Hono<Edge> | undefined {
  if (app !== undefined) return app;
  const built = buildIsolate(env);
  if (!built.ok) {
    consoleLog.warn("config_faults", { faults: built.code.join("; ") });
    return undefined;
  }
  app = createApp(built.value, serveLegacy);
  return app;
}

export default {
  fetch(request: Request, env: EdgeEnv, context: ExecutionContext): Response | Promise<Response> {
    const ready = appOf(env);
    if (ready !== undefined) return ready.fetch(request, env, context);
    const { status, body } = answerOf(new Refusal("our_fault"));
    return Response.json(body, { status });
  },
};
