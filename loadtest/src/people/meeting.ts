import type { ServerFrameOf } from "@whisper/shared/protocol/server-frames";
import { becomeIdle, type Couple, NEVER, odd, type Person, partnerOf, say, type World } from "./person.ts";
import { interestOf, phaseOf, speechOf, textsInChat } from "./scenario-people.ts";
import { dueAtMs, newTalk, type Talk } from "./talk-state.ts";
import { noteLost } from "./talking.ts";

/** How the two of a couple find each other, through the desk, and how their chat ends. */

/** So long after the last text's moment the two wait for what is not confirmed. */
const PATIENCE_MS = 15_000;

const isThere = (person: Person): boolean => person.outlet !== undefined && person.phase === "still";
const isFree = (person: Person): boolean => isThere(person) && person.place === "idle";

/** Somebody has become idle, or has come in: fixes the moment at which they, or both, begin to seek. */
export function planSeek(person: Person, nowMs: number, { hands, script }: World): void {
  const { couple } = person;
  const partner = partnerOf(person);
  if (!person.seeks || partner === undefined || couple.isOver || !isFree(person)) return;
  if (nowMs >= script.endsAtMs) return;
  if (!isThere(partner) || partner.place === "chatting") return; // they will plan for both
  if (partner.place !== "idle") {
    person.meetsAtMs = Math.ceil(nowMs); // they wait already
    return;
  }
  couple.soughtAtMs = Math.ceil(Math.max(nowMs, couple.roundAtMs));
  for (const one of couple.people) {
    one.meetsAtMs = couple.soughtAtMs;
    hands.wake(one);
  }
}

/** Seeks whoever has the couple's own interest. */
export function seek(person: Person, nowMs: number, { hands, script }: World): void {
  person.meetsAtMs = NEVER;
  if (!isFree(person) || person.couple.isOver) return;
  const { no, round } = person.couple;
  hands.count("seeks");
  person.place = "seeking";
  person.meetsAtMs = Math.ceil(nowMs + script.matchTimeoutMs);
  say(person, { type: "find_match", interests: [interestOf(script, no, round)] });
}

/** Nobody was found for too long. */
export function onSeekEnd(person: Person, nowMs: number, world: World, wasTold: boolean): void {
  if (person.place !== "seeking" && person.place !== "accepted") return;
  world.hands.count("matchTimeouts");
  world.hands.example("a search for somebody who seeks as well found nobody in time");
  person.place = "idle";
  person.meetsAtMs = NEVER;
  person.couple.isDisturbed = true;
  if (!wasTold) say(person, { type: "cancel_match" });
  planSeek(person, nowMs, world);
}

/** An offer: taken, if it is the partner; a stranger, who was found because the partner was not, is declined. */
export function onMatchFound(person: Person, frame: ServerFrameOf<"match_found">, nowMs: number, world: World): void {
  const { hands, script } = world;
  const { couple } = person;
  if (person.place !== "seeking" && person.place !== "accepted") return;
  if (!frame.shared_interests.includes(interestOf(script, couple.no, couple.round))) {
    odd(world, "somebody was offered a stranger who does not share their interest");
    person.place = "idle";
    person.meetsAtMs = Math.ceil(nowMs);
    return say(person, { type: "decline_match", chat_id: frame.chat_id });
  }
  if (person.place === "seeking" && !couple.isDisturbed && couple.soughtAtMs !== NEVER)
    hands.time("match", nowMs - couple.soughtAtMs);
  person.place = "accepted";
  person.chat = frame.chat_id;
  person.meetsAtMs = NEVER;
  say(person, { type: "accept_match", chat_id: frame.chat_id });
}

/** Both said yes. */
export function beginChat(person: Person, chat: string, nowMs: number, world: World): void {
  if (person.place === "chatting" && person.talk?.chat === chat) return;
  const { hands, script } = world;
  const { couple, seat } = person;
  const partner = partnerOf(person);
  const theirs = partner?.place === "chatting" ? partner.talk : undefined;
  hands.count("matches");
  if (theirs === undefined) hands.count("chatsBegun");
  else if (theirs.chat !== chat) odd(world, "two who seek each other were put into two chats");
  else if (script.isApart && partner?.pool === person.pool) odd(world, "two who were to be in two pools are in one");
  person.place = "chatting";
  person.chat = chat;
  person.meetsAtMs = NEVER;
  const everyMs = script.textEveryMs;
  const firstDueMs = Math.ceil(nowMs + phaseOf(person.no) * everyMs);
  const count = theirs?.chat === chat ? theirs.count : textsInChat(script, nowMs + everyMs);
  person.talk = newTalk(chat, speechOf(script, couple.no, seat), { firstDueMs, everyMs, count });
}

/**
 * Ends a couple's chat once both have said everything and it has arrived, or will not: what was written for somebody
 * who is there, and has not been shown by then, is lost. Returns whether it ended.
 */
export function endIfDone(couple: Couple, nowMs: number, world: World): boolean {
  const [ender, other] = couple.people;
  const [mine, theirs] = [ender?.talk, other?.talk];
  if (ender === undefined || other === undefined || mine === undefined || theirs === undefined) return false;
  if (couple.isOver || mine.chat !== theirs.chat || !isThere(ender)) return false;
  const isSaid = mine.due >= mine.count && theirs.due >= theirs.count;
  if (!isSaid) return false;
  const isConfirmed = mine.delivered >= mine.count && theirs.delivered >= theirs.count;
  if (!isConfirmed && nowMs < endsAtMs(couple)) return false;
  if (isThere(other)) {
    if (!mine.isPartnerAway) noteLost(mine, mine.sentMax, theirs.last, world);
    if (!theirs.isPartnerAway) noteLost(theirs, theirs.sentMax, mine.last, world);
  }
  endChat(couple, world);
  return true;
}

/** When the patience with a couple's last texts ends; `NEVER` while one of the two is away. */
export function endsAtMs({ people: [ender, other] }: Couple): number {
  const [mine, theirs] = [ender?.talk, other?.talk];
  if (mine === undefined || theirs === undefined || mine.isPartnerAway || theirs.isPartnerAway) return NEVER;
  const quietFromMs = (talk: Talk): number => Math.max(dueAtMs(talk, talk.count), talk.excusedAtMs);
  return Math.ceil(Math.max(quietFromMs(mine), quietFromMs(theirs)) + PATIENCE_MS);
}

/** The two end their chat: the one says so, the other will be told. Nobody judges what is still under way. */
export function endChat(couple: Couple, world: World): void {
  const [ender] = couple.people;
  if (ender?.talk === undefined) return;
  couple.isOver = true;
  world.hands.count("chatsEnded");
  endHalf(ender);
}

/** Somebody leaves their chat. */
export function endHalf(person: Person): void {
  if (person.talk !== undefined) say(person, { type: "end_chat", chat_id: person.talk.chat });
  becomeIdle(person);
}

/** The chat is over, says the server. Whose wish that was is known here. */
export function onChatOver(person: Person, world: World): void {
  const { couple } = person;
  if (person.talk === undefined) return;
  becomeIdle(person);
  if (couple.isOver) return;
  couple.isOver = true;
  world.hands.count("chatsEndedByServer");
  world.hands.example("a chat ended though neither person wished it");
}
