import { audienceOf } from "@whisper/shared/credentials/claims";
import type { PoolReport } from "@whisper/shared/directory/pool-report";
import { TICKET_LEEWAY_MS, TICKET_MS } from "@whisper/shared/limits";

const SLICE_MS = 1_000;
type Slice = { readonly untilMs: number; count: number };
type Account = { readonly slices: Slice[]; promised: number; sockets: number };

/**
 * The places that this isolate's tickets have promised and nobody has taken yet. A promise ends with its ticket, or
 * when the pool reports that its sockets have grown by it: counted twice, a fast ramp would look full at half.
 */
export class PromisedPlaces {
  readonly #accounts = new Map<string, Account>();

  promise(pool: string, count: number, nowMs: number): void {
    const account = this.#account(pool);
    const untilMs = (Math.floor(nowMs / SLICE_MS) + 1) * SLICE_MS + TICKET_MS + TICKET_LEEWAY_MS;
    const newest = account.slices.at(-1);
    if (newest?.untilMs === untilMs) newest.count += count;
    else account.slices.push({ untilMs, count });
    account.promised += count;
  }

  /** How many places of a pool are promised now. */
  of(pool: string, nowMs: number): number {
    const account = this.#accounts.get(pool);
    if (account === undefined) return 0;
    for (let oldest = account.slices[0]; oldest !== undefined && oldest.untilMs <= nowMs; oldest = account.slices[0]) {
      account.promised -= oldest.count;
      account.slices.shift();
    }
    return account.promised;
  }

  /**
   * Takes a fresh directory: what a pool grew by, it grew by the oldest promises; a pool no longer named is forgotten.
   */
  settle(reports: readonly PoolReport[]): void {
    const named = new Set<string>();
    for (const report of reports) {
      const pool = audienceOf(report.region, report.pool);
      named.add(pool);
      const account = this.#account(pool);
      if (account.sockets >= 0) spend(account, report.sockets - account.sockets);
      account.sockets = report.sockets;
    }
    for (const pool of this.#accounts.keys()) if (!named.has(pool)) this.#accounts.delete(pool);
  }

  #account(pool: string): Account {
    const known = this.#accounts.get(pool);
    if (known !== undefined) return known;
    const fresh: Account = { slices: [], promised: 0, sockets: -1 };
    this.#accounts.set(pool, fresh);
    return fresh;
  }
}

function spend(account: Account, grown: number): void {
  let left = Math.max(0, grown);
  for (let oldest = account.slices[0]; oldest !== undefined && left > 0; oldest = account.slices[0]) {
    const spent = Math.min(left, oldest.count);
    oldest.count -= spent;
    account.promised -= spent;
    left -= spent;
    if (oldest.count === 0) account.slices.shift();
  }
}
