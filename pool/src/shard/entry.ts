/** A socket that listens. */
export type Ear = { readonly port: number; close(): void };

/** What newcomers come in by, and what holds them until they leave. With TLS there is one for each certificate. */
export type House = {
  /** Connections of any kind that came in here and are still open. */
  connections: number;
  /** Listens on a port (0: any), alone or with others who say so too; nothing when it cannot be had. */
  listen(port: number, isShared: boolean): Ear | undefined;
  /** Cuts everybody in it. */
  cut(): void;
};

export type EntryOptions = {
  /** 0: any. */
  readonly port: number;
  /** Whether siblings listen on the same port (SO_REUSEPORT); the kernel spreads newcomers over all who do. */
  readonly sharesPort: boolean;
  /**
   * Connections of any kind that this process has room for. Who shares the port stops listening there, so that the
   * kernel sends newcomers to its siblings, and listens again when there is room; who is alone goes on, to tell each
   * newcomer that it is full.
   */
  readonly socketsMax: number;
};

/** A port that could not be had again is tried again after this. */
const LISTEN_AGAIN_MS = 1_000;

/** Where newcomers come in: open, paused by order, or shut because there is no room. */
export class Entry {
  readonly #options: EntryOptions;
  readonly #build: (entry: Entry) => House;
  /** Whether the port is listened on so that a second house of ours can have it, too. */
  readonly #isShared: boolean;
  /** Room that must be there before a full process listens again: the kernel's queue is not worth opening for one. */
  readonly #roomAgain: number;
  #house: House;
  /** Houses before this one, while somebody is in them. */
  readonly #older = new Set<House>();
  #ear: Ear | undefined;
  #port = 0;
  #connections = 0;
  #isPaused = false;
  #again: NodeJS.Timeout | undefined;

  /** `build` makes a house as things are now: at the start, and for each renewal (if there can be any). */
  constructor(options: EntryOptions, canRenew: boolean, build: (entry: Entry) => House) {
    this.#options = options;
    this.#build = build;
    this.#isShared = options.sharesPort || canRenew;
    this.#roomAgain = Math.ceil(options.socketsMax / 100);
    this.#house = build(this);
  }

  get port(): number {
    return this.#port;
  }

  /** Whether newcomers can reach this process now. */
  get isListening(): boolean {
    return this.#ear !== undefined;
  }

  /** Whether a port was had to listen on. */
  open(): boolean {
    const { port, sharesPort } = this.#options;
    // A port that is any, or nobody else's, is had alone first: what listens on port 0 could not be opened again.
    const found = port !== 0 && sharesPort ? port : this.#claim(port);
    if (found === undefined) return false;
    this.#port = found;
    this.#ear = this.#house.listen(found, this.#isShared);
    return this.isListening;
  }

  /** Lets nobody in until `resume`. */
  pause(): void {
    this.#isPaused = true;
    this.#shut();
  }

  /** Takes back `pause`; a full process waits until there is room. */
  resume(): void {
    this.#isPaused = false;
    this.#openAgain();
  }

  /**
   * Newcomers come in by a new house from now on; whoever is in stays where they are. Throws what `build` throws, and
   * then nothing has changed.
   */
  renew(): void {
    const before = this.#house;
    this.#house = this.#build(this);
    if (before.connections > 0) this.#older.add(before);
    if (this.#ear === undefined) return; // whatever opens it again opens the new one
    const next = this.#house.listen(this.#port, this.#isShared);
    this.#shut();
    this.#ear = next;
    if (next === undefined) this.#openAgain(LISTEN_AGAIN_MS);
  }

  /** Lets nobody in any more, and cuts everybody. */
  close(): void {
    this.pause();
    clearTimeout(this.#again);
    for (const house of [this.#house, ...this.#older]) house.cut();
  }

  /** A connection of a house has come (1) or gone (-1). */
  count(house: House, change: 1 | -1): void {
    house.connections += change;
    if (house.connections === 0) this.#older.delete(house);
    this.#connections += change;
    // At its descriptor limit the library spins at 100 % CPU, so the door is shut before, in the middle of a burst too.
    if (this.#isFull(1)) this.#shut();
    else if (this.#ear === undefined) this.#openAgain();
  }

  /** Whether there is no room for so many more. */
  #isFull(more: number): boolean {
    const { sharesPort, socketsMax } = this.#options;
    return sharesPort && this.#connections + more > socketsMax;
  }

  #shut(): void {
    this.#ear?.close();
    this.#ear = undefined;
  }

  /** Later than now: whoever calls may be in the middle of a callback of the library's. */
  #openAgain(delayMs = 0): void {
    this.#again ??= setTimeout(() => {
      this.#again = undefined;
      if (this.#isPaused || this.#ear !== undefined || this.#isFull(this.#roomAgain)) return;
      this.#ear = this.#house.listen(this.#port, this.#isShared);
      if (this.#ear === undefined) this.#openAgain(LISTEN_AGAIN_MS); // somebody's own connection has the port for now
    }, delayMs);
  }

  /** The port (0: any), if nobody has it: found by listening on it alone for a moment. */
  #claim(port: number): number | undefined {
    const ear = this.#house.listen(port, false);
    ear?.close();
    return ear?.port;
  }
}
