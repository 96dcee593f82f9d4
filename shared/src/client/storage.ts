import { type ChatId, isChatId } from "../base/ids.ts";
import { TRANSCRIPT_KEPT_UNITS_MAX, TRANSCRIPT_LINES_MAX, UNCONFIRMED_MAX } from "../limits.ts";
import { type Fields, interestsOf, isCount, isTextId, languagesOf } from "../protocol/fields.ts";
import { type ClientState, freshState, type Habits, NO_FLOW, NO_SEEK, type Outgoing, type Talk } from "./state.ts";
import type { Line, Scene } from "./view.ts";

/** What a tab keeps over a reload (DESIGN §7.5): who we are, what we search, and the running chat. */

const VERSION = 1;

/**
 * The tab's part: session token, wish, a search under way, the chat that was left. `undefined`: nothing worth
 * keeping.
 */
export function tabValue(state: ClientState): string | undefined {
  const { identity, wish, left, over, scene } = state;
  if (identity.session === undefined) return undefined;
  const search = scene.scene === "seeking" || scene.scene === "proposed" ? { untilMs: scene.untilMs } : undefined;
  return JSON.stringify({ v: VERSION, session: identity.session, wish, left, over, search });
}

/** The chat's part; `undefined` without a chat. */
export function chatValue(state: ClientState): string | undefined {
  const { talk, transcript } = state;
  return talk === undefined ? undefined : JSON.stringify({ v: VERSION, ...talk, lines: newest(transcript) });
}

/** The newest lines, as many as a tab's storage surely has room for. */
function newest(lines: readonly Line[]): readonly Line[] {
  let room = TRANSCRIPT_KEPT_UNITS_MAX;
  let from = lines.length;
  for (; from > 0 && room > 0; from--) room -= lines[from - 1]?.text.length ?? 0;
  return from === 0 ? lines : lines.slice(from);
}

/** Whether the tab's part of `after` must be kept anew. */
export const isTabChanged = (before: ClientState, after: ClientState): boolean =>
  before.identity.session !== after.identity.session ||
  before.wish !== after.wish ||
  before.left !== after.left ||
  before.over !== after.over ||
  before.scene.scene !== after.scene.scene;
/** Whether the chat's part of `after` must be kept anew. */
export const isChatChanged = (before: ClientState, after: ClientState): boolean =>
  before.talk !== after.talk || (after.talk !== undefined && before.transcript !== after.transcript);

/** A client as it was before the reload. What cannot be read, or contradicts itself, is as if it were not there. */
export function restore(
  kept: { readonly tab: string | null; readonly chat: string | null; readonly device: string | null },
  nowMs: number,
  habits?: Habits,
): ClientState {
  const fresh = freshState(kept.device === null || kept.device === "" ? undefined : kept.device, habits);
  const tab = tabIn(kept.tab);
  if (tab === undefined) return fresh;
  const known: ClientState = {
    ...fresh,
    identity: { ...fresh.identity, session: tab.session },
    wish: tab.wish,
    left: tab.left,
    over: tab.over,
  };
  if (kept.chat === null) return tab.untilMs === undefined ? known : seekingAgain(known, tab.untilMs, nowMs);
  const chat = chatIn(kept.chat);
  if (chat === undefined) return fresh; // half a memory is worse than none
  const { talk, lines } = chat;
  const onWire = Math.min(talk.lastId, talk.delivered + UNCONFIRMED_MAX);
  const scene: Scene = {
    scene: "chatting",
    chat: talk.chat,
    shared: talk.shared,
    partnerTyping: false,
    partnerAwayUntilMs: undefined,
  };
  const flow = { ...NO_FLOW, sent: talk.delivered, sentMax: onWire, resentMax: onWire };
  return { ...known, scene, talk, flow, transcript: lines };
}

/** The page was reloaded in the middle of a search: the shard is asked where it stands. */
function seekingAgain(known: ClientState, untilMs: number, nowMs: number): ClientState {
  if (nowMs >= untilMs) return known;
  const scene: Scene = { scene: "seeking", stage: "same", sinceMs: nowMs, untilMs };
  return { ...known, scene, seek: { ...NO_SEEK, asked: true } };
}

function objectIn(value: string | null): Fields | undefined {
  if (value === null) return undefined;
  try {
    const raw: unknown = JSON.parse(value);
    if (typeof raw !== "object" || raw === null) return undefined;
    const fields = raw as Fields;
    return fields.v === VERSION ? fields : undefined;
  } catch {
    return undefined; // not ours, or cut off: the same as nothing
  }
}

type Tab = Pick<ClientState, "wish" | "left" | "over"> & {
  readonly session: string;
  readonly untilMs: number | undefined;
};

function tabIn(value: string | null): Tab | undefined {
  const fields = objectIn(value);
  if (fields === undefined || typeof fields.session !== "string" || fields.session === "") return undefined;
  const offered = (typeof fields.wish === "object" && fields.wish !== null ? fields.wish : {}) as Fields;
  const interests = interestsOf(offered.interests);
  const languages = languagesOf(offered.languages);
  if (!interests.ok || !languages.ok) return undefined;
  const over = (typeof fields.over === "object" && fields.over !== null ? fields.over : {}) as Fields;
  const search = (typeof fields.search === "object" && fields.search !== null ? fields.search : {}) as Fields;
  return {
    session: fields.session,
    wish: { interests: interests.value, languages: languages.value },
    left: isChatId(fields.left) ? fields.left : undefined,
    over: isChatId(over.chat) && isTime(over.atMs) ? { chat: over.chat, atMs: over.atMs } : undefined,
    untilMs: isTime(search.untilMs) ? search.untilMs : undefined,
  };
}

const isTime = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);

function chatIn(value: string): { readonly talk: Talk; readonly lines: readonly Line[] } | undefined {
  const fields = objectIn(value);
  if (fields === undefined || !isChatId(fields.chat)) return undefined;
  const { lastId, delivered, last, shared, outbox, lines } = fields;
  if (!isCount(lastId) || !isCount(delivered) || !isCount(last) || delivered > lastId) return undefined;
  if (!Array.isArray(shared) || !shared.every((one) => typeof one === "string")) return undefined;
  if (!Array.isArray(outbox) || outbox.length !== lastId - delivered) return undefined;
  if (!outbox.every((one, i) => isOutgoing(one, delivered + 1 + i))) return undefined;
  if (!Array.isArray(lines) || lines.length > TRANSCRIPT_LINES_MAX || !lines.every(isLine)) return undefined;
  const chat: ChatId = fields.chat;
  // JSON has no `undefined`: a void entry comes back without its text, which is the same.
  return {
    talk: {
      chat,
      shared: shared as string[],
      lastId,
      delivered,
      last,
      outbox: (outbox as Outgoing[]).map(({ id, text, faults }) => ({ id, text, faults })),
    },
    lines: lines as Line[],
  };
}

function isOutgoing(value: unknown, id: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  const one = value as Fields;
  return one.id === id && (one.text === undefined || typeof one.text === "string") && isCount(one.faults);
}

function isLine(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const line = value as Fields;
  const isMine = line.from === "me" && ["waiting", "delivered", "refused"].some((known) => known === line.state);
  if (!isMine && !(line.from === "partner" && line.state === undefined)) return false;
  return isTextId(line.id) && typeof line.text === "string" && isTime(line.atMs);
}
