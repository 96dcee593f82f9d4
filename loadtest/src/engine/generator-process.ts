import { setTimeout as pause } from "node:timers/promises";
import { type Answers, answerAsks, cpuUs } from "./answer-asks.ts";
import { Crowd, type CrowdTarget } from "./crowd.ts";
import { OpenLoop } from "./open-loop.ts";
import { signTickets, type TicketPlace } from "./tickets.ts";

// One process of strangers on raw sockets, told by its parent what to do: `{n, ask, with}` is answered `{n, value}`
// or `{n, fault}`.

type Options = CrowdTarget & { readonly place?: TicketPlace };

const QUIET_MS_MAX = 5_000;
const LOOK_MS = 20;

let options: Options | undefined;
let crowd: Crowd | undefined;
let tickets: string[] = [];
let loop: OpenLoop | undefined;

/** A timer that is late catches up, so that the pace holds. */
const CLOCK = {
  nowMs: () => performance.now(),
  every(ms: number, run: () => void) {
    const timer = setInterval(run, ms);
    return { stop: () => clearInterval(timer) };
  },
};
type Pace = { readonly perS: number; readonly receipts: boolean; readonly fromMs: number };

function pace({ perS, receipts, fromMs }: Pace): void {
  const { talk, talkers } = current();
  loop = new OpenLoop(talk, talkers, CLOCK);
  loop.start(perS, receipts, fromMs);
}

function current(): Crowd {
  if (crowd === undefined) throw new Error("not begun");
  if (crowd.fault !== undefined) throw new Error(crowd.fault);
  return crowd;
}

/** Waits until no text is under way, at most 5 s; those that never came are lost. */
async function quiet(): Promise<object> {
  loop?.stop();
  const { talk } = current();
  talk.stop();
  const until = performance.now() + QUIET_MS_MAX;
  while (talk.underWay() > 0 && performance.now() < until) await pause(LOOK_MS);
  talk.settle();
  return { ...talk.counts, missing: talk.underWay(), oddType: talk.oddType };
}

const ANSWERS: Answers = {
  begin: (given) => {
    options = given as Options;
    crowd = new Crowd(options);
  },
  sign: async (given) => {
    if (options?.place !== undefined) tickets = await signTickets(given as number, options.place);
  },
  open: (given) => current().open(given as number, tickets),
  pair: () => current().pair(),
  talk: (given) => current().talk.start(given === true),
  counts: () => ({ ...current().talk.counts, cpuUs: cpuUs() }),
  pace: (given) => pace(given as Pace),
  latencies: () => loop?.latencies(),
  quiet,
  leave: () => current().leave(),
};

answerAsks(ANSWERS, () => {
  crowd?.reset();
});
