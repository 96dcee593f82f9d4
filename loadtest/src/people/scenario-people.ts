import type { Lane } from "@whisper/shared/credentials/claims";
import type { Plan } from "../plan/plan.ts";
import { fillingOf, openingOf, runMarkOf } from "./text-words.ts";

/** What all people of a worker do, and when. Milliseconds since the run began. */
export type Script = {
  readonly run: number;
  readonly lane: Lane;
  readonly textEveryMs: number;
  readonly textChars: number;
  readonly matchTimeoutMs: number;
  /** How many texts each of a couple says in one chat, at most. */
  readonly textsMax: number;
  /** Couples begin a chat at most this often. */
  readonly roundMs: number;
  /** After a chat they come in anew, as other people, and chat again. */
  readonly isAgain: boolean;
  /** Both of a couple in one pool is a fault. */
  readonly isApart: boolean;
  readonly endsAtMs: number;
  readonly halfwayMs: number;
  /** What happens to `cutShare` of them halfway. */
  readonly halfway: "cut" | "leave" | undefined;
  readonly cutShare: number;
};

/** As fast as the shards' meter lets somebody begin. */
const SMOKE_TEXTS = 5;
const SMOKE_EVERY_MS = 400;
const CHAT_MS = 30_000;
/** The desk takes ten searches a minute from a device, and every round has new devices: this is a person's own pace. */
const MATCH_ROUND_MS = 10_000;
/** Between the last text of a chat and the next round's search. */
const BETWEEN_MS = 5_000;
/** So long before the end nobody says anything new: what is said arrives. */
const LAST_WORDS_MS = 1_000;

/** How many texts there are in a chat of each scenario. */
function textsOf({ scenario, textEveryMs }: Plan): number {
  switch (scenario) {
    case "smoke":
      return SMOKE_TEXTS;
    case "match":
      return 0;
    case "chat":
    case "soak":
      return Math.max(1, Math.round(CHAT_MS / textEveryMs));
    default:
      return Number.MAX_SAFE_INTEGER; // one chat, as long as the hold
  }
}

/** What the people of a plan do. */
export function scriptOf(plan: Plan): Script {
  const { scenario, rampMs, holdMs } = plan;
  const textEveryMs = scenario === "smoke" ? Math.min(plan.textEveryMs, SMOKE_EVERY_MS) : plan.textEveryMs;
  const textsMax = textsOf(plan);
  const isAgain = scenario === "match" || scenario === "chat" || scenario === "soak";
  return {
    run: runMarkOf(plan.seed),
    lane: plan.loadPass === undefined ? "live" : "test",
    textEveryMs,
    textChars: plan.textChars,
    matchTimeoutMs: plan.matchTimeoutMs,
    textsMax,
    roundMs: scenario === "match" ? MATCH_ROUND_MS : Math.min(holdMs, textsMax * textEveryMs + BETWEEN_MS),
    isAgain,
    isApart: scenario === "cross",
    endsAtMs: rampMs + holdMs,
    halfwayMs: rampMs + holdMs / 2,
    halfway: scenario === "reconnect" ? "cut" : scenario === "churn" ? "leave" : undefined,
    cutShare: plan.cutShare,
  };
}

/** When the person at place `at` of a worker's `count` comes in: couples together, evenly over the ramp. */
export const entersAtMs = (rampMs: number, at: number, count: number): number =>
  Math.round(((at >> 1) * 2 * rampMs) / Math.max(1, count));

/** Whether number `no` belongs to a share of all, spread evenly. */
export const isOfShare = (no: number, share: number): boolean => Math.floor((no + 1) * share) > Math.floor(no * share);

/** An even-looking number from 0 up to 1 that belongs to `no`, the same each time. */
export const phaseOf = (no: number): number => (Math.imul(no + 1, 2_654_435_761) >>> 0) / 2 ** 32;

/** How many texts each says in a chat that begins now: as many as there is time for. */
export function textsInChat(script: Script, nowMs: number): number {
  const leftMs = script.endsAtMs - LAST_WORDS_MS - nowMs;
  return Math.max(0, Math.min(script.textsMax, Math.floor(leftMs / script.textEveryMs)));
}

/** Whether a chat that begins then can still run its course. */
export const isTimeFor = (script: Script, atMs: number): boolean =>
  atMs + Math.min(script.textsMax, 1) * script.textEveryMs + LAST_WORDS_MS <= script.endsAtMs;

/** What a couple seeks, and nobody else; the next time something else. */
export const interestOf = ({ run }: Script, couple: number, round: number): string => `load ${run} ${couple} ${round}`;

/** A person's words before and behind the number. */
export function speechOf(script: Script, couple: number, seat: number): { opening: string; filling: string } {
  const opening = openingOf({ run: script.run, lane: script.lane, couple, seat });
  return { opening, filling: fillingOf(script.textChars - opening.length - 4) };
}
