/** What the edge answers over HTTP when it says no: status, and words for the person who reads them. */
export const HTTP_ERRORS = {
  bad_request: { status: 400, say: "That could not be read." },
  challenge_required: { status: 401, say: "Please show that you are a person." },
  session_expired: { status: 401, say: "This session has ended. Start a new one." },
  banned: { status: 403, say: "You cannot chat until the ban ends." },
  forbidden_origin: { status: 403, say: "This page may not use this service." },
  not_found: { status: 404, say: "There is nothing here." },
  unknown_region: { status: 404, say: "There is no region of that name." },
  too_large: { status: 413, say: "That is too large." },
  rate_limited: { status: 429, say: "Too many tries from this network. Please wait." },
  our_fault: { status: 500, say: "Something broke on our side. Please try again." },
  no_capacity: { status: 503, say: "All rooms are full. Try again soon." },
} as const satisfies Record<string, { status: number; say: string }>;
export type HttpErrorCode = keyof typeof HTTP_ERRORS;

/** What a shard answers in an `error` frame. The first seven are the first Whisper's names. */
export const FRAME_ERRORS = {
  parse_error: { say: "Invalid message format." },
  unsupported_type: { say: "Unsupported message type." },
  frame_too_large: { say: "Frame exceeds 24,576 bytes." },
  invalid_message: { say: "A text is 1 to 2,000 characters long." },
  message_blocked: { say: "Message contains prohibited content." },
  invalid_chat: { say: "Not in an active chat." },
  content_warning: { say: "Your message was flagged by our moderation system." },
  wrong_state: { say: "Not possible right now." },
  out_of_order: { say: "A text is missing before this one. Resend from the id given." },
  report_refused: { say: "This report was not taken. Try again later." },
} as const satisfies Record<string, { say: string }>;
export type FrameErrorCode = keyof typeof FRAME_ERRORS;

/**
 * Thrown only at the HTTP rim, turned into `{error}` there. Carries a code, never a stranger's words and never a
 * token.
 */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly code: HttpErrorCode;
  readonly retryAfterS: number | undefined;
  constructor(code: HttpErrorCode, options?: { readonly retryAfterS?: number; readonly cause?: unknown }) {
    super(HTTP_ERRORS[code].say, options?.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryAfterS = options?.retryAfterS;
  }
}
