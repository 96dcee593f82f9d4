/**
 * Every bound that two files must agree on, that the protocol promises, or that a setting may replace. A pause or a
 * bound that one file alone knows stands at its top.
 */

// Texts and frames (PROTOCOL L1–L3).
export const TEXT_POINTS_MAX = 2_000;
/** An encoder that escapes to ASCII (Python's default) writes an astral character as two six-byte escapes. */
export const WIRE_BYTES_PER_POINT_MAX = 12;
export const FRAME_OVERHEAD_BYTES_MAX = 256;
/** Longer frames are answered `frame_too_large`; the socket stays. */
export const FRAME_BYTES_MAX = 24_576;
/** The socket library cuts above this. */
export const FRAME_BYTES_CUT = 65_536;
export const COMMENT_POINTS_MAX = 500;
export const EVIDENCE_MAX = 5;
export const FINGERPRINT_CHARS_MAX = 256;

// Seeking.
export const INTERESTS_MAX = 5;
export const INTEREST_POINTS_MAX = 32;
export const LANGUAGES_MAX = 3;
export const SEEK_MS = 30_000;
export const TIER_SHARED_MS = 10_000;
export const TIER_ANYONE_MS = 25_000;
export const ACCEPT_WINDOW_MS = 15_000;
export const OFFER_AGAIN_MS = 1_000;
export const OFFER_TAKEN_MS = 2_000;
/** A taken offer with neither `found` nor `cancelled` is dropped by the shard after this. */
export const OFFER_SILENT_MS = 3_000;
/** An accepted person whose deadline passed unanswered asks so often, and gives up after so long. */
export const WORD_ASKED_EVERY_MS = 1_000;
export const WORD_GIVEN_UP_MS = 60_000;
export const CANDIDATES_MAX = 64;
export const TOMBSTONE_MS = 60_000;
export const SET_ASIDE_MS = 60_000;
export const PROPOSAL_KEPT_MS = 90_000;
export const SEEKERS_REPORTED_EVERY_MS = 2_000;
export const SEEKERS_SILENT_MS = 5_000;
export const AVOID_AFTER_PROPOSAL_MS = 600_000;
export const AVOID_AFTER_CHAT_MS = 3_600_000;
export const AVOID_AFTER_BLOCK_MS = 30 * 86_400_000;

// Meters (token buckets; all settings).
export const TEXTS_PER_WINDOW = 5;
export const TEXTS_WINDOW_MS = 10_000;
export const TYPING_PER_S = 2;
export const SEEKS_PER_WINDOW = 10;
export const SEEKS_WINDOW_MS = 60_000;
export const FRAMES_PER_S = 50;
export const FRAME_BYTES_PER_10S = 262_144;
export const TEXT_BYTES_PER_10S = 1_048_576;
/** Tickets with a bad signature from one network, before a pool looks at no more of them. */
export const FORGED_PER_WINDOW = 10;
export const FORGED_WINDOW_MS = 50_000;
/** Networks that have forged share this many buckets, 64 KiB of them. */
export const FORGER_ROWS = 8_192;
export const RESENT_CREDIT = 32;
export const RESENT_CREDIT_EVERY_MS = 60_000;

// Delivery.
export const UNCONFIRMED_MAX = 32;
export const RECEIVED_AT_ONCE = 8;
export const RECEIVED_WITHIN_MS = 500;
export const RESEND_AFTER_MS = 5_000;
export const RESEND_AFTER_MS_MAX = 30_000;
export const RESEND_ON_REPEAT_EVERY_MS = 1_000;
export const GRACE_MS = 60_000;
/** An absence that nobody declared: hidden tabs turn their timers once a minute, and a partition is not a departure. */
export const SILENCE_MS = 180_000;
export const PARTITION_MS = 300_000;
export const UNCONFIRMED_MS = 3_000;
/** An address that was not heard for this long is dead, if whoever judges has itself been hearing. */
export const ADDRESS_DEAD_MS = 3_000;
/** An absent person's home that cannot be reached is asked again so often, and for how long after the grace. */
export const HOME_ASKED_EVERY_MS = 5_000;
export const HOME_ASKED_MS_MAX = 300_000;
/** Between the last question to their address and the one to their home, and while their home knows nothing. */
export const NEXT_QUESTION_MS = 1_000;
/** How long the bus must have been up, and the loop without a gap, before a shard may call others silent. */
export const JUDGES_AFTER_MS = 5_000;
export const LOOP_GAP_MS = 2_000;
/** How long a shard's own line may be missing before it says it itself: its supervisor is stopped. */
export const OWN_LINE_MS = 2_000;
export const LATE_WORD_MS = 600_000;
export const TEXT_ID_MAX = 0xff_ff_ff;

// Memos that must arrive.
export const MEMO_AGAIN_MS = [200, 1_000, 3_000] as const;
export const MEMO_AGAIN_EVERY_MS = 5_000;
export const MEMO_GIVE_UP_MS = 90_000;
export const MEMO_BATCH_BYTES_MAX = 48_000;
export const CLERK_ANSWER_MS = 1_500;

// Drain.
export const DRAIN_PER_S = 5_000;
export const DRAIN_MS = 120_000;
/** Who was told to move and is still here after this is told again, with a new ticket. */
export const DRAIN_AGAIN_MS = 15_000;

// Sockets.
export const OUTBOX_BYTES_MAX = 65_536;
export const LEGACY_OUTBOX_BYTES_MAX = 16_384;
/** Typing is the first thing dropped for a slow reader. */
export const TYPING_DROPPED_ABOVE_BYTES = 16_384;
export const SOCKET_SILENT_S = 46;
export const CLIENT_SILENT_MS = 20_000;
export const CLIENT_PONG_MS = 10_000;

// Credentials.
export const SESSION_TOKEN_MS = 86_400_000;
export const DEVICE_TOKEN_MS = 180 * 86_400_000;
export const TICKET_MS = 30_000;
export const TICKET_LEEWAY_MS = 5_000;
export const TICKET_CHARS_MAX = 1_024;
export const TICKET_AUDIENCE_MAX = 3;
/** A client fetches a new ticket once the one it holds is this old. */
export const TICKET_OLD_MS = 20_000;
/** A hash of a network lives no longer: another key makes the next. */
export const NETWORK_HASH_MS = 30 * 86_400_000;
export const KEY_PUBLISHED_AHEAD_MS = 600_000;
export const KEYS_REFETCH_MS = 60_000;
export const KEYS_UNKNOWN_KID_MS = 30_000;
/** A clerk's key signs hand-over tickets once every pool has had time to fetch it, from an edge's copy that is old. */
export const HANDOVER_LEAD_MS = 75_000;

// Records and directory.
export const RECORD_TTL_MS = 900_000;
export const TOUCH_EVERY_MS = 300_000;
export const PARTITIONS = 64;
/** So long after a partition was born a missing record may yet be put back (setting). */
export const RECORD_SETTLE_MS = 5_000;
/** Details, half and over of one standing, together, in UTF-8. */
export const STANDING_BYTES_MAX = 1_024;
/** How often the partitions' generations are read, so that what was lost is back within two seconds. */
export const BIRTHS_EVERY_MS = 1_000;
/** How often a shard looks whether its certificate was renewed (setting). */
export const TLS_LOOK_MS = 2_000;
export const HEARTBEAT_EVERY_MS = 1_000;
export const POOL_REPORT_EVERY_MS = 2_000;
export const POOL_SILENT_MS = 15_000;
export const DIRECTORY_FRESH_MS = 2_000;
export const DIRECTORY_STALE_MS = 10_000;
export const CONNECTS_PER_MIN = 60;
export const DEVICES_PER_MIN = 10;
export const CONNECT_BODY_BYTES_MAX = 16_384;
export const LOAD_PASS_SESSIONS_MAX = 1_000;

// The client's own pauses and bounds.
/** Full jitter: a wait is drawn from zero to this, doubled with each try. */
export const BACK_OFF_MS_BASE = 1_000;
export const BACK_OFF_MS_MAX = 20_000;
/** A link that lasted this long was good: the next back-off starts from the base again. */
export const LINK_GOOD_MS = 5_000;
/** A connect, an opening socket or a greeting that takes longer is given up. */
export const CLIENT_PATIENCE_MS = 10_000;
/** A timer that fires this much late was held back (hidden tab, sleep) and proves nothing. */
export const TIMER_LATE_MS = 2_000;
/** `moving` is obeyed after its `after_ms`, but no later than this: its ticket lives 30 s. */
export const MOVING_WAIT_MS_MAX = 10_000;
/** Without its home a client that chats keeps trying this long before it comes as somebody new; others three times. */
export const HOME_AWAY_MS_MAX = 300_000;
export const HOME_AWAY_TRIES_MAX = 3;
/** Texts written but not delivered; more are not taken. */
export const WAITING_TEXTS_MAX = 500;
/** Lines of a conversation that are kept; older ones go. */
export const TRANSCRIPT_LINES_MAX = 1_000;
/** UTF-16 units of them that a tab keeps over a reload: browsers give a page's storage about five million. */
export const TRANSCRIPT_KEPT_UNITS_MAX = 500_000;
