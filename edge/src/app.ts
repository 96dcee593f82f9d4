import { Refusal } from "@whisper/shared/errors";
import { Hono } from "hono";
import type { Edge } from "./http.ts";
import type { Isolate } from "./isolate.ts";
import { cors } from "./middleware/cors.ts";
import { apiHeaders } from "./middleware/headers.ts";
import { refuse } from "./middleware/refusals.ts";
import { requestId } from "./middleware/request-id.ts";
import { connect } from "./routes/connect.ts";
import { forget } from "./routes/forget.ts";
import { health } from "./routes/health.ts";
import { keys } from "./routes/keys.ts";
import { online } from "./routes/online.ts";
import { page } from "./routes/page.ts";
import { regions } from "./routes/regions.ts";
import { type ServeLegacy, socketRoute } from "./routes/socket.ts";

const API = ["/v1/*", "/api/*", "/ws", "/healthz", "/health", "/.well-known/*"];

/** The edge's routes over one isolate's parts (DESIGN §4). Every error leaves in one shape. */
export function createApp(isolate: Isolate, serveLegacy: ServeLegacy | undefined): Hono<Edge> {
  const app = new Hono<Edge>();
  app.use(async (c, next) => {
    c.set("isolate", isolate);
    await next();
  });
  for (const path of API) app.use(path, apiHeaders, requestId, cors);
  app.post("/v1/connect", connect);
  app.post("/v1/forget", forget);
  app.get("/v1/online", online).get("/api/online", online);
  app.get("/v1/regions", regions);
  app.get("/healthz", health).get("/health", health);
  app.get("/.well-known/jwks.json", keys);
  app.get("/ws", socketRoute(serveLegacy));
  for (const path of API) app.all(path, () => refuseUnknown());
  app.get("*", page);
  app.notFound((c) => refuse(new Refusal("not_found"), c));
  app.onError(refuse);
  return app;
}

function refuseUnknown(): never {
  throw new Refusal("not_found");
}
