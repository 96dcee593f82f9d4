import { nextTextFrame, type Talk, type Talker } from "./talk.ts";

/** What an open loop asks of the clock: milliseconds that only rise. */
export type OpenLoopClock = { nowMs(): number; every(ms: number, run: () => void): { stop(): void } };

export type Latencies = {
  readonly count: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** How late the generator itself wrote: what of the above is not the server's. */
  readonly writtenP99Ms: number;
};

const TICK_MS = 1;
const STEPS_PER_MS = 100;
/** Whatever took longer counts as this. */
const MS_MAX = 10_000;

/** Counts times in steps of 10 µs, up to 10 s. */
class Times {
  readonly #steps = new Uint32Array(MS_MAX * STEPS_PER_MS + 1);
  count = 0;
  maxMs = 0;

  note(ms: number): void {
    const step = Math.min(this.#steps.length - 1, Math.max(0, Math.round(ms * STEPS_PER_MS)));
    this.#steps[step] = (this.#steps[step] ?? 0) + 1;
    this.count++;
    this.maxMs = Math.max(this.maxMs, ms);
  }

  /** By the nearest rank. */
  at(share: number): number {
    let left = Math.max(1, Math.ceil(this.count * share));
    for (let step = 0; step < this.#steps.length; step++) {
      left -= this.#steps[step] ?? 0;
      if (left <= 0) return step / STEPS_PER_MS;
    }
    return 0;
  }
}

/**
 * Texts that leave at moments fixed beforehand, evenly spaced, from everybody in turn, whether or not earlier ones have
 * arrived. A text's time runs from its moment, so that a stall is felt by every text that it delays.
 */
export class OpenLoop {
  readonly #talk: Talk;
  readonly #talkers: readonly Talker[];
  readonly #clock: OpenLoopClock;
  /** Of each talker: where the partner stands in the row, and how many texts the partner had sent before. */
  readonly #from = new Map<Talker, { readonly at: number; readonly sentBefore: number }>();
  readonly #arrived = new Times();
  readonly #written = new Times();
  #gapMs = 0;
  #startMs = 0;
  #next = 0;
  #ticks: { stop(): void } | undefined;

  constructor(talk: Talk, talkers: readonly Talker[], clock: OpenLoopClock) {
    this.#talk = talk;
    this.#talkers = talkers;
    this.#clock = clock;
  }

  /** Begins to write `perS` texts a second; times of texts due before `fromMs` from now are not counted. */
  start(perS: number, receipts: boolean, fromMs: number): void {
    const byChat = new Map<string, number>();
    this.#talkers.forEach((talker, at) => {
      const other = byChat.get(talker.chat);
      byChat.set(talker.chat, at);
      const partner = other === undefined ? undefined : this.#talkers[other];
      if (other === undefined || partner === undefined) return;
      this.#from.set(talker, { at: other, sentBefore: partner.sent });
      this.#from.set(partner, { at, sentBefore: talker.sent });
    });
    this.#gapMs = 1_000 / perS;
    this.#startMs = this.#clock.nowMs();
    const countsFrom = Math.ceil(fromMs / this.#gapMs);
    this.#talk.listen(receipts, (talker, id) => this.#heard(talker, id, countsFrom));
    this.#ticks = this.#clock.every(TICK_MS, () => this.#turn(countsFrom));
  }

  /** Writes no more; those under way still arrive. */
  stop(): void {
    this.#ticks?.stop();
  }

  latencies(): Latencies {
    const { count, maxMs } = this.#arrived;
    const [p50Ms, p99Ms] = [this.#arrived.at(0.5), this.#arrived.at(0.99)];
    return { count, p50Ms, p99Ms, maxMs, writtenP99Ms: this.#written.at(0.99) };
  }

  #turn(countsFrom: number): void {
    const nowMs = this.#clock.nowMs();
    for (; this.#startMs + this.#next * this.#gapMs <= nowMs; this.#next++) {
      const talker = this.#talkers[this.#next % this.#talkers.length];
      if (talker === undefined) return;
      talker.outlet.write(nextTextFrame(talker));
      if (this.#next >= countsFrom) this.#written.note(nowMs - this.#startMs - this.#next * this.#gapMs);
    }
  }

  #heard(talker: Talker, id: number, countsFrom: number): void {
    const from = this.#from.get(talker);
    if (from === undefined) return;
    const no = (id - from.sentBefore - 1) * this.#talkers.length + from.at;
    if (no >= countsFrom) this.#arrived.note(this.#clock.nowMs() - this.#startMs - no * this.#gapMs);
  }
}
