import { type ChatId, isChatId, isPoolName, isRegionName, isSessionId, type SessionId } from "../base/ids.ts";
import { FRAME_ERRORS, type FrameErrorCode } from "../errors.ts";
import { type Fields, isCount, isTextId } from "./fields.ts";

/** How wide the desk is looking: `same` interests, one `shared`, `anyone`. */
export const STAGES = ["same", "shared", "anyone"] as const;
export type Stage = (typeof STAGES)[number];
/** Where a resumed person stands. */
const RESUMED_PLACES = ["idle", "seeking", "proposed", "accepted", "chatting"] as const;
export type ResumedPlace = (typeof RESUMED_PLACES)[number];
export type Endpoint = { readonly url: string; readonly region: string; readonly pool: string };

type Row<F> = { readonly shape: string; readonly says: string; holds(fields: Fields): boolean; readonly frame?: F };

const isString = (value: unknown): value is string => typeof value === "string";
const isSpan = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value) && value >= 0;
const isMaybe = (value: unknown, holds: (value: unknown) => boolean): boolean => value === undefined || holds(value);
const isStrings = (value: unknown): boolean => Array.isArray(value) && value.every(isString);
const isEndpoint = (value: unknown): value is Endpoint => {
  if (typeof value !== "object" || value === null) return false;
  const { url, region, pool } = value as Fields;
  return isString(url) && isRegionName(region) && isPoolName(pool);
};
const row = <F>(shape: string, says: string, holds: (fields: Fields) => boolean = () => true): Row<F> => ({
  shape,
  says,
  holds,
});

/** The whole server-to-client language. Times are whole seconds unless the name ends in `_ms`. */
export const SERVER_FRAMES = {
  session_created: row<{ session_id: SessionId; resume: boolean }>(
    "session_id, resume",
    "You are in; `resume` says whether your place was kept. Always first.",
    (f) => isSessionId(f.session_id) && typeof f.resume === "boolean",
  ),
  resumed: row<{ place: ResumedPlace; chat_id?: ChatId; received?: number }>(
    "place, chat_id?, received?",
    "Where you stand; `received` is your highest text known to have been relayed.",
    (f) => RESUMED_PLACES.some((p) => p === f.place) && isMaybe(f.chat_id, isChatId) && isMaybe(f.received, isCount),
  ),
  matching_started: row<{ timeout: number }>("timeout", "The search runs, for `timeout` seconds more.", (f) =>
    isSpan(f.timeout),
  ),
  seek_status: row<{ stage: Stage; waiting_ms: number }>(
    "stage, waiting_ms",
    "How wide we are looking, and how long you have waited.",
    (f) => STAGES.some((s) => s === f.stage) && isSpan(f.waiting_ms),
  ),
  match_found: row<{ chat_id: ChatId; shared_interests: readonly string[]; accept_deadline: number }>(
    "chat_id, shared_interests[], accept_deadline",
    "Somebody is there; accept within `accept_deadline` seconds.",
    (f) => isChatId(f.chat_id) && isStrings(f.shared_interests) && isSpan(f.accept_deadline),
  ),
  match_accepted: row<{ chat_id: ChatId }>("chat_id", "Both accepted: talk.", (f) => isChatId(f.chat_id)),
  match_declined: row<object>("", "They declined or did not answer; you seek again."),
  match_timeout: row<object>("", "Nobody was found, or you let a proposal run out; you are idle."),
  message: row<{ from: "partner"; id: number; text?: string; void?: true; ts: number; delivered?: number }>(
    "from, id, text | void:true, ts, delivered?",
    "A text of your partner's; a void one is counted and not shown.",
    (f) => isTextId(f.id) && (f.void === true || isString(f.text)) && isSpan(f.ts) && isMaybe(f.delivered, isCount),
  ),
  delivered: row<{ chat_id: ChatId; id: number }>(
    "chat_id, id",
    "Your partner's client has your texts up to `id`.",
    (f) => isChatId(f.chat_id) && isCount(f.id),
  ),
  typing: row<{ is_typing: boolean }>(
    "is_typing",
    "Your partner writes, or stopped.",
    (f) => typeof f.is_typing === "boolean",
  ),
  partner_away: row<{ grace: number }>("grace", "Your partner's connection is gone; the chat waits `grace` seconds."),
  partner_back: row<object>("", "Your partner is reachable (again): resend what is not delivered."),
  partner_left: row<object>("", "The chat is over."),
  moving: row<{ after_ms: number; reason: string; endpoints?: readonly Endpoint[]; ticket?: string }>(
    "after_ms, reason, endpoints[]?, ticket?",
    "This pool goes away: open the new socket first, then leave this one.",
    (f) =>
      isSpan(f.after_ms) &&
      isMaybe(f.ticket, isString) &&
      isMaybe(f.endpoints, (e) => Array.isArray(e) && e.every(isEndpoint)),
  ),
  report_received: row<{ chat_id: ChatId }>("chat_id", "Your report is on record.", (f) => isChatId(f.chat_id)),
  rate_limited: row<{ retry_after: number; id?: number }>(
    "retry_after, id?",
    "Too fast; try again in `retry_after` seconds. With `id`, that text was not taken.",
    (f) => isSpan(f.retry_after) && isMaybe(f.id, isTextId),
  ),
  banned: row<{ duration: number; reason: string }>(
    "duration, reason",
    "You may not chat for `duration` seconds.",
    (f) => isSpan(f.duration) && isString(f.reason),
  ),
  error: row<{ code: FrameErrorCode; message: string; id?: number }>(
    "code, message, id?",
    "What you sent was refused; `code` is for programs, `message` for people.",
    (f) => isString(f.code) && isString(f.message) && isMaybe(f.id, isCount),
  ),
  pong: row<object>("", "Answer to `ping`."),
} as const satisfies Record<string, Row<object>>;

export type ServerFrameName = keyof typeof SERVER_FRAMES;
type Body<N extends ServerFrameName> = (typeof SERVER_FRAMES)[N] extends Row<infer F> ? F : never;
/** Any frame a shard may send. */
export type ServerFrame = { [N in ServerFrameName]: { readonly type: N } & Readonly<Body<N>> }[ServerFrameName];
export type ServerFrameOf<N extends ServerFrameName> = Extract<ServerFrame, { type: N }>;

/** An `error` frame with the words of the table. */
export const errorFrame = (code: FrameErrorCode, id?: number): ServerFrameOf<"error"> =>
  id === undefined
    ? { type: "error", code, message: FRAME_ERRORS[code].say }
    : { type: "error", code, message: FRAME_ERRORS[code].say, id };
