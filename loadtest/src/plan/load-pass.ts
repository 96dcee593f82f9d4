import { loadPassClaimsOf } from "@whisper/shared/credentials/claims";
import { openJwt } from "@whisper/shared/credentials/jwt";
import { scriptOf } from "../people/scenario-people.ts";
import type { Plan } from "./plan.ts";
import { UsageFault } from "./usage-fault.ts";

const PASS_CHARS_MAX = 2_048;
/** After the hold people leave and the last texts arrive; they need no new tickets, but who comes back does. */
const AFTER_MS = 60_000;
const ANEW = "npm run loadtest:token makes one";

/** What a run wants of a pass. */
export type PassWish = {
  readonly region: string | undefined;
  /** How many people come in, one after the other (`sessionsOf`). */
  readonly sessions: number;
  /** Ramp and hold. */
  readonly runMs: number;
  readonly nowMs: number;
};

/**
 * The region that a load pass is for. Refuses what is no pass, is over or ends before the run does, is for fewer people
 * or another region; whether its signature is good, the edge alone can say. Never quotes the pass.
 */
export function regionOfPass(pass: string, wish: PassWish): string {
  const opened = openJwt(pass, PASS_CHARS_MAX);
  const claims = opened.ok ? loadPassClaimsOf(opened.value.payload) : undefined;
  if (claims === undefined) throw new UsageFault(`the load pass is none: ${ANEW}`);
  const leftMs = claims.exp * 1_000 - wish.nowMs;
  if (leftMs <= 0) throw new UsageFault(`the load pass is over: ${ANEW}`);
  if (leftMs < wish.runMs + AFTER_MS)
    throw new UsageFault(
      `the load pass ends in ${Math.floor(leftMs / 60_000)} min, the run later: ${ANEW} for more --hours, or shorten --hold`,
    );
  if (claims.sessions < wish.sessions)
    throw new UsageFault(
      `the load pass is for ${claims.sessions} people and the run brings up to ${wish.sessions}, one after the other: ` +
        `${ANEW} with --sessions ${wish.sessions}, or write fewer --connections`,
    );
  if (wish.region !== undefined && wish.region !== claims.region)
    throw new UsageFault(`the load pass is for ${claims.region}: write --region ${claims.region}, or leave it out`);
  return claims.region;
}

/** How many people a run brings in at most: where couples part and others meet, each round brings new ones. */
export function sessionsOf(plan: Plan): number {
  const { isAgain, roundMs } = scriptOf(plan);
  const rounds = isAgain ? Math.ceil((plan.rampMs + plan.holdMs) / roundMs) : 1;
  const couples = Math.floor((plan.connections * plan.chatShare) / 2);
  return plan.connections + couples * 2 * (Math.max(1, rounds) - 1);
}
