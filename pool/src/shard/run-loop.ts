import { InvariantError } from "@whisper/shared/base/assert";
import type { Memo } from "@whisper/shared/bus/memos";
import type { Event, Rules } from "./event.ts";
import type { Hub, Person } from "./hub.ts";
import { type InboxWorld, receive } from "./inbox.ts";
import { type Hands, runEffects } from "./run-effects.ts";
import { type Session, wakeAtMs } from "./session.ts";
import { step } from "./step.ts";

export type LoopWorld = {
  readonly hub: Hub;
  readonly rules: Rules;
  readonly hands: Hands;
  readonly inbox: InboxWorld;
  readonly nowMs: () => number;
  /** Whether this shard may judge who is absent. */
  readonly judges: () => boolean;
  /** For how long, all in all, it might not. */
  readonly stillMs: () => number;
  /** The person's next deadline, whatever it was before. */
  wakeAt(person: Person, atMs: number): void;
  /** A promise of ours broke while this person's event ran. */
  broke(person: Person, promise: string): void;
};

/**
 * Runs events to completion: what one event sends to people of the same shard, and sockets that the library closes
 * while we write to them, wait until it is done, and follow in the same turn. So no event ever sees another's half.
 */
export class RunLoop {
  readonly #world: LoopWorld;
  /** Memos for people of this same shard: they go in by the same door as those that come by the bus. */
  readonly #memos: Memo[] = [];
  readonly #events: { readonly person: Person; readonly event: Event }[] = [];
  #isBusy = false;

  constructor(world: LoopWorld) {
    this.#world = world;
  }

  /** One memo for this shard, by the bus or from next door. */
  receive(memo: Memo): void {
    if (this.#isBusy) this.#memos.push(memo);
    else this.#exclusively(() => receive(memo, this.#world.inbox));
  }

  /** One event of one person. */
  apply(person: Person, event: Event): void {
    if (this.#isBusy) this.#events.push({ person, event });
    else this.#exclusively(() => this.run(person, event));
  }

  #exclusively(first: () => void): void {
    this.#isBusy = true;
    try {
      first();
      for (let memos = 0, events = 0; memos < this.#memos.length || events < this.#events.length; ) {
        const memo = this.#memos[memos];
        if (memo !== undefined) {
          memos++;
          receive(memo, this.#world.inbox);
          continue;
        }
        const next = this.#events[events++];
        if (next !== undefined) this.run(next.person, next.event);
      }
    } finally {
      this.#memos.length = 0;
      this.#events.length = 0;
      this.#isBusy = false;
    }
  }

  /**
   * Decide, act, settle: for those that are inside the loop already. A broken promise of ours closes that one socket
   * and no other.
   */
  run(person: Person, event: Event): void {
    const { hub, rules, hands, nowMs, judges, stillMs, wakeAt } = this.#world;
    try {
      const before: Session = person.value;
      const { next, effects } = step(before, event, {
        nowMs: nowMs(),
        me: person.me,
        no: person.no + 1,
        judges: judges(),
        stillMs: stillMs(),
        rules,
      });
      person.value = next;
      runEffects(person, effects, hands);
      if (next === before && person.slot >= 0) return; // nothing changed: nothing to keep, nothing to wait for anew
      const isKept = hub.settle(person);
      wakeAt(person, isKept ? wakeAtMs(next, rules.spans) : Number.POSITIVE_INFINITY);
    } catch (cause) {
      this.#world.broke(person, promiseOf(cause));
    }
  }
}

/** What broke, in words of our own source: a promise, or where the unexpected happened. Never what a person wrote. */
function promiseOf(cause: unknown): string {
  if (cause instanceof InvariantError) return cause.message;
  const at = cause instanceof Error ? /[\w-]+\.[tj]s:\d+/.exec(cause.stack ?? "")?.[0] : undefined;
  return `nothing unexpected happens at ${at ?? "a place unknown"}`;
}
