import { wakeAtMs } from "../../src/client/client-step.ts";
import { TICKET_OLD_MS } from "../../src/limits.ts";
import { Brain, ME } from "./brain.ts";

/** What a region does while a crowd comes back to it. */
export type Region = {
  /** How many had a socket there. */
  readonly people: number;
  /** Its pools hang up until then, from the moment at which all sockets were lost. */
  readonly doorsOpenMs: number;
  /** Sockets that all of it lets in a second; above that 503. */
  readonly upgradesPerS: number;
  /** Until then the edge knows of no pool with room, and asks everybody to wait. */
  readonly noRoomUntilMs: number;
};

const ASK_MS = 30;
const DOOR_MS = 5;
const NO_ROOM_RETRY_MS = 5_000;
const END_MS = 300_000;
/** Sockets that live longer were good ones: whoever lost such a one begins with the shortest pause. */
const BEFORE_MS = 10_000;

type Guest = {
  readonly brain: Brain;
  ticketMs: number;
  isTicketUsed: boolean;
  isBack: boolean;
  opens: number;
  asks: number;
};

/**
 * Client brains that lose their sockets at one moment, in virtual time, and a small model of the edge and the region's
 * doors. Counts what they ask of both.
 */
export class ReturningCrowd {
  readonly guests: readonly Guest[];
  /** Upgrades tried, and tickets asked for, in each second since the sockets were lost. */
  readonly opensPerS: number[] = [];
  readonly asksPerS: number[] = [];
  /** Tickets asked for while one was young and not used. */
  earlyAsks = 0;
  backMs = 0;
  readonly #region: Region;
  readonly #unit: () => number;
  readonly #events = new Map<number, (() => void)[]>();
  #nowMs = 0;
  #tokens: number;
  #tokensMs = 0;

  constructor(region: Region, unit: () => number) {
    this.#region = region;
    this.#unit = unit;
    this.#tokens = region.upgradesPerS;
    this.guests = Array.from({ length: region.people }, () => {
      const brain = new Brain().comeIn().wait(BEFORE_MS).clear();
      brain.nowMs = 0;
      return { brain, ticketMs: Number.NEGATIVE_INFINITY, isTicketUsed: true, isBack: false, opens: 0, asks: 0 };
    });
  }

  /** Cuts all sockets and runs until everybody is back, or for five minutes. */
  run(): void {
    for (const guest of this.guests) this.#let(guest, () => guest.brain.closed(1006));
    let left = this.guests.length;
    for (; this.#nowMs < END_MS && left > 0; this.#nowMs++) {
      for (const happen of this.#events.get(this.#nowMs) ?? []) happen();
      this.#events.delete(this.#nowMs);
      if (this.#nowMs % 100 === 0) left = this.guests.filter(({ isBack }) => !isBack).length;
    }
  }

  #at(afterMs: number, happen: () => void): void {
    const atMs = this.#nowMs + Math.max(1, Math.ceil(afterMs));
    const there = this.#events.get(atMs);
    if (there === undefined) this.#events.set(atMs, [happen]);
    else there.push(happen);
  }

  /** Something happens to somebody, and what they want done is done. */
  #let(guest: Guest, happen: () => void): void {
    if (guest.isBack) return;
    const { brain } = guest;
    brain.nowMs = this.#nowMs;
    brain.chance = this.#unit();
    happen();
    const { effects } = brain;
    brain.clear();
    for (const effect of effects) {
      if (effect.do === "ask") this.#asked(guest);
      if (effect.do === "open") this.#knocked(guest, effect.socket);
    }
    const wakeMs = wakeAtMs(brain.state);
    if (wakeMs !== undefined)
      this.#at(wakeMs - this.#nowMs, () => {
        if (wakeAtMs(brain.state) === wakeMs) this.#let(guest, () => brain.take({ event: "woke" }));
      });
  }

  #asked(guest: Guest): void {
    guest.asks++;
    count(this.asksPerS, this.#nowMs);
    if (!guest.isTicketUsed && this.#nowMs - guest.ticketMs < TICKET_OLD_MS) this.earlyAsks++;
    const { brain } = guest;
    const isRefused = this.#nowMs < this.#region.noRoomUntilMs;
    this.#at(ASK_MS, () => {
      if (!isRefused) {
        guest.ticketMs = this.#nowMs;
        guest.isTicketUsed = false;
        return this.#let(guest, () => brain.admitted());
      }
      const refusal = { code: "no_capacity", retryAfterMs: NO_ROOM_RETRY_MS, words: "", challenge: undefined } as const;
      this.#let(guest, () => brain.take({ event: "refused", ask: brain.state.link.asks, refusal }));
    });
  }

  #knocked(guest: Guest, socket: number): void {
    guest.opens++;
    count(this.opensPerS, this.#nowMs);
    const { brain } = guest;
    this.#at(DOOR_MS, () => {
      if (!this.#isLetIn())
        return this.#let(guest, () => brain.take({ event: "closed", socket, code: 1006, reason: "" }));
      guest.isTicketUsed = true;
      this.#let(guest, () => brain.opened());
      this.#let(guest, () => brain.hear({ type: "session_created", session_id: ME, resume: true }));
      this.#let(guest, () => brain.hear({ type: "resumed", place: "idle" }));
      guest.isBack = true;
      this.backMs = this.#nowMs;
    });
  }

  #isLetIn(): boolean {
    const { doorsOpenMs, upgradesPerS } = this.#region;
    if (this.#nowMs < doorsOpenMs) return false;
    this.#tokens = Math.min(upgradesPerS, this.#tokens + ((this.#nowMs - this.#tokensMs) * upgradesPerS) / 1_000);
    this.#tokensMs = this.#nowMs;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}

function count(perS: number[], nowMs: number): void {
  const second = Math.floor(nowMs / 1_000);
  while (perS.length <= second) perS.push(0);
  perS[second] = (perS[second] ?? 0) + 1;
}
