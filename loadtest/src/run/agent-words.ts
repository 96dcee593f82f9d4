import type { Plan } from "../plan/plan.ts";
import type { Share } from "./preflight.ts";

// What a conductor and the agents of other machines say to each other. A run is a random mark, so that two conductors
// on one bus do not hear each other's agents.

/** Here conductors ask who is there. */
export const CALL = "whisper.loadtest.v1.call";
/** Here one agent is told what to do. */
export const agentSubject = (agent: string): string => `whisper.loadtest.v1.agent.${agent}`;
/** Here a run's conductor is told. */
export const runSubject = (run: string): string => `whisper.loadtest.v1.run.${run}`;

/** The conductor asks who is there and could carry how much of this. */
export type Call = { readonly say: "call"; readonly run: string; readonly plan: Plan };
/** conductor → agent. `begin` is relative: no two machines' clocks need to agree. */
export type ToAgent =
  | { readonly say: "muster"; readonly run: string; readonly plan: Plan; readonly share: Share }
  | { readonly say: "begin"; readonly run: string; readonly inMs: number }
  /** `stay` is said every few seconds: an agent that hears nothing more is nobody's, and ends its workers. */
  | { readonly say: "stay" | "stop" | "leave"; readonly run: string };
/** agent → conductor. `here` answers a call. */
export type FromAgent =
  | { readonly say: "here"; readonly agent: string; readonly capacity: number }
  | { readonly say: "mustered"; readonly agent: string; readonly parts: readonly string[] }
  | { readonly say: "refused"; readonly agent: string; readonly why: string }
  | { readonly say: "tick"; readonly agent: string; readonly part: string; readonly tick: unknown }
  | { readonly say: "lost"; readonly agent: string; readonly part: string; readonly why: string };

const FROM_AGENT: Readonly<Record<string, readonly string[]>> = {
  here: ["agent", "capacity"],
  mustered: ["agent", "parts"],
  refused: ["agent", "why"],
  tick: ["agent", "part", "tick"],
  lost: ["agent", "part", "why"],
};
const NAME = /^[\w.-]{1,80}$/;
const PART = /^worker \d{1,4}$/;
const PARTS_MAX = 1_000;

type Fields = Readonly<Record<string, unknown>>;
const isFields = (raw: unknown): raw is Fields => typeof raw === "object" && raw !== null;
const isText = (raw: unknown): boolean => typeof raw === "string" && raw.length <= 300;

/** What an agent said, or `undefined` for anything else. A tick is not yet read. */
export function fromAgent(raw: unknown): FromAgent | undefined {
  if (!isFields(raw) || typeof raw.say !== "string" || !Object.hasOwn(FROM_AGENT, raw.say)) return undefined;
  const { agent, capacity, part, parts, why } = raw;
  if (FROM_AGENT[raw.say]?.some((name) => raw[name] === undefined)) return undefined;
  if (typeof agent !== "string" || !NAME.test(agent)) return undefined;
  if (capacity !== undefined && !(Number.isSafeInteger(capacity) && Number(capacity) >= 0)) return undefined;
  if (part !== undefined && !(typeof part === "string" && PART.test(part))) return undefined;
  if (why !== undefined && !isText(why)) return undefined;
  if (parts !== undefined) {
    if (!Array.isArray(parts) || parts.length > PARTS_MAX) return undefined;
    if (!parts.every((one) => typeof one === "string" && PART.test(one))) return undefined;
  }
  return raw as FromAgent;
}

/** What a conductor tells an agent, or `undefined`. Whoever may speak on the bus is trusted with the plan itself. */
export function toAgent(raw: unknown): ToAgent | undefined {
  if (!isFields(raw) || typeof raw.run !== "string" || !NAME.test(raw.run)) return undefined;
  const { say, plan, share, inMs } = raw;
  if (say === "stay" || say === "stop" || say === "leave") return { say, run: raw.run };
  if (say === "begin") return typeof inMs === "number" && inMs >= 0 ? { say, run: raw.run, inMs } : undefined;
  if (say !== "muster" || !isFields(plan) || !isFields(share)) return undefined;
  if (!Number.isSafeInteger(share.from) || !Number.isSafeInteger(share.count)) return undefined;
  return raw as ToAgent;
}

/** A conductor's call, or `undefined`. */
export const callIn = (raw: unknown): Call | undefined =>
  isFields(raw) && raw.say === "call" && typeof raw.run === "string" && NAME.test(raw.run) && isFields(raw.plan)
    ? (raw as Call)
    : undefined;
