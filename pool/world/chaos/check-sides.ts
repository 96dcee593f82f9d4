import type { Run, Side } from "./sides.ts";

/** What went wrong with texts on their way from one side of a chat to the other. */
export type DirectionFaults = { lost: number; doubled: number; reordered: number; foreign: number };

/** What the whole run did to people. Everything but `chats`, `texts` and the shares is a broken promise. */
export type Findings = DirectionFaults & {
  readonly chats: number;
  /** Texts that were shown to the person they were meant for. */
  readonly texts: number;
  /** Chats that ended though neither side ended them, or that began for one side only. */
  readonly endedByUs: number;
  /** Chats that went on for one side after the other had ended them, to the very end. */
  readonly ghosts: number;
  /** Seats that were in two chats at one time, or chats that had more than two people. */
  readonly inTwoChats: number;
  /** Of all chats that had two sides: between two pools, and between two regions; from 0 to 1. */
  readonly acrossPools: number;
  readonly acrossRegions: number;
  /** One line for each chat in which something is wrong, the first 20. */
  readonly examples: readonly string[];
};

const EXAMPLES_MAX = 20;

/** Judges a run by what every seat noted, once all is quiet. Pure. */
export function checkSides(sides: readonly Side[]): Findings {
  const sum: DirectionFaults = { lost: 0, doubled: 0, reordered: 0, foreign: 0 };
  const examples: string[] = [];
  const byChat = grouped(sides, ({ chat }) => chat);
  let [texts, endedByUs, ghosts, crowds, couples, acrossPools, acrossRegions] = [0, 0, 0, 0, 0, 0, 0];
  for (const [chat, all] of byChat) {
    const found = checkChat(all);
    for (const key of ["lost", "doubled", "reordered", "foreign"] as const) sum[key] += found[key];
    texts += found.texts;
    if (found.endedByUs) endedByUs++;
    if (found.ghost) ghosts++;
    if (found.crowd) crowds++;
    const [one, other] = all;
    if (one !== undefined && other !== undefined) {
      couples++;
      if (one.pool !== other.pool) acrossPools++;
      if (regionOf(one) !== regionOf(other)) acrossRegions++;
    }
    if (isBad(found) && examples.length < EXAMPLES_MAX) examples.push(exampleOf(chat, all, found));
  }
  const overlapping = [...grouped(sides, ({ seat }) => seat).values()].filter(overlap).length;
  const share = (part: number): number => (couples === 0 ? 0 : part / couples);
  return {
    ...sum,
    ...{ chats: byChat.size, texts, endedByUs, ghosts, inTwoChats: crowds + overlapping },
    ...{ acrossPools: share(acrossPools), acrossRegions: share(acrossRegions), examples },
  };
}

const regionOf = ({ pool }: Side): string => pool.split("/")[0] ?? "";

type ChatFindings = DirectionFaults & {
  readonly texts: number;
  readonly endedByUs: boolean;
  readonly ghost: boolean;
  readonly crowd: boolean;
};

const isBad = (found: ChatFindings): boolean =>
  found.lost + found.doubled + found.reordered + found.foreign > 0 || found.endedByUs || found.ghost || found.crowd;

function checkChat(sides: readonly Side[]): ChatFindings {
  const [one, other, ...more] = sides;
  const sum: DirectionFaults = { lost: 0, doubled: 0, reordered: 0, foreign: 0 };
  let texts = 0;
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    if (to !== undefined) sum.foreign += to.foreign;
    if (from === undefined) continue;
    const heard = to?.heard ?? [];
    const both = from.ending === "open" && (to === undefined || to.ending === "open");
    // A person who is told that a text was not delivered has lost nothing behind their back.
    const found = checkDirection(from.seat, both ? from.said : from.delivered, heard);
    for (const key of ["lost", "doubled", "reordered", "foreign"] as const) sum[key] += found[key];
    texts += found.texts;
  }
  const endings = sides.map(({ ending }) => ending);
  const isOver = endings.some((ending) => ending !== "open");
  return {
    ...sum,
    texts,
    endedByUs: isOver && !endings.includes("me"),
    ghost: (isOver && endings.includes("open")) || (other === undefined && endings.includes("open")),
    crowd: more.length > 0 || (one !== undefined && one.seat === other?.seat),
  };
}

/** Compares what `sender` is owed (numbers 1 to `must`) with what the other side was shown, in that order. */
export function checkDirection(
  sender: number,
  must: number,
  heard: readonly Run[],
): DirectionFaults & { readonly texts: number } {
  const shown = new Set<number>();
  const found = { lost: 0, doubled: 0, reordered: 0, foreign: 0 };
  let highest = 0;
  for (const [who, from, to] of heard) {
    if (who !== sender) {
      found.foreign += to - from + 1;
      continue;
    }
    for (let no = from; no <= to; no++) {
      if (shown.has(no)) found.doubled++;
      else if (no < highest) found.reordered++;
      shown.add(no);
      highest = Math.max(highest, no);
    }
  }
  for (let no = 1; no <= must; no++) if (!shown.has(no)) found.lost++;
  return { ...found, texts: shown.size };
}

/** Whether one seat was in two chats at one time. */
function overlap(sides: readonly Side[]): boolean {
  const inOrder = [...sides].sort((a, b) => a.beganMs - b.beganMs);
  return inOrder.some((side, at) => {
    const next = inOrder[at + 1];
    return next !== undefined && next.chat !== side.chat && (side.endedMs ?? Number.POSITIVE_INFINITY) > next.beganMs;
  });
}

function grouped<T, K>(things: readonly T[], keyOf: (thing: T) => K): ReadonlyMap<K, readonly T[]> {
  const groups = new Map<K, T[]>();
  for (const thing of things) {
    const group = groups.get(keyOf(thing));
    if (group === undefined) groups.set(keyOf(thing), [thing]);
    else group.push(thing);
  }
  return groups;
}

function exampleOf(chat: string, sides: readonly Side[], found: ChatFindings): string {
  const { lost, doubled, reordered, foreign } = found;
  const seats = sides.map(({ seat, pool, ending, endedMs, said, delivered, heard, how }) => {
    const when = endedMs === undefined ? "" : ` at ${endedMs}`;
    const why = how === undefined ? "" : ` (${how})`;
    return `seat ${seat} on ${pool} ${ending}${why}${when}, said ${said}, delivered ${delivered}, heard ${JSON.stringify(heard.slice(0, 6))}`;
  });
  const what = [`lost ${lost}`, `doubled ${doubled}`, `reordered ${reordered}`, `foreign ${foreign}`];
  if (found.endedByUs) what.push("ended by us");
  if (found.ghost) what.push("ghost");
  if (found.crowd) what.push("crowd");
  return `${markless(chat)}: ${what.join(", ")}; ${seats.join("; ")}`;
}

/** Enough of a chat id to tell chats of one run apart. */
const markless = (chat: string): string => `chat ${chat.slice(0, 6)}…`;
