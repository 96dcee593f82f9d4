import { type Address, parseAddress } from "@whisper/shared/base/ids";
import { ADDRESS_DEAD_MS, JUDGES_AFTER_MS, LOOP_GAP_MS } from "@whisper/shared/limits";

/** What is known of an address: heard lately, told to have ended, or not heard for 3 s. */
export type Verdict = "alive" | "exited" | "silent";

/** Incarnations of one shard that are remembered as ended. */
const ENDED_KEPT_MAX = 4_096;

/**
 * Which addresses are alive, from the heartbeats of pools (DESIGN §7). An address nobody has spoken of yet gets its
 * three seconds from the first question on. This shard judges only while it hears well itself.
 */
export class Peers {
  readonly #own: Address;
  readonly #heardMs = new Map<string, number>();
  readonly #ended = new Set<Address>();
  #busUpMs = Number.POSITIVE_INFINITY;
  #turnMs: number;
  #gapMs = 0;
  #ownHeardMs = 0;
  #ownLineMs = 0;

  constructor(own: Address, nowMs: number) {
    this.#own = own;
    this.#turnMs = nowMs;
  }

  /** A heartbeat named this shard; `answered` says whether it answered its supervisor within the last second. */
  heard(address: Address, answered: boolean, nowMs: number): void {
    if (samePool(address, this.#own)) this.#ownHeardMs = nowMs;
    if (address === this.#own) this.#ownLineMs = nowMs;
    if (answered) this.#heardMs.set(address, nowMs);
  }

  /** An exit notice: that incarnation never speaks again. */
  exited(address: Address): void {
    if (this.#ended.size >= ENDED_KEPT_MAX) this.#ended.clear();
    this.#ended.add(address);
    this.#heardMs.delete(address);
  }

  /** The bus is reached (again), or away. */
  busIsUp(isUp: boolean, nowMs: number): void {
    if (!isUp) this.#busUpMs = Number.POSITIVE_INFINITY;
    else if (this.#busUpMs === Number.POSITIVE_INFINITY) this.#busUpMs = nowMs;
  }

  /** Each turn of the shard's loop: a gap means that it was stopped, and has heard nobody meanwhile. */
  turn(nowMs: number): void {
    if (nowMs - this.#turnMs > LOOP_GAP_MS) this.#gapMs = nowMs;
    this.#turnMs = nowMs;
  }

  /** Whether this shard may call others silent now. */
  judges(nowMs: number): boolean {
    const hearsItself = nowMs - this.#ownHeardMs <= ADDRESS_DEAD_MS;
    return hearsItself && nowMs - this.#busUpMs >= JUDGES_AFTER_MS && nowMs - this.#gapMs >= JUDGES_AFTER_MS;
  }

  /** When this shard's own line was last heard; a sibling that speaks for itself says nothing of this one. */
  get ownLineMs(): number {
    return this.#ownLineMs;
  }

  /**
   * What is known of an address. Without a heartbeat ever heard of its pool it is alive until three seconds have
   * passed.
   */
  verdict(address: Address, nowMs: number): Verdict {
    if (this.#ended.has(address)) return "exited";
    const heardMs = this.#heardMs.get(address);
    if (heardMs === undefined) {
      this.#heardMs.set(address, nowMs);
      return "alive";
    }
    return nowMs - heardMs > ADDRESS_DEAD_MS ? "silent" : "alive";
  }

  /** Forgets addresses that nobody has spoken of for ten minutes. */
  sweep(nowMs: number): void {
    for (const [address, heardMs] of this.#heardMs) if (nowMs - heardMs > 600_000) this.#heardMs.delete(address);
  }
}

function samePool(a: Address, b: Address): boolean {
  const [one, two] = [parseAddress(a), parseAddress(b)];
  return one?.region === two?.region && one?.pool === two?.pool;
}
