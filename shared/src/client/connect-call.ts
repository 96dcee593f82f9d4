import { isPoolName, isRegionName, isSessionId } from "../base/ids.ts";
import { HTTP_ERRORS, type HttpErrorCode } from "../errors.ts";
import type { Fields } from "../protocol/fields.ts";
import type { Endpoint } from "../protocol/server-frames.ts";
import type { Admission, ConnectBody, ConnectRefusal } from "./state.ts";

const CONNECT_PATH = "/v1/connect";

/** What came of asking. */
export type Connected =
  | { readonly ok: true; readonly admission: Admission }
  | { readonly ok: false; readonly refusal: ConnectRefusal };

const UNREACHABLE: Connected = {
  ok: false,
  refusal: { code: "unreachable", retryAfterMs: undefined, words: "", challenge: undefined },
};

/** Asks the edge to let us in. Never throws: whatever cannot be read is `unreachable`. */
export async function askEdge(doFetch: typeof fetch, edge: string, body: ConnectBody): Promise<Connected> {
  try {
    const answer = await doFetch(`${edge}${CONNECT_PATH}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    const raw: unknown = await answer.json();
    if (typeof raw !== "object" || raw === null) return UNREACHABLE;
    return answer.ok ? admissionIn(raw as Fields) : refusalIn(raw as Fields);
  } catch {
    return UNREACHABLE; // no network, or no JSON: both mean that nobody answered
  }
}

function admissionIn(fields: Fields): Connected {
  const { session, session_id, device, ticket, endpoints } = fields;
  if (typeof session !== "string" || !isSessionId(session_id) || typeof device !== "string") return UNREACHABLE;
  if (typeof ticket !== "string" || !Array.isArray(endpoints) || !endpoints.every(isEndpoint)) return UNREACHABLE;
  return {
    ok: true,
    admission: { session, sessionId: session_id, device, ticket, endpoints: endpoints as Endpoint[] },
  };
}

function isEndpoint(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { url, region, pool } = value as Fields;
  return typeof url === "string" && /^wss?:\/\//.test(url) && isRegionName(region) && isPoolName(pool);
}

const isCode = (code: unknown): code is HttpErrorCode => typeof code === "string" && Object.hasOwn(HTTP_ERRORS, code);

function refusalIn(fields: Fields): Connected {
  const error = (typeof fields.error === "object" && fields.error !== null ? fields.error : {}) as Fields;
  if (!isCode(error.code)) return UNREACHABLE;
  const { retry_after, message, sitekey, action } = error;
  const isSpan = typeof retry_after === "number" && Number.isFinite(retry_after) && retry_after >= 0;
  return {
    ok: false,
    refusal: {
      code: error.code,
      retryAfterMs: isSpan ? retry_after * 1_000 : undefined,
      words: typeof message === "string" ? message : "",
      challenge: typeof sitekey === "string" && typeof action === "string" ? { sitekey, action } : undefined,
    },
  };
}
