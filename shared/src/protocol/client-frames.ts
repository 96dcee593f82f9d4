import type { ChatId } from "../base/ids.ts";
import { fail, ok, type Result } from "../base/result.ts";
import { COMMENT_POINTS_MAX, EVIDENCE_MAX, FINGERPRINT_CHARS_MAX } from "../limits.ts";
import {
  chatIdOf,
  type FieldError,
  type Fields,
  interestsOf,
  isCount,
  isTextId,
  languagesOf,
  remarkOf,
  textOf,
} from "./fields.ts";

/** Where a session stands. Being away (no socket) is no place of its own: nobody is there to send a frame. */
export const PLACES = ["idle", "seeking", "proposed", "accepted", "chatting"] as const;
export type Place = (typeof PLACES)[number];

/** Which bucket a frame is charged to: a person's texts, their typing, or the socket's frames. */
export type Meter = "texts" | "typing" | "frames";
/** What a frame gets in a place where it is not legal. `ignored`: honest clients send it in races. */
export type IllegalAnswer = "wrong_state" | "invalid_chat" | "ignored";

type Row<F> = {
  readonly allowedIn: readonly Place[];
  readonly illegal: IllegalAnswer;
  readonly meter: Meter;
  /** The fields, as the documentation shows them. */
  readonly shape: string;
  parse(fields: Fields): Result<F, FieldError>;
};

const NOTHING = ok({});
const REASONS = ["harassment", "spam", "explicit", "other"] as const;
export type ReportReason = (typeof REASONS)[number];

type OfChat = { readonly chat_id: ChatId };
type Wish = { readonly interests: readonly string[]; readonly languages: readonly string[] };
export type MessageFields = OfChat & {
  readonly id: number;
  /** `undefined`: the number goes on as void, counted and not shown. */
  readonly text: string | undefined;
  /** The last text of the partner's that this client has shown; rides along. */
  readonly received: number | undefined;
};

const ofChat = (fields: Fields): Result<OfChat, FieldError> => {
  const chat = chatIdOf(fields.chat_id);
  return chat.ok ? ok({ chat_id: chat.value }) : chat;
};

const wish = (fields: Fields): Result<Wish, FieldError> => {
  const interests = interestsOf(fields.interests);
  if (!interests.ok) return interests;
  const languages = languagesOf(fields.languages);
  if (!languages.ok) return languages;
  return ok({ interests: interests.value, languages: languages.value });
};

const message = (fields: Fields): Result<MessageFields, FieldError> => {
  const chat = chatIdOf(fields.chat_id);
  if (!chat.ok) return chat;
  const { id, received } = fields;
  if (!isTextId(id) || (received !== undefined && !isCount(received))) return fail("parse_error");
  if (fields.void === true) return ok({ chat_id: chat.value, id, text: undefined, received });
  const text = textOf(fields.text);
  return text.ok ? ok({ chat_id: chat.value, id, text: text.value, received }) : text;
};

const report = (
  fields: Fields,
): Result<
  OfChat & { readonly reason: ReportReason; readonly comment: string; readonly evidence: readonly string[] },
  FieldError
> => {
  const chat = chatIdOf(fields.chat_id);
  if (!chat.ok) return chat;
  const reason = REASONS.find((known) => known === fields.reason);
  const comment = remarkOf(fields.comment, COMMENT_POINTS_MAX);
  if (reason === undefined || !comment.ok) return fail("parse_error");
  const offered = fields.evidence ?? [];
  if (!Array.isArray(offered) || offered.length > EVIDENCE_MAX) return fail("parse_error");
  const evidence: string[] = [];
  for (const one of offered as unknown[]) {
    const text = textOf(one);
    if (!text.ok) return text;
    evidence.push(text.value);
  }
  return ok({ chat_id: chat.value, reason, comment: comment.value, evidence });
};

const ANYWHERE = PLACES;

/** The whole client-to-server language: who may say what, when, how often, and what an untimely one gets. */
export const CLIENT_FRAMES = {
  set_fingerprint: {
    allowedIn: ANYWHERE,
    illegal: "ignored",
    meter: "frames",
    shape: "fingerprint",
    parse: (f) =>
      typeof f.fingerprint === "string" && f.fingerprint.length <= FINGERPRINT_CHARS_MAX
        ? NOTHING
        : fail("parse_error"),
  },
  find_match: {
    allowedIn: ["idle"],
    illegal: "wrong_state",
    meter: "frames",
    shape: "interests[], languages[]?",
    parse: wish,
  },
  cancel_match: {
    allowedIn: ["seeking", "proposed", "accepted"],
    illegal: "ignored",
    meter: "frames",
    shape: "",
    parse: () => NOTHING,
  },
  accept_match: {
    allowedIn: ["proposed", "accepted"],
    illegal: "wrong_state",
    meter: "frames",
    shape: "chat_id",
    parse: ofChat,
  },
  decline_match: {
    allowedIn: ["proposed", "accepted"],
    illegal: "wrong_state",
    meter: "frames",
    shape: "chat_id",
    parse: ofChat,
  },
  message: {
    allowedIn: ["chatting"],
    illegal: "invalid_chat",
    meter: "texts",
    shape: "chat_id, id, text | void:true, received?",
    parse: message,
  },
  typing: {
    allowedIn: ["chatting"],
    illegal: "ignored",
    meter: "typing",
    shape: "chat_id, is_typing",
    parse: (f) => {
      const chat = chatIdOf(f.chat_id);
      if (!chat.ok) return chat;
      return typeof f.is_typing === "boolean"
        ? ok({ chat_id: chat.value, is_typing: f.is_typing })
        : fail("parse_error");
    },
  },
  received: {
    allowedIn: ["chatting"],
    illegal: "ignored",
    meter: "frames",
    shape: "chat_id, id",
    parse: (f) => {
      const chat = chatIdOf(f.chat_id);
      if (!chat.ok) return chat;
      return isCount(f.id) ? ok({ chat_id: chat.value, id: f.id }) : fail("parse_error");
    },
  },
  end_chat: { allowedIn: ["chatting"], illegal: "invalid_chat", meter: "frames", shape: "chat_id", parse: ofChat },
  next: {
    allowedIn: ["idle", "chatting"],
    illegal: "wrong_state",
    meter: "frames",
    shape: "interests[]?, languages[]?",
    parse: wish,
  },
  report: {
    allowedIn: ANYWHERE,
    illegal: "invalid_chat",
    meter: "frames",
    shape: "chat_id, reason, comment?, evidence[]?",
    parse: report,
  },
  block: { allowedIn: ANYWHERE, illegal: "invalid_chat", meter: "frames", shape: "chat_id", parse: ofChat },
  ping: { allowedIn: ANYWHERE, illegal: "ignored", meter: "frames", shape: "", parse: () => NOTHING },
} as const satisfies Record<string, Row<object>>;

export type ClientFrameName = keyof typeof CLIENT_FRAMES;
type Parsed<N extends ClientFrameName> = Extract<ReturnType<(typeof CLIENT_FRAMES)[N]["parse"]>, { ok: true }>["value"];
/** Any frame a client may send, decoded. */
export type ClientFrame = { [N in ClientFrameName]: { readonly type: N } & Parsed<N> }[ClientFrameName];
export type FrameOf<N extends ClientFrameName> = Extract<ClientFrame, { type: N }>;
