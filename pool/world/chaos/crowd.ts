import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import { type FromTalkers, isFromTalkers, type Orders, type SeatPlan, type Standing, type ToTalkers } from "./words.ts";

export type CrowdOptions = Omit<Orders, "seats"> & {
  /** Couples that talk at one time. */
  readonly couples: number;
  readonly regions: readonly string[];
  /** The share of couples whose two sit in different regions, from 0 to 1. */
  readonly acrossRegions: number;
  /** Seats in one process at most. */
  readonly seatsPerProcess: number;
  readonly env: Readonly<Record<string, string>>;
  /** A process of talkers ended by itself: nothing that follows can be trusted. */
  readonly onLoss: (what: string) => void;
};

type Told = Extract<FromTalkers, { say: "told" }>;

const TELL_MS = 30_000;
const NOBODY: Standing = {
  held: [],
  ...{ seats: 0, open: 0, gone: 0, chatting: 0, away: 0, unconfirmed: 0, late: 0, said: 0, heard: 0, chats: 0 },
};

const sumOf = (a: Standing, b: Standing): Standing => ({
  seats: a.seats + b.seats,
  open: a.open + b.open,
  gone: a.gone + b.gone,
  chatting: a.chatting + b.chatting,
  away: a.away + b.away,
  unconfirmed: a.unconfirmed + b.unconfirmed,
  late: a.late + b.late,
  said: a.said + b.said,
  heard: a.heard + b.heard,
  chats: a.chats + b.chats,
  held: [...a.held, ...b.held],
});

/** Who sits where: couples side by side, the first of each couple ends its chats. */
export function seatPlans(couples: number, regions: readonly string[], acrossRegions: number): readonly SeatPlan[] {
  const across = regions.length > 1 ? Math.round(couples * acrossRegions) : 0;
  return Array.from({ length: couples }, (_, couple) => {
    const [home, away] = [couple, couple < across ? couple + 1 : couple];
    return [home, away].map((at, seat) => ({
      seat: couple * 2 + seat,
      region: regions[at % regions.length] ?? "",
      interest: `couple ${couple}`,
      ends: seat === 0,
    }));
  }).flat();
}

/** All people of a run, in as many processes as it takes. */
export class Crowd {
  readonly #options: CrowdOptions;
  #processes: readonly { readonly child: ChildProcess; standing: Standing; atMs: number }[] = [];
  #isLeaving = false;

  constructor(options: CrowdOptions) {
    this.#options = options;
  }

  /** Sends everybody in; resolves at once. */
  begin(): void {
    const { couples, regions, acrossRegions, seatsPerProcess, env, onLoss, ...rest } = this.#options;
    const plans = seatPlans(couples, regions, acrossRegions);
    const perProcess = Math.max(2, seatsPerProcess - (seatsPerProcess % 2));
    const parts = Array.from({ length: Math.ceil(plans.length / perProcess) }, (_, at) =>
      plans.slice(at * perProcess, (at + 1) * perProcess),
    );
    this.#processes = parts.map((seats) => {
      const child = fork(join(import.meta.dirname, "talkers.ts"), [], { env: { ...env } });
      const one = { child, standing: NOBODY, atMs: 0 };
      child.on("message", (raw) => {
        if (!isFromTalkers(raw) || raw.say !== "standing") return;
        one.standing = raw.standing;
        one.atMs = performance.now();
      });
      child.once("exit", (code) => {
        if (!this.#isLeaving) onLoss(`a process of talkers has ended with ${code}`);
      });
      tell(child, { order: "begin", orders: { ...rest, seats } });
      return one;
    });
  }

  /**
   * How everybody stood, each process at `sinceMs` (of `performance.now`) or later; `undefined` until all have said.
   */
  standing(sinceMs: number): Standing | undefined {
    if (this.#processes.length === 0 || this.#processes.some(({ atMs }) => atMs < sinceMs)) return undefined;
    return this.#processes.map(({ standing }) => standing).reduce(sumOf, NOBODY);
  }

  hush(): void {
    for (const { child } of this.#processes) tell(child, { order: "hush" });
  }

  /** What all seats noted. Rejects when a process does not tell within 30 s. */
  async tell(): Promise<Omit<Told, "say">> {
    const told = await Promise.all(this.#processes.map(({ child }) => toldBy(child)));
    return { sides: told.flatMap(({ sides }) => sides), losses: told.flatMap(({ losses }) => losses) };
  }

  /** Ends all processes; resolves when they are gone. */
  async leave(): Promise<void> {
    this.#isLeaving = true;
    await Promise.all(
      this.#processes.map(async ({ child }) => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        const gone = new Promise((resolve) => child.once("exit", resolve));
        tell(child, { order: "leave" });
        const late = setTimeout(() => child.kill("SIGKILL"), 5_000);
        await gone;
        clearTimeout(late);
      }),
    );
  }
}

function tell(child: ChildProcess, word: ToTalkers): void {
  child.send(word, () => {
    // A process that has ended tells so by its exit.
  });
}

function toldBy(child: ChildProcess): Promise<Told> {
  return new Promise((resolve, reject) => {
    const failed = (): void => reject(new Error("a process of talkers does not answer"));
    const late = setTimeout(failed, TELL_MS);
    child.once("exit", failed);
    const hear = (raw: unknown): void => {
      if (!isFromTalkers(raw) || raw.say !== "told") return;
      clearTimeout(late);
      child.off("message", hear);
      resolve(raw);
    };
    child.on("message", hear);
    tell(child, { order: "tell" });
  });
}
