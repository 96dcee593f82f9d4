import type { Endpoint } from "@whisper/shared/protocol/server-frames";
import type { CountName, HistogramName } from "../plan/plan.ts";
import type { Script } from "./scenario-people.ts";
import type { Talk } from "./talk-state.ts";

/** A moment that never comes, in milliseconds since the run began; small enough to cost no memory of its own. */
export const NEVER = 0x7f_ff_ff_ff;

/** How far somebody is on their way to a (new) socket. */
export type Phase = "still" | "waiting" | "asking" | "opening" | "greeting" | "resuming" | "done";
/** Where somebody stands, as they know it. */
export type Place = "idle" | "seeking" | "accepted" | "chatting";

/** What somebody speaks through. */
export type Outlet = { write(frame: Buffer): void; say(wire: string): void; close(): void; reset(): void };

/** A ticket that is not used yet. */
export type Pass = {
  readonly ticket: string;
  readonly endpoints: readonly Endpoint[];
  readonly gotAtMs: number;
  tried: number;
};

export type Couple = {
  readonly no: number;
  people: readonly Person[];
  round: number;
  /** Before this moment they do not seek. */
  roundAtMs: number;
  /** When both should have begun to seek; `NEVER` until both are there. */
  soughtAtMs: number;
  /** Somebody lost their socket since they sought, so that a search's time says nothing of the desk. */
  isDisturbed: boolean;
  /** They have ended their chat, or will not have one. */
  isOver: boolean;
};

/** One person: what an idle one needs, and a talk while there is one. Changed by the functions beside this file. */
export type Person = {
  /** In the run. */
  readonly no: number;
  readonly seat: 0 | 1;
  readonly couple: Couple;
  readonly seeks: boolean;
  phase: Phase;
  place: Place;
  /** What is spoken on, and the newer one that is on its way up. */
  outlet: Outlet | undefined;
  young: Outlet | undefined;
  /** `region/pool` of the newest socket. */
  pool: string;
  /** Tokens, as `kept` gives them. */
  session: string | undefined;
  device: string | undefined;
  pass: Pass | undefined;
  tries: number;
  homeAway: number;
  returnsAtMs: number;
  /** When a way in that is under way is given up. */
  patienceEndsAtMs: number;
  /** Idle: when they begin to seek. Seeking: when they give up. */
  meetsAtMs: number;
  /** When the newest socket began, and when the one that is spoken on was lost. */
  sinceMs: number;
  lostAtMs: number;
  heardAtMs: number;
  pingedAtMs: number;
  /** The proposal they said yes to. */
  chat: string;
  talk: Talk | undefined;
};

/** What people do to the world around them, and tell it. */
export type Hands = {
  /** Asks the edge; its answer comes by `onAdmitted` or `onRefused`. */
  ask(person: Person): void;
  open(person: Person, endpoint: Endpoint, ticket: string): Outlet;
  count(name: CountName, by?: number): void;
  time(name: HistogramName, ms: number): void;
  /** A text left this late, and nobody but the generator held it up. */
  left(lateMs: number): void;
  /** What went wrong, without any id, text or address. */
  example(words: string): void;
  /** From 0 up to 1. */
  chance(): number;
  /** Looks at the person's deadlines again. */
  wake(person: Person): void;
};
export type World = { readonly script: Script; readonly hands: Hands };

export function newCouple(no: number, roundAtMs: number): Couple {
  return { no, people: [], round: 0, roundAtMs, soughtAtMs: NEVER, isDisturbed: false, isOver: false };
}

/** Somebody who comes in at `entersAtMs`. */
export function newPerson(no: number, couple: Couple, seeks: boolean, entersAtMs: number): Person {
  const person: Person = {
    no,
    seat: couple.people.length === 0 ? 0 : 1,
    couple,
    seeks,
    phase: "waiting",
    place: "idle",
    outlet: undefined,
    young: undefined,
    pool: "",
    session: undefined,
    device: undefined,
    pass: undefined,
    tries: 0,
    homeAway: 0,
    returnsAtMs: entersAtMs,
    patienceEndsAtMs: NEVER,
    meetsAtMs: NEVER,
    sinceMs: 0,
    lostAtMs: NEVER,
    heardAtMs: 0,
    pingedAtMs: NEVER,
    chat: "",
    talk: undefined,
  };
  couple.people = [...couple.people, person]; // an array that grows keeps room for sixteen more
  return person;
}

/** The other one of the couple; `undefined` for the last of an odd number. */
export const partnerOf = ({ couple, seat }: Person): Person | undefined => couple.people[1 - seat];

/** Says a frame, if there is a socket to say it on. */
export function say(person: Person, frame: { readonly type: string; readonly [field: string]: unknown }): void {
  person.outlet?.say(JSON.stringify(frame));
}

/** Nothing is sought and nothing is said any more. */
export function becomeIdle(person: Person): void {
  person.place = "idle";
  person.talk = undefined;
  person.chat = "";
  person.meetsAtMs = NEVER;
}

/** Something that should not have happened. `what` holds no id, text or address. */
export function odd({ hands }: World, what: string): void {
  hands.count("errors");
  hands.example(what);
}
