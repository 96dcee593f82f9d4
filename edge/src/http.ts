import type { LatLon } from "@whisper/shared/directory/distance";
import { HTTP_ERRORS, Refusal } from "@whisper/shared/errors";
import type { Context } from "hono";
import { ChallengeWanted } from "./admission/challenge-wanted.ts";
import type { Caller } from "./admission/come-in.ts";
import { placeOf } from "./admission/nearest.ts";
import { networkOf } from "./admission/network.ts";
import type { Isolate } from "./isolate.ts";

/** What every route finds in its context. */
export type Edge = { readonly Variables: { readonly isolate: Isolate } };
export type EdgeContext = Context<Edge>;

/** Who calls: network, place and time of a request, as the platform tells them. */
export function callerOf(c: EdgeContext): Caller {
  const { isolate } = c.var;
  const address = c.req.header("cf-connecting-ip");
  return {
    address,
    network: networkOf(address),
    place: placeOfRequest(c),
    nowMs: isolate.clock.nowMs(),
    waitUntil: (work) => c.executionCtx.waitUntil(work),
  };
}

function placeOfRequest(c: EdgeContext): LatLon | undefined {
  const claimed = c.req.header("x-whisper-geo");
  if (c.var.isolate.config.geoOverride && claimed !== undefined) {
    const [lat, lon, more] = claimed.split(",");
    return more === undefined ? placeOf(lat, lon) : undefined;
  }
  const { cf } = c.req.raw as Request & { readonly cf?: { readonly latitude?: unknown; readonly longitude?: unknown } };
  return placeOf(cf?.latitude, cf?.longitude);
}

/** A refusal as its HTTP answer: `{error:{code, message, retry_after?}}`, and for a challenge what shows it. */
export function answerOf(refusal: Refusal): { readonly status: number; readonly body: object } {
  const { code, retryAfterS } = refusal;
  const extra = refusal instanceof ChallengeWanted ? { sitekey: refusal.sitekey, action: refusal.action } : {};
  const { status, say } = HTTP_ERRORS[code];
  return {
    status,
    body: {
      error: { code, message: say, ...(retryAfterS === undefined ? {} : { retry_after: retryAfterS }), ...extra },
    },
  };
}

/**
 * A body as text, never more than `bytesMax` of it read; refuses `too_large`, and `bad_request` for what is no UTF-8.
 */
async function boundedText(request: Request, bytesMax: number): Promise<string> {
  if (Number(request.headers.get("content-length") ?? "0") > bytesMax) throw new Refusal("too_large");
  if (request.body === null) return "";
  const reader: ReadableStreamDefaultReader<Uint8Array> = request.body.getReader();
  const utf8 = new TextDecoder("utf-8", { fatal: true });
  let bytes = 0;
  let text = "";
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      bytes += part.value.byteLength;
      if (bytes > bytesMax) throw new Refusal("too_large");
      text += utf8.decode(part.value, { stream: true });
    }
    return text + utf8.decode();
  } catch (cause) {
    void reader.cancel().catch(() => undefined); // the answer is decided; what is left of the body is nobody's
    if (cause instanceof Refusal) throw cause;
    throw new Refusal("bad_request");
  }
}

/**
 * A JSON object in a request's body; an absent body is an empty one. Refuses another content type, and anything else.
 */
export async function jsonBody(request: Request, bytesMax: number): Promise<Readonly<Record<string, unknown>>> {
  const text = await boundedText(request, bytesMax);
  if (text === "") return {};
  if (!/^application\/json(\s*;|$)/i.test(request.headers.get("content-type") ?? "")) throw new Refusal("bad_request");
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    throw new Refusal("bad_request"); // without the cause: JSON.parse quotes the body in its own error
  }
  if (typeof raw !== "object" || raw === null || Array.isArray(raw)) throw new Refusal("bad_request");
  return raw as Readonly<Record<string, unknown>>;
}

/** A field that is a bounded string or absent; refuses everything else. */
export function optionalText(value: unknown, charsMax: number): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== "string" || value.length > charsMax) throw new Refusal("bad_request");
  return value;
}
