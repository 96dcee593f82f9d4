import { isRegionName, type RegionName } from "@whisper/shared/base/ids";
import { Refusal } from "@whisper/shared/errors";
import { CONNECT_BODY_BYTES_MAX } from "@whisper/shared/limits";
import { type Ask, comeIn, comeInMany } from "../admission/come-in.ts";
import { countIn, loadPassIn, pinnedRegion } from "../admission/load-pass.ts";
import { callerOf, type EdgeContext, jsonBody, optionalText } from "../http.ts";

const FIELD_CHARS_MAX = 2_048;
const AVOID_MAX = 32;
const POOL = /^([a-z][a-z0-9-]{0,23}\/)?[a-z][a-z0-9-]{0,23}$/;

/** `POST /v1/connect`: who may come in gets a ticket and where to use it. */
export async function connect(c: EdgeContext): Promise<Response> {
  const { isolate } = c.var;
  const caller = callerOf(c);
  const body = await jsonBody(c.req.raw, CONNECT_BODY_BYTES_MAX);
  const pass = await loadPassIn(c.req.header("authorization"), isolate.keys, caller.nowMs);
  const count = countIn(c.req.query("count"), pass);
  const region = pinnedRegion(regionIn(c.req.query("region")), pass);
  const ask = { ...readAsk(body), region };
  if (pass === undefined || count === undefined) return c.json(await comeIn(isolate, caller, ask, pass));
  return c.json({ sessions: await comeInMany(isolate, caller, ask, { pass, count }) });
}

/** What a body asks for; refuses a field of the wrong kind, looks at no field it does not know. */
export function readAsk(body: Readonly<Record<string, unknown>>): Ask {
  return {
    session: optionalText(body.session, FIELD_CHARS_MAX),
    device: optionalText(body.device, FIELD_CHARS_MAX),
    challenge: optionalText(body.challenge, FIELD_CHARS_MAX),
    avoid: avoidIn(body.avoid),
  };
}

function avoidIn(value: unknown): ReadonlySet<string> {
  if (value === undefined) return new Set();
  if (!Array.isArray(value) || value.length > AVOID_MAX) throw new Refusal("bad_request");
  if (!value.every((pool): pool is string => typeof pool === "string" && POOL.test(pool)))
    throw new Refusal("bad_request");
  return new Set(value);
}

function regionIn(text: string | undefined): RegionName | undefined {
  if (text === undefined) return undefined;
  if (!isRegionName(text)) throw new Refusal("unknown_region");
  return text;
}
