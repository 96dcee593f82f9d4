import { DIRECTORY_FRESH_MS, DIRECTORY_STALE_MS } from "@whisper/shared/limits";
import type { DirectoryStore, LastCopy, Listing, Log, WaitUntil } from "../ports.ts";

export type RefreshPlan = "use" | "behind" | "await";

/**
 * What a request does about the isolate's copy: use it; use it and refresh `behind` its own answer; or `await` a fresh
 * one. Who has a copy waits at most once in 2 s, whoever has none waits. `undefined` times: never.
 */
export function refreshPlan(readMs: number | undefined, triedMs: number | undefined, nowMs: number): RefreshPlan {
  const ageMs = readMs === undefined ? Number.POSITIVE_INFINITY : nowMs - readMs;
  if (ageMs <= DIRECTORY_FRESH_MS) return "use";
  const triedLately = triedMs !== undefined && nowMs - triedMs < DIRECTORY_FRESH_MS;
  if (readMs !== undefined && triedLately) return "use";
  return ageMs > DIRECTORY_STALE_MS ? "await" : "behind";
}

export type CopyHands = {
  readonly store: DirectoryStore;
  readonly lastCopy: LastCopy;
  readonly log: Log;
  /** Told of every listing that was really read. */
  readonly onRead: (listing: Listing) => void;
};

/**
 * An isolate's copy of the directory. Timestamps, never a promise shared between requests: workerd ties work to its
 * request.
 */
export class DirectoryCopy {
  readonly #hands: CopyHands;
  #listing: Listing | undefined;
  #readMs: number | undefined;
  #triedMs: number | undefined;
  #savedMs = 0;

  constructor(hands: CopyHands) {
    this.#hands = hands;
  }

  /** The directory as fresh as the rules ask; stale when it cannot be reached; `undefined` when nobody ever had it. */
  async at(nowMs: number, waitUntil: WaitUntil): Promise<Listing | undefined> {
    switch (refreshPlan(this.#readMs, this.#triedMs, nowMs)) {
      case "use":
        break;
      case "behind":
        this.#triedMs = nowMs;
        waitUntil(this.#refresh(nowMs, waitUntil));
        break;
      case "await":
        this.#triedMs = nowMs;
        await this.#refresh(nowMs, waitUntil);
    }
    this.#listing ??= await this.#hands.lastCopy.load();
    return this.#listing;
  }

  /** Milliseconds since the copy was read; `undefined` if it never was. */
  ageMs(nowMs: number): number | undefined {
    return this.#readMs === undefined ? undefined : nowMs - this.#readMs;
  }

  async #refresh(nowMs: number, waitUntil: WaitUntil): Promise<void> {
    try {
      const listing = await this.#hands.store.read();
      if (this.#readMs !== undefined && this.#readMs > nowMs) return; // a later request was answered first
      this.#listing = listing;
      this.#readMs = nowMs;
      this.#hands.onRead(listing);
      if (nowMs - this.#savedMs < DIRECTORY_STALE_MS) return;
      this.#savedMs = nowMs;
      waitUntil(this.#hands.lastCopy.save(listing));
    } catch {
      this.#hands.log.warn("directory_away"); // what we have stays good: pools are the authority
    }
  }
}
