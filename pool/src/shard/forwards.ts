import type { Address, SessionId } from "@whisper/shared/base/ids";

/** By then everybody who had the old address has heard of the new one. */
const KEPT_MS = 10_000;

/**
 * Where people went who were here a moment ago: memos that are still on their way to them here go after them. Without
 * that two who move at one time would look for each other, and be shown as away.
 */
export class Forwards {
  readonly #to = new Map<SessionId, { readonly address: Address; readonly untilMs: number }>();

  /** Their session was taken over at `address`. */
  went(session: SessionId, address: Address, nowMs: number): void {
    this.#to.delete(session); // so that the map stays in the order of time
    this.#to.set(session, { address, untilMs: nowMs + KEPT_MS });
  }

  /** They are here again: nothing of theirs goes elsewhere, so that no memo ever goes round. */
  came(session: SessionId): void {
    this.#to.delete(session);
  }

  /** Where their memos go; `undefined` for anybody who was not here lately. */
  of(session: SessionId): Address | undefined {
    return this.#to.get(session)?.address;
  }

  /** Each turn of the shard's loop. */
  turn(nowMs: number): void {
    for (const [session, { untilMs }] of this.#to) {
      if (untilMs > nowMs) return;
      this.#to.delete(session);
    }
  }
}
