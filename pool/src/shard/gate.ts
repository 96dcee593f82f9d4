import type { Result } from "@whisper/shared/base/result";
import type { Verifier } from "@whisper/shared/credentials/verify";
import { FORGED_WINDOW_MS } from "@whisper/shared/limits";
import { Forgers } from "./forgers.ts";
import { charged, type Meter, meterOf, waitMs } from "./meter.ts";
import { checkTicket, type GoodTicket, type TicketFault } from "./ticket-check.ts";

export type GateWorld = {
  readonly audience: string;
  readonly upgradesPerS: number;
  readonly forgedPerWindow: number;
  readonly keys: Verifier;
  readonly nowMs: () => number;
  /** A random whole number below 2³², so that nobody can tell whose bucket they share. */
  readonly salt: number;
};

/** What stands before the 101: the ticket's checks, the accept bucket, and a bucket for each network that forges. */
export class Gate {
  readonly #world: GateWorld;
  readonly #forgers: Forgers;
  readonly #accepts: Meter;
  #acceptsMs = 0;

  constructor(world: GateWorld) {
    this.#world = world;
    this.#forgers = new Forgers(meterOf(world.forgedPerWindow, FORGED_WINDOW_MS), world.salt);
    this.#accepts = meterOf(world.upgradesPerS, 1_000);
  }

  /** Whether the ticket in this header may come in from this address. Never waits, never throws. */
  check(protocols: string, address: Uint8Array): Result<GoodTicket, TicketFault> {
    const { audience, keys } = this.#world;
    const nowMs = this.#world.nowMs();
    const checked = checkTicket(protocols, {
      audience,
      keys,
      isForger: () => this.#forgers.isSpent(address, nowMs),
      admits: () => this.#admits(nowMs),
    });
    if (!checked.ok && checked.code === "forged") this.#forgers.failed(address, nowMs);
    return checked;
  }

  /** The accept bucket: in front of the signature, which is what an upgrade costs. */
  #admits(nowMs: number): boolean {
    if (waitMs(this.#accepts, this.#acceptsMs, nowMs) > 0) return false;
    this.#acceptsMs = charged(this.#accepts, this.#acceptsMs, nowMs);
    return true;
  }
}
