import { setTimeout as pause } from "node:timers/promises";
import { type Answers, answerAsks, cpuUs } from "./answer-asks.ts";
import { type MoveCounts, Mover } from "./mover.ts";
import { signTickets, type TicketPlace } from "./tickets.ts";

// One process of people who chat on one pool and are moved to others, told by its parent what to do: `{n, ask, with}`
// is answered `{n, value}` or `{n, fault}`.

type Begin = { readonly url: string; readonly place: TicketPlace; readonly name: string };

/** Handshakes, and couples, under way at once. */
const AT_ONCE = 200;
const SOURCES = 8;
const SAY_EVERY_MS = 20;
const RESEND_AFTER_MS = 5_000;
const LOOK_MS = 20;
const WAIT_MS_MAX = 50_000;
const QUIET_MS_MAX = 20_000;

const counts: MoveCounts = {
  ...{ entered: 0, paired: 0, told: 0, moved: 0, refused: 0, unticketed: 0, socketless: 0, ended: 0, odd: 0 },
  ...{ said: 0, shown: 0, away: 0, resent: 0, movedLastMs: 0 },
};
/** Of the wall, so that processes can be compared. */
const nowMs = (): number => performance.timeOrigin + performance.now();
const movers: Mover[] = [];
let begun: Begin | undefined;
let tickets: string[] = [];
let fault: string | undefined;
let talking: NodeJS.Timeout | undefined;
let seed = 1;

/** From 0 to 1000 ms, evenly: full jitter as a client's first pause. */
function againMs(): number {
  seed = (seed * 48_271) % 2_147_483_647;
  return (seed / 2_147_483_647) * 1_000;
}

function noteFault(what: string): void {
  fault ??= what;
}

function place(): Begin {
  if (begun === undefined) throw new Error("not begun");
  return begun;
}

async function until(what: string, look: () => boolean, mostMs = WAIT_MS_MAX): Promise<void> {
  for (const endMs = nowMs() + mostMs; !look(); ) {
    if (nowMs() > endMs) throw new Error(`waited in vain: ${what}; ${fault ?? "nothing odd was heard"}`);
    await pause(LOOK_MS);
  }
}

async function open(count: number): Promise<void> {
  const { url } = place();
  for (let from = 0; from < count; from += AT_ONCE) {
    for (let at = from; at < Math.min(count, from + AT_ONCE); at++) {
      const source = `127.0.0.${2 + (at % SOURCES)}`;
      const mover = new Mover({ counts, nowMs, againMs, source, fault: noteFault });
      movers.push(mover);
      mover.enter(url, tickets.pop() ?? "");
    }
    await until("all are in", () => counts.entered >= movers.length);
  }
}

/** Neighbours seek each other, so many couples at once. */
async function pair(): Promise<void> {
  const { name } = place();
  for (let from = 0; from < movers.length; from += 2 * AT_ONCE) {
    const some = movers.slice(from, from + 2 * AT_ONCE);
    some.forEach((mover, i) => {
      mover.seek(`${name} ${(from + i) >> 1}`);
    });
    await until("all have met", () => counts.paired >= from + some.length);
  }
}

/** Everybody in turn says something, so many texts a second in all: whether or not it is answered (open loop). */
function talk(perS: number): void {
  const startedMs = nowMs();
  let said = 0;
  let at = 0;
  talking = setInterval(() => {
    for (const due = ((nowMs() - startedMs) / 1_000) * perS; said < due; said++) {
      movers[at]?.say();
      at = (at + 1) % movers.length;
    }
    for (let i = 0; i < movers.length / 100; i++) movers[(at + i * 97) % movers.length]?.resendLate(RESEND_AFTER_MS);
  }, SAY_EVERY_MS);
}

/** No more texts; waits until each is confirmed, and tells how many never were. */
async function quiet(): Promise<object> {
  clearInterval(talking);
  const missing = (): number => movers.reduce((sum, mover) => sum + mover.unconfirmed, 0);
  const again = setInterval(() => {
    for (const mover of movers) mover.resendLate(RESEND_AFTER_MS);
  }, 1_000);
  await until("every text is confirmed", () => missing() === 0, QUIET_MS_MAX).catch(() => {});
  clearInterval(again);
  return { ...told(), missing: missing() };
}

function told(): object {
  return { ...counts, cpuS: cpuUs() / 1e6, fault: fault ?? "" };
}

const ANSWERS: Answers = {
  begin: (given) => {
    begun = given as Begin;
  },
  sign: async (given) => {
    tickets = await signTickets(given as number, place().place);
  },
  open: (given) => open(given as number),
  pair,
  talk: (given) => talk(given as number),
  counts: told,
  quiet,
};

answerAsks(ANSWERS, () => {
  clearInterval(talking);
  for (const mover of movers) mover.cut();
});
