import type { Run } from "./groups.ts";
import type { Measured } from "./lines.ts";
import { pause, ROOT, startHelper } from "./processes.ts";

/** How many shards are killed, and in which order. */
export type KillWish = {
  readonly kills: number;
  readonly seed: number;
  /** Test hook: nobody resends a text. */
  readonly sendsOnce: boolean;
};

/** What the check of such a run tells (pool/world/chaos/verdict.ts). */
export type KillVerdict = {
  readonly verdict: "held" | "lost" | "inconclusive";
  readonly reasons: readonly string[];
  readonly findings: {
    readonly chats: number;
    readonly texts: number;
    readonly lost: number;
    readonly doubled: number;
    readonly reordered: number;
    readonly foreign: number;
    readonly endedByUs: number;
    readonly ghosts: number;
    readonly inTwoChats: number;
    readonly acrossPools: number;
    readonly acrossRegions: number;
    readonly examples: readonly string[];
  };
  readonly undelivered: number;
  readonly crashes: readonly string[];
  readonly brokenPromises: number;
  readonly faults: { readonly shard_killed?: number };
  readonly resumed: {
    readonly all?: {
      readonly count: number;
      readonly p50Ms: number;
      readonly p99Ms: number;
      readonly maxMs: number;
    } & {
      readonly within10s: number;
    };
  };
  readonly neverBack: number;
};

const LOOK_MS = 1_000;

/**
 * The lines of a run. Throws when it does not count: too few kills, chats or texts, a process that crashed, a broken
 * assertion; and when nobody lost a socket, for then nothing was hurt. A text that is still on its way at the end is
 * lost.
 */
export function killLines(found: KillVerdict): readonly Measured[] {
  const { findings, crashes, brokenPromises, faults, resumed, neverBack, undelivered } = found;
  const { all } = resumed;
  if (found.verdict === "inconclusive") throw new Error(`kills: too little was seen: ${found.reasons.join("; ")}`);
  if (crashes.length > 0) throw new Error(`kills: a process crashed that nobody had killed: ${crashes.join("; ")}`);
  if (brokenPromises > 0) throw new Error(`kills: ${brokenPromises} assertions broke`);
  if (all === undefined) throw new Error("kills: nobody lost a socket");
  const { chats, texts, lost, doubled, reordered, foreign, endedByUs, ghosts, inTwoChats } = findings;
  const shown = { name: "texts shown", value: texts };
  const share = all.within10s / (all.count + neverBack);
  return [
    { name: "kills.lost", value: Math.max(lost, undelivered), baseline: shown },
    { name: "kills.doubled", value: doubled, baseline: shown },
    { name: "kills.reordered", value: reordered, baseline: shown },
    { name: "kills.foreign", value: foreign, baseline: shown },
    { name: "kills.ended", value: endedByUs + ghosts + inTwoChats, baseline: { name: "chats", value: chats } },
    {
      name: "kills.resumed_10s_ratio",
      value: share,
      baseline: { name: `sockets lost by ${faults.shard_killed ?? 0} kills`, value: all.count + neverBack },
    },
  ];
}

/** Kills shards of a real world under chat load, and says what people lost by it. */
export async function measureKills({ say, env, kills }: Run): Promise<readonly Measured[]> {
  const helper = await startHelper("the world of kills", "pool/bench/kills-process.ts", { root: ROOT, env, ...kills });
  try {
    let verdict: unknown = null;
    for (; verdict === null; verdict = await helper.ask("verdict")) await pause(LOOK_MS);
    const found = verdict as KillVerdict;
    const { all } = found.resumed;
    for (const example of found.findings.examples) say(example);
    if (found.verdict !== "held") say(`kills: ${found.verdict}: ${found.reasons.join("; ")}`);
    if (all !== undefined)
      say(
        `kills: ${found.faults.shard_killed} kills; back after ${(all.p50Ms / 1e3).toFixed(2)} s (p50), ` +
          `${(all.p99Ms / 1e3).toFixed(2)} s (p99), ${(all.maxMs / 1e3).toFixed(2)} s (slowest); ` +
          `chats across pools ${found.findings.acrossPools.toFixed(2)}, regions ${found.findings.acrossRegions.toFixed(2)}`,
      );
    return killLines(found);
  } finally {
    await helper.stop();
  }
}
