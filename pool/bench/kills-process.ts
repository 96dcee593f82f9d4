import { setTimeout as pause } from "node:timers/promises";
import { runChaos } from "../world/chaos/chaos.ts";
import { killRounds } from "../world/chaos/kill-rounds.ts";
import type { Verdict } from "../world/chaos/verdict.ts";
import { answerAsks } from "./answer-asks.ts";

// A real world with people in it whose shards are killed, one about each second, until so many are; then the check of
// a chaos run. `verdict` tells how it came out, or null as long as it lasts.

type Options = {
  readonly root: string;
  readonly env: Readonly<Record<string, string>>;
  readonly kills: number;
  readonly seed: number;
  /** Test hook: nobody resends a text. */
  readonly sendsOnce: boolean;
};

const { root, env, kills, seed, sendsOnce } = JSON.parse(process.argv[2] ?? "") as Options;
/** A kill takes a sixteenth of all sockets; the next one waits while a twentieth of the people are not yet back. */
const KILLING = { gapMs: 900, upMs: 5_000, goneMax: 0.05 };
const ENDING_MS = 2_500;
const ending = new AbortController();
let verdict: Verdict | undefined;
let fault: unknown;

const running = runChaos(
  {
    ...{ root, env, seed, sendsOnce },
    ...{ regions: ["eu-west", "us-east"], pools: 2, shards: 4, acrossRegions: 0.4 },
    ...{ couples: 200, textEveryMs: 1_500, endEveryMs: 90_000, seatsPerProcess: 400 },
    // Kills end by their count, not by the clock, and nothing else is done to this world.
    ...{ runMs: 0, mode: "double", stopMs: 0, cutMs: 0, gapMs: 0, settleMs: 120_000 },
    needs: {
      ...{ chats: Math.min(1_000, kills), texts: 100 * kills, acrossPools: 0.4, acrossRegions: 0.2 },
      ...{ faultsEach: kills, kinds: ["shard_killed"], mayEndChats: false },
    },
    limits: { shardWellMs: KILLING.upMs },
    signal: ending.signal,
    say: (line) => void process.stderr.write(`${line}\n`),
    onLog: () => {},
  },
  killRounds({ kills, ...KILLING }),
).then(
  (found) => {
    verdict = found;
  },
  (error: unknown) => {
    fault = error;
  },
);

answerAsks(
  {},
  {
    verdict: () => {
      if (fault !== undefined) throw fault;
      return verdict ?? null;
    },
  },
  async () => {
    ending.abort();
    // Whoever does not stop in time ends with us: the world's watchdog sees to that.
    await Promise.race([running, pause(ENDING_MS)]);
  },
);
