import type { FrameErrorCode } from "@whisper/shared/errors";
import { FRAME_BYTES_MAX, INTERESTS_MAX } from "@whisper/shared/limits";
import type { ReportReason } from "@whisper/shared/protocol/client-frames";
import { type Fields, interestsOf } from "@whisper/shared/protocol/fields";

/** What the first Whisper's clients say. */
export type LegacyCall =
  | { readonly type: "set_fingerprint" | "cancel_match" | "ping" }
  | { readonly type: "find_match"; readonly interests: readonly string[] }
  | { readonly type: "accept_match" | "decline_match" | "end_chat"; readonly chat_id: string }
  | { readonly type: "message"; readonly chat_id: string; readonly text: string }
  | { readonly type: "typing"; readonly chat_id: string; readonly is_typing: boolean }
  | { readonly type: "report"; readonly chat_id: string; readonly reason: ReportReason | undefined };

/** What they understand: the first Whisper's frames, its fields, and nothing else. */
export type LegacyFrame =
  | { readonly type: "session_created"; readonly session_id: string }
  | { readonly type: "matching_started"; readonly timeout: number }
  | {
      readonly type: "match_found";
      readonly chat_id: string;
      readonly shared_interests: readonly string[];
      readonly accept_deadline: number;
    }
  | { readonly type: "match_accepted"; readonly chat_id: string }
  | { readonly type: "match_declined" | "match_timeout" | "partner_left" | "pong" }
  /** `ts` in whole seconds since 1970. */
  | { readonly type: "message"; readonly from: "partner"; readonly text: string; readonly ts: number }
  | { readonly type: "typing"; readonly is_typing: boolean }
  | { readonly type: "rate_limited"; readonly retry_after: number }
  | { readonly type: "banned"; readonly duration: number; readonly reason: string }
  | { readonly type: "error"; readonly code: FrameErrorCode; readonly message: string };

/** The first Whisper's words, which some of its clients show as they are. */
const WORDS = {
  parse_error: "invalid message format",
  unsupported_type: "unsupported message type",
  frame_too_large: "frame too large",
  invalid_message: "message must be 1 to 2000 characters",
  message_blocked: "Message contains prohibited content",
  invalid_chat: "not in an active chat",
  content_warning: "Your message was flagged by our moderation system",
} as const satisfies Partial<Record<FrameErrorCode, string>>;
export type LegacyErrorCode = keyof typeof WORDS;

/** Whether the first Whisper had this code. */
export const isLegacyError = (code: string): code is LegacyErrorCode => Object.hasOwn(WORDS, code);
/** The frame for a code, in the first Whisper's words. */
export const legacyError = (code: LegacyErrorCode): LegacyFrame => ({ type: "error", code, message: WORDS[code] });

type Read = { readonly ok: true; readonly call: LegacyCall } | { readonly ok: false; readonly code: LegacyErrorCode };
const NO: Read = { ok: false, code: "parse_error" };
const said = (call: LegacyCall): Read => ({ ok: true, call });
const utf8 = new TextEncoder();

/**
 * Wire text to a call, as the first Whisper read it: absent and null fields are empty, wrong types and unknown names
 * are `parse_error`.
 */
export function readLegacy(wire: unknown): Read {
  if (typeof wire !== "string") return NO;
  if (bytesOf(wire, FRAME_BYTES_MAX) > FRAME_BYTES_MAX) return { ok: false, code: "frame_too_large" };
  const fields = objectIn(wire);
  if (fields === undefined) return NO;
  const chat_id = textIn(fields.chat_id);
  switch (fields.type) {
    case "ping":
    case "cancel_match":
      return said({ type: fields.type });
    case "set_fingerprint":
      return textIn(fields.fingerprint) === undefined ? NO : said({ type: "set_fingerprint" });
    case "find_match": {
      const interests = tagsIn(fields.interests);
      return interests === undefined ? NO : said({ type: "find_match", interests });
    }
    case "accept_match":
    case "decline_match":
    case "end_chat":
      return chat_id === undefined ? NO : said({ type: fields.type, chat_id });
    case "message": {
      const text = textIn(fields.text);
      return chat_id === undefined || text === undefined ? NO : said({ type: "message", chat_id, text });
    }
    case "typing": {
      const is_typing = fields.is_typing ?? false;
      if (chat_id === undefined || typeof is_typing !== "boolean") return NO;
      return said({ type: "typing", chat_id, is_typing });
    }
    case "report": {
      const reason = textIn(fields.reason);
      if (chat_id === undefined || reason === undefined) return NO;
      return said({ type: "report", chat_id, reason: REASONS.find((known) => known === reason) });
    }
    default:
      return NO;
  }
}

const REASONS: readonly ReportReason[] = ["harassment", "spam", "explicit", "other"];

/** How many bytes a text takes on the wire; exact only where that could pass `boundary`. */
export function bytesOf(text: string, boundary: number): number {
  return text.length * 3 <= boundary || text.length > boundary ? text.length : utf8.encode(text).byteLength;
}

function objectIn(wire: string): Fields | undefined {
  try {
    const raw: unknown = JSON.parse(wire);
    return typeof raw === "object" && raw !== null && !Array.isArray(raw) ? (raw as Fields) : undefined;
  } catch {
    return undefined; // not JSON: the caller answers parse_error
  }
}

function textIn(value: unknown): string | undefined {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : undefined;
}

/** The first Whisper took any number of tags of any length and dropped those it did not like; ours are at most five. */
function tagsIn(value: unknown): readonly string[] | undefined {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value) || !value.every((one) => typeof one === "string")) return undefined;
  const tags = new Set<string>();
  for (const one of value as string[]) {
    const tag = interestsOf([one]);
    if (tag.ok && tags.size < INTERESTS_MAX) for (const folded of tag.value) tags.add(folded);
  }
  return [...tags];
}
