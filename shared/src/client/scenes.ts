import type { ChatId } from "../base/ids.ts";
import { SEEK_MS } from "../limits.ts";
import { change, NO_FLOW, NO_SEEK, send, type Turn, type Wish } from "./state.ts";
import type { Scene } from "./view.ts";

/** The moves between scenes, whoever asks for them. */

type IdleNote = NonNullable<Extract<Scene, { scene: "idle" }>["note"]>;

/** A new search: shown at once, asked for as soon as there is a link. */
export function beginSeek(turn: Turn, wish: Wish) {
  change(turn, {
    wish,
    scene: { scene: "seeking", stage: "same", sinceMs: turn.nowMs, untilMs: turn.nowMs + SEEK_MS },
    seek: NO_SEEK,
    accepted: undefined,
    slowUntilMs: undefined,
  });
}

/** Asks the shard for the search that is shown. */
export function askSeek(turn: Turn) {
  const { scene, seek, wish, link } = turn.state;
  if (scene.scene !== "seeking" || link.speaks === undefined) return;
  change(turn, {
    scene: { ...scene, sinceMs: turn.nowMs, untilMs: turn.nowMs + SEEK_MS },
    seek: { ...seek, asked: true, started: false },
  });
  send(turn, { type: "find_match", interests: wish.interests, languages: wish.languages });
}

/** A chat begins with nothing said. What was shown of the last one goes. */
export function beginChat(turn: Turn, chat: ChatId, shared: readonly string[]) {
  change(turn, {
    scene: { scene: "chatting", chat, shared, partnerTyping: false, partnerAwayUntilMs: undefined },
    talk: { chat, shared, lastId: 0, delivered: 0, outbox: [], last: 0 },
    flow: NO_FLOW,
    transcript: [],
    accepted: undefined,
    slowUntilMs: undefined,
    seek: NO_SEEK,
  });
}

/** The chat is over; its transcript stays on show. A shard that still holds it will be told on the next return. */
export function endChat(turn: Turn, note: IdleNote) {
  const { talk, transcript } = turn.state;
  if (talk === undefined) return;
  change(turn, {
    scene: { scene: "idle", note, chat: talk.chat },
    talk: undefined,
    flow: NO_FLOW,
    left: talk.chat,
    over: { chat: talk.chat, atMs: turn.nowMs },
    slowUntilMs: undefined,
    // What was never delivered never will be, and must not look as if it might.
    transcript: transcript.map((line) => (line.state === "waiting" ? { ...line, state: "refused" } : line)),
  });
}

/** Nothing is sought or proposed any more; `note` says why, unless it was the person's own doing. */
export function becomeIdle(turn: Turn, note: IdleNote | undefined) {
  change(turn, { scene: note === undefined ? { scene: "idle" } : { scene: "idle", note }, accepted: undefined });
}

/** Until when the partner may come back; `undefined`: they are here. */
export function setAway(turn: Turn, untilMs: number | undefined) {
  const { scene } = turn.state;
  if (scene.scene !== "chatting" || scene.partnerAwayUntilMs === untilMs) return;
  change(turn, { scene: { ...scene, partnerTyping: false, partnerAwayUntilMs: untilMs } });
}
