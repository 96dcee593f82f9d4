import { CLIENT_PONG_MS, CLIENT_SILENT_MS } from "@whisper/shared/limits";
import { comeIn, leave, onClosed, onPatienceEnd } from "./coming-in.ts";
import { endIfDone, endsAtMs, onSeekEnd, seek } from "./meeting.ts";
import { type Couple, NEVER, type Person, say, type World } from "./person.ts";
import { isTimeFor } from "./scenario-people.ts";
import { onTalkDue, talkDueAtMs } from "./talking.ts";

/** Deadlines of a person, and what a couple does once its chat is over. */

/** When somebody has to be looked at without any word from outside. */
export function personDueAtMs(person: Person, nowMs: number): number {
  const { talk, couple } = person;
  let atMs = Math.min(person.returnsAtMs, person.patienceEndsAtMs);
  if (person.outlet === undefined) return atMs;
  atMs = Math.min(atMs, person.meetsAtMs);
  if (person.place !== "idle") atMs = Math.min(atMs, livenessAtMs(person));
  if (talk === undefined) return atMs;
  atMs = Math.min(atMs, talkDueAtMs(person, talk, nowMs));
  if (person.seat === 0 && talk.due >= talk.count) atMs = Math.min(atMs, endsAtMs(couple));
  return atMs;
}

/** Whoever seeks or chats asks after 20 s of silence whether anybody is there, and waits 10 s for any answer. */
const livenessAtMs = ({ heardAtMs, pingedAtMs }: Person): number =>
  pingedAtMs === NEVER ? heardAtMs + CLIENT_SILENT_MS : pingedAtMs + CLIENT_PONG_MS;

/** Does what is due. */
export function onPersonDue(person: Person, nowMs: number, world: World): void {
  if (person.returnsAtMs <= nowMs && person.phase === "waiting") comeIn(person, nowMs, world);
  if (person.patienceEndsAtMs <= nowMs) onPatienceEnd(person, nowMs, world);
  if (person.outlet === undefined) return;
  if (person.meetsAtMs <= nowMs) {
    if (person.place === "idle") seek(person, nowMs, world);
    else onSeekEnd(person, nowMs, world, false);
  }
  if (person.talk !== undefined) onTalkDue(person, person.talk, nowMs, world);
  if (person.place !== "idle" && livenessAtMs(person) <= nowMs) onSilence(person, nowMs, world);
}

function onSilence(person: Person, nowMs: number, world: World): void {
  const { outlet } = person;
  if (outlet === undefined) return;
  if (person.pingedAtMs === NEVER) {
    person.pingedAtMs = Math.ceil(nowMs);
    return say(person, { type: "ping" });
  }
  outlet.reset();
  onClosed(person, outlet, { code: 1_006, retryAfterMs: undefined }, nowMs, world);
}

/** To be called after whatever happened to one of a couple: ends what is done, and begins anew where that is wanted. */
export function settle(couple: Couple, nowMs: number, world: World): void {
  endIfDone(couple, nowMs, world);
  const [first, second] = couple.people;
  if (!couple.isOver || first === undefined || second === undefined) return;
  if (first.talk !== undefined || second.talk !== undefined) return;
  const { script } = world;
  const beganMs = couple.soughtAtMs === NEVER ? nowMs : couple.soughtAtMs;
  const roundAtMs = Math.ceil(Math.max(nowMs, beganMs + script.roundMs)); // each couple at a pace of its own
  if (!(script.isAgain && isTimeFor(script, roundAtMs))) return;
  if (first.phase === "done" || second.phase === "done") return;
  couple.round++;
  couple.roundAtMs = roundAtMs;
  couple.soughtAtMs = NEVER;
  couple.isDisturbed = false;
  couple.isOver = false;
  for (const person of couple.people) comeAnew(person, nowMs, world);
}

/** The desk keeps two who have chatted apart for an hour, so the next round's people are others. */
function comeAnew(person: Person, nowMs: number, { hands }: World): void {
  leave(person);
  person.tries = 0;
  person.homeAway = 0;
  person.place = "idle";
  person.phase = "waiting";
  person.returnsAtMs = Math.ceil(nowMs);
  hands.wake(person);
}
