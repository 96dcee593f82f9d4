import { setTimeout as pause } from "node:timers/promises";
import { systemClock } from "@whisper/shared/base/clock";
import type { WorldLimits } from "../engine.ts";
import { startWorld, type World } from "../world.ts";
import { checkSides } from "./check-sides.ts";
import { Crowd } from "./crowd.ts";
import { faultRounds, type Hurt } from "./fault-rounds.ts";
import { freeRange } from "./free-range.ts";
import { LogWatch } from "./log-watch.ts";
import { judge, type Needs, type Verdict } from "./verdict.ts";
import { LATE_TEXT_MS, type Standing } from "./words.ts";

export type ChaosOptions = {
  readonly root: string;
  readonly env: Readonly<Record<string, string>>;
  readonly seed: number;
  /** From the first chat to the last text. */
  readonly runMs: number;
  /** `single`: the next fault waits until everybody is back from the last one. */
  readonly mode: "single" | "double";
  /** Couples that talk at one time. */
  readonly couples: number;
  readonly regions: readonly string[];
  readonly pools: number;
  readonly shards: number;
  readonly acrossRegions: number;
  readonly textEveryMs: number;
  readonly endEveryMs: number;
  readonly stopMs: number;
  readonly cutMs: number;
  /** The pause between two faults is drawn around this. */
  readonly gapMs: number;
  /** How long everybody may take to be back at the end. */
  readonly settleMs: number;
  readonly seatsPerProcess: number;
  readonly sendsOnce: boolean;
  readonly needs: Needs;
  /** Beside a meter of texts that nobody meets. */
  readonly limits?: WorldLimits;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
  readonly onLog: (piece: string) => void;
};

const MS_PER_SEAT = 10;
const MEET_MS = 90_000;
const PROGRESS_EVERY_MS = 10_000;
const LOOK_MS = 100;

/**
 * Starts a world, fills it with talkers, hurts it (with every kind of fault in turn, unless `hurt` does something
 * else), and judges what they noted. Leaves nothing running.
 */
export async function runChaos(options: ChaosOptions, hurt: Hurt = faultRounds): Promise<Verdict> {
  const { root, env, regions, pools, shards, say, signal } = options;
  const logs = new LogWatch(options.onLog);
  const [poolPorts, opsPorts] = await freeRange();
  const world = await startWorld({
    ...{ root, env, engine: "real", regions, pools, shards, edgePort: 0, poolPorts, opsPorts, signal },
    limits: { textsPerWindow: 1_000_000, ...options.limits },
    say,
    onLog: (piece) => logs.take(piece),
  });
  const crashes: string[] = [];
  world.lost.then((what) => crashes.push(what.split("\n")[0] ?? ""));
  const crowd = crowdOf(options, world, (what) => crashes.push(what));
  try {
    return await runIn(world, crowd, options, hurt, logs, crashes);
  } finally {
    await crowd.leave();
    const failed = await world.stop();
    if (failed.length > 0) say(`stopped, but for ${failed.join(" and ")}`);
  }
}

function crowdOf(options: ChaosOptions, { edgeUrl, pools }: World, onLoss: (what: string) => void): Crowd {
  const { seed, couples, acrossRegions, textEveryMs, endEveryMs, seatsPerProcess, sendsOnce, env } = options;
  const regions = [...new Set(pools.map(({ region }) => region))];
  const rampMs = (couples * 2 * MS_PER_SEAT) / Math.ceil((couples * 2) / seatsPerProcess);
  return new Crowd({
    ...{ edgeUrl, seed, couples, regions, acrossRegions, textEveryMs, endEveryMs, rampMs, seatsPerProcess },
    ...{ sendsOnce, env, onLoss },
  });
}

async function runIn(
  world: World,
  crowd: Crowd,
  options: ChaosOptions,
  hurt: Hurt,
  logs: LogWatch,
  crashes: string[],
): Promise<Verdict> {
  const { couples, say, signal, runMs, settleMs, needs } = options;
  crowd.begin();
  say(`${couples * 2} people come in`);
  const haveMet = await settles(crowd, MEET_MS, signal, ({ chatting, seats }) => chatting >= seats * 0.95);
  if (haveMet === undefined) say(`after ${MEET_MS / 1_000} s not all have met: ${standingIn(crowd.standing(0))}`);
  const startMs = systemClock.nowMs();
  const progress = setInterval(() => say(standingIn(crowd.standing(0))), PROGRESS_EVERY_MS);
  const faults = await hurt(world, options, {
    sinceStartMs: () => systemClock.nowMs() - startMs,
    endMs: runMs,
    onFailure: (what) => crashes.push(what),
    standing: () => crowd.standing(0),
    // So long as texts flow, or the time for the last ones runs, somebody may yet come back.
    settled: async () => {
      const waitMs = runMs + settleMs - (systemClock.nowMs() - startMs);
      const at = await settles(crowd, waitMs, signal, isCalm);
      return at === undefined ? undefined : at - startMs;
    },
  });
  crowd.hush();
  say("no more texts; waiting for those on their way");
  await settles(crowd, settleMs, signal, (now) => isCalm(now) && now.unconfirmed === 0);
  clearInterval(progress);
  say(standingIn(crowd.standing(0)));
  const { unconfirmed = 0, held = [] } = crowd.standing(0) ?? {};
  const { sides, losses } = await crowd.tell();
  const relative = (atMs: number): number => atMs - startMs;
  return judge(
    checkSides(sides.map((side) => ({ ...side, endedMs: side.endedMs && relative(side.endedMs) }))),
    {
      faults,
      losses: losses.map(({ seat, lostMs, backMs }) => ({
        ...{ seat, lostMs: relative(lostMs), backMs: backMs === undefined ? undefined : relative(backMs) },
      })),
      undelivered: unconfirmed,
      held,
      crashes,
      brokenPromises: logs.broken,
    },
    needs,
  );
}

/** Everybody is back, nobody's partner is away, no text waits for longer than it should. */
const isCalm = ({ gone, away, late }: Standing): boolean => gone + away + late === 0;

/**
 * Waits until something has held for as long as a text takes to be late; resolves with when it began to hold, or
 * `undefined` when the time is up or the run was ended.
 */
async function settles(
  crowd: Crowd,
  waitMs: number,
  signal: AbortSignal,
  holds: (standing: Standing) => boolean,
): Promise<number | undefined> {
  const endMs = performance.now() + waitMs;
  let askedMs = performance.now();
  let since: { readonly atMs: number; readonly clockMs: number } | undefined;
  while (!signal.aborted && performance.now() < endMs) {
    await pause(LOOK_MS);
    const standing = crowd.standing(askedMs);
    if (standing === undefined) continue;
    askedMs = performance.now();
    if (!holds(standing)) since = undefined;
    else since ??= { atMs: askedMs, clockMs: systemClock.nowMs() };
    if (since !== undefined && askedMs - since.atMs >= LATE_TEXT_MS) return since.clockMs;
  }
  return undefined;
}

function standingIn(standing: Standing | undefined): string {
  if (standing === undefined) return "nobody has said how they stand";
  const { seats, open, gone, chatting, away, unconfirmed, late, said, heard, chats } = standing;
  const [first] = standing.held;
  const sample = first === undefined ? "" : `\n    not calm: ${first}`;
  return `${open} of ${seats} in, ${gone} not back, ${chatting} chatting, ${away} with a partner away, ${late} held up, ${chats} chats, ${said} texts said, ${heard} heard, ${unconfirmed} on their way${sample}`;
}
