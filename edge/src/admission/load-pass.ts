import type { RegionName } from "@whisper/shared/base/ids";
import { type LoadPassClaims, loadPassClaimsOf } from "@whisper/shared/credentials/claims";
import type { LaterVerifier } from "@whisper/shared/credentials/verify";
import { Refusal } from "@whisper/shared/errors";
import { LOAD_PASS_SESSIONS_MAX } from "@whisper/shared/limits";
import { claimsIn } from "./held.ts";

const PASSES_MAX = 64;

export type LoadPass = {
  /** The pass's own name in this isolate's book. */
  readonly name: string;
  readonly claims: LoadPassClaims;
};

/** The load pass in an `Authorization` header; `undefined` without one. Refuses what is no pass of ours, or is over. */
export async function loadPassIn(
  header: string | undefined,
  keys: LaterVerifier,
  nowMs: number,
): Promise<LoadPass | undefined> {
  if (header === undefined) return undefined;
  const token = /^Bearer ([A-Za-z0-9_.-]+)$/.exec(header)?.[1];
  const claims = token === undefined ? "bad" : await claimsIn(token, loadPassClaimsOf, keys, nowMs);
  if (claims === "expired") throw new Refusal("session_expired");
  if (claims === "bad" || token === undefined) throw new Refusal("bad_request");
  return { name: token.slice(-22), claims };
}

/** How many sessions a `?count=` asks for: one without it; more only with a pass, and never above 1,000 or the pass. */
export function countIn(text: string | undefined, pass: LoadPass | undefined): number | undefined {
  if (text === undefined) return undefined;
  const count = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (pass === undefined || count < 1 || count > LOAD_PASS_SESSIONS_MAX) throw new Refusal("bad_request");
  return count;
}

/** The region a caller pins; a pass pins its own and lets nobody pin another. */
export function pinnedRegion(wish: RegionName | undefined, pass: LoadPass | undefined): RegionName | undefined {
  if (pass === undefined) return wish;
  if (wish !== undefined && wish !== pass.claims.region) throw new Refusal("bad_request");
  return pass.claims.region;
}

/** How many sessions each load pass has minted in this isolate, so that a lost pass has an end before its time. */
export class PassBook {
  readonly #minted = new Map<string, number>();

  /** Refuses what would go above the pass. */
  mint(pass: LoadPass, count: number): void {
    const minted = (this.#minted.get(pass.name) ?? 0) + count;
    if (minted > pass.claims.sessions) throw new Refusal("rate_limited");
    if (!this.#minted.has(pass.name) && this.#minted.size >= PASSES_MAX) {
      for (const oldest of this.#minted.keys()) if (this.#minted.delete(oldest)) break;
    }
    this.#minted.set(pass.name, minted);
  }
}
