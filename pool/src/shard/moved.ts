import type { Event } from "./event.ts";
import type { Hub, Person } from "./hub.ts";

/** How long the word may take that a person who was told to move is back elsewhere. */
const MOVED_MS = 3_000;

/**
 * People whose socket went after they were told to move. They leave when they are back elsewhere, and that word is on
 * its way: only of whom it does not come in time is away after all.
 */
export class Moved {
  readonly #hub: Hub;
  readonly #apply: (person: Person, event: Event) => void;
  readonly #waiting: { readonly person: Person; readonly untilMs: number }[] = [];

  constructor(hub: Hub, apply: (person: Person, event: Event) => void) {
    this.#hub = hub;
    this.#apply = apply;
  }

  left(person: Person, nowMs: number): void {
    this.#waiting.push({ person, untilMs: nowMs + MOVED_MS });
  }

  turn(nowMs: number): void {
    for (let [first] = this.#waiting; first !== undefined && first.untilMs <= nowMs; [first] = this.#waiting) {
      this.#waiting.shift();
      const { person } = first;
      const isStillHere = this.#hub.personOf(person.me.session) === person && person.slot < 0;
      if (isStillHere && person.value.awayMs === 0) this.#apply(person, { event: "gone" });
    }
  }
}
