import type { FrameErrorCode, HttpErrorCode } from "@whisper/shared/errors";
import type { ReportReason } from "@whisper/shared/protocol/client-frames";
import type { Stage } from "@whisper/shared/protocol/server-frames";
import type { Category } from "./interests.ts";

const counted = (count: number, one: string, many: string): string =>
  `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
const seconds = (count: number): string => counted(count, "second", "seconds");

/** Why a report is made, in the order in which the page offers it. */
export const REPORT_REASONS = ["harassment", "spam", "explicit", "other"] as const satisfies readonly ReportReason[];

/** Everything the page says, in one table: another language is another table of this shape. */
export const words = {
  name: "whisper",
  seconds,

  title: {
    plain: "Whisper",
    idle: "Whisper: talk with one stranger",
    seeking: "Looking… · Whisper",
    proposed: "Someone is here · Whisper",
    chatting: "Talking · Whisper",
    unread: (count: number) => `(${count}) ${count === 1 ? "new text" : "new texts"} · Whisper`,
  },

  landing: {
    heading: "Two strangers, one conversation.",
    tagline:
      "Say what moves you, and meet one person who cares about the same thing. No names, no accounts, nothing kept.",
    online: (count: number) =>
      count === 0 ? "It is quiet. Be the first one here." : `${counted(count, "person", "people")} here now`,
    pick: "What would you talk about?",
    pickHint: "Pick up to five. None is fine too.",
    picked: (count: number, most: number) => `${count} of ${most}`,
    full: "That is five. Take one away to choose another.",
    own: "your own",
    ownLabel: "Something else",
    ownPlaceholder: "something else",
    ownAdd: "Add",
    ownFault: {
      empty: "",
      unfit: "Up to 32 characters, please.",
      full: "You have five already.",
      double: "You have that one already.",
    },
    languages: "Languages",
    languagesHint: "Up to three. We look for a shared one first.",
    languagesAny: "any",
    start: "Find someone",
    startPlain: "Find anyone",
    slow: (count: number) => `Many searches in a row. Again in ${seconds(count)}.`,
    note: {
      timed_out: "Nobody was free this time. Other interests may find someone sooner.",
      let_run_out: "The invitation ran out before you answered.",
      ended: "",
      partner_left: "",
      lost: "That invitation got lost on the way. It was nobody's fault.",
    },
    promisesHeading: "What we promise, what we ask",
    promises: [
      ["Texts are never stored.", "They pass from you to them, and are gone when you leave."],
      ["A report keeps only the lines you choose.", "A moderator sees those, and nothing else is kept."],
      ["You meet as equals.", "No profiles, no history. They learn only what you tell them."],
    ],
    rulesHeading: "House rules",
    rules: [
      "You are 18 or older.",
      "Be kind, or leave. Both are fine.",
      "No threats, no hate, nothing sexual without a clear yes, nothing that involves children.",
      "Keep addresses, numbers and real names to yourself.",
      "Links are shown as plain text. Do not follow a stranger's link.",
      "Breaking these ends in a ban: short at first, longer each time.",
    ],
  },

  category: {
    technology: "technology",
    entertainment: "entertainment",
    lifestyle: "lifestyle",
    sports: "sports",
    creative: "creative",
    academic: "academic",
    social: "social",
    random: "random",
  } satisfies Record<Category, string>,

  searching: {
    heading: "Listening for someone",
    entering: "Opening the door",
    enteringHint: "Finding the nearest room for you.",
    enteringSlow: "Still trying. If this takes long, look at your connection.",
    reconnecting: "Connection lost. Coming back; your place is kept.",
    stage: {
      same: "people with the same interests",
      shared: "people who share one of them",
      anyone: "anyone who is free",
    } satisfies Record<Stage, string>,
    stageSaid: {
      same: "Looking for people with the same interests.",
      shared: "Looking for people who share at least one.",
      anyone: "Looking for anyone who is free.",
    } satisfies Record<Stage, string>,
    gone: (count: number) => `${seconds(count)} so far`,
    left: (count: number) => (count === 0 ? "any moment now" : `${count} left`),
    declined: "They said not this time. Still looking.",
    about: "about",
    cancel: "Stop looking",
  },

  proposal: {
    heading: "Someone is here",
    shared: "You both like",
    noneShared: "Nothing in common on paper. Those can be the best ones.",
    accept: "Say hello",
    decline: "Not this time",
    withdraw: "I changed my mind",
    waiting: "Waiting for them…",
    left: (count: number) => `${seconds(count)} to answer`,
    unit: "seconds",
  },

  chat: {
    partner: "A stranger",
    me: "You",
    log: "The conversation",
    about: "You both like",
    noneShared: "No interests in common",
    begin: "You are both here. Say the first thing.",
    compose: "Your text",
    placeholder: "Say something…",
    send: "Send",
    typing: "They are writing",
    away: (count: number) => `They lost their connection. The chat waits ${seconds(count)}.`,
    awayLong: "They lost their connection. Waiting a little longer.",
    back: "They are back.",
    slowSaid: "A little slower. What you wrote stays in the box.",
    slow: (count: number) => `A little slower. You can send in ${seconds(count)}.`,
    left: (count: number) => (count >= 0 ? `${count.toLocaleString("en")} left` : `${-count} too many`),
    fresh: (count: number) => counted(count, "new text", "new texts"),
    state: { waiting: "on its way", delivered: "delivered", refused: "refused" },
    refused: "Not delivered: our content rules refused it. They never see it.",
    undelivered: "Not delivered. They never saw it.",
    next: "Next",
    nextSure: "Really leave?",
    end: "End",
    endSure: "Really end?",
    report: "Report",
    block: "Block",
    hint: "Enter sends, Shift and Enter makes a new line, Esc twice ends.",
    reconnecting: "Connection lost. Coming back; what you write is kept.",
    returning: "Coming back to your conversation…",
  },

  ended: {
    heading: { ended: "You ended the conversation.", partner_left: "They left.", lost: "The conversation was lost." },
    hint: {
      ended: "It stays on this page until you move on.",
      partner_left: "It stays on this page until you move on.",
      lost: "The connection was gone for too long. What was said stays here until you move on.",
    },
    next: "Find another",
    home: "Change interests",
  },

  report: {
    heading: "Report this person",
    reason: "What happened?",
    reasons: {
      harassment: "Harassment or threats",
      spam: "Spam or a scam",
      explicit: "Unwanted sexual content",
      other: "Something else",
    } satisfies Record<ReportReason, string>,
    comment: "Anything a moderator should know?",
    commentHint: "Optional, up to 500 characters.",
    evidence: "Which of their texts show it?",
    evidenceHint: (most: number) => `Up to ${most}. Only what you tick is kept.`,
    evidenceNone: "They have not written anything.",
    send: "Send report",
    sending: "Sending…",
    received: "We have your report.",
    receivedHint: "A moderator will look at it. You will not meet this person again for 30 days.",
    silent: "No answer yet. Check your connection and send it again.",
    refused: "This report was not taken. Please try again later.",
    cancel: "Cancel",
    done: "Done",
  },

  block: {
    heading: "Block this person?",
    body: "The conversation ends now, and you will not meet each other for 30 days.",
    bodyEnded: "You will not meet each other for 30 days.",
    yes: "Block",
    no: "Cancel",
    done: "Blocked. You will not meet for 30 days.",
  },

  banned: {
    heading: "You cannot chat for now",
    reason: "Reason",
    reasons: {
      multiple_reports: "Several people reported your conversations.",
    } as Readonly<Record<string, string>>,
    reasonOther: "Your conversations broke the house rules.",
    left: "Time left",
    over: "The ban is over. Welcome back.",
    back: "Come back in",
    hint: "Every ban ends by itself. Bans grow only when reports repeat.",
  },

  superseded: {
    heading: "Whisper is open in another tab",
    body: "A conversation lives in one tab at a time. This one let go of it.",
    take: "Use Whisper here",
  },

  refused: {
    heading: "That did not work",
    again: "Try again",
    againIn: (count: number) => `Try again in ${seconds(count)}`,
    home: "Back to the start",
    broken: "This page and the server no longer understand each other. Reload the page.",
    code: {
      bad_request: "The server could not read what this page sent. Reloading may help.",
      challenge_required: "We could not make sure that you are a person.",
      session_expired: "Your session has ended. A new one takes a second.",
      banned: "You cannot chat until the ban ends.",
      forbidden_origin: "This page is not allowed to use this service.",
      not_found: "There is nothing here.",
      unknown_region: "There is no such region.",
      too_large: "That was too large.",
      rate_limited: "Too many tries from your network. A short pause helps.",
      our_fault: "Something broke on our side.",
      no_capacity: "All rooms are full right now.",
    } satisfies Record<HttpErrorCode, string>,
  },

  challenge: {
    heading: "One quick check",
    body: "Many people come in from your network. Please show that you are a person.",
    failed: "The check could not be loaded. Your network may block challenges.cloudflare.com.",
    again: "Try again",
    cancel: "Not now",
  },

  notice: {
    parse_error: "The server could not read that.",
    unsupported_type: "The server does not know that.",
    frame_too_large: "That was too large to send.",
    invalid_message: "A text is 1 to 2,000 characters long.",
    message_blocked: "Not delivered: our content rules refused that text.",
    invalid_chat: "That conversation is over.",
    content_warning: "A moderator's rule flagged your text. Please keep it kind.",
    wrong_state: "That is not possible right now.",
    out_of_order: "A text went missing on the way and is being sent again.",
    report_refused: "This report was not taken. Please try again later.",
    report_received: "We have your report.",
  } satisfies Record<FrameErrorCode | "report_received", string>,

  said: {
    partner: (text: string) => `They say: ${text}`,
    several: (count: number, text: string) => `${count} new texts. The last: ${text}`,
    chat: "You are connected. Say hello.",
    online: "Connected again.",
  },
} as const;
