import type { Machine } from "../bench/lines.ts";

// What conductor, workers and report say to each other. Types alone: whoever needs a fact reads it here.

export type ScenarioName =
  | "smoke"
  | "connect"
  | "match"
  | "chat"
  | "cross"
  | "reconnect"
  | "churn"
  | "drain"
  | "chaos"
  | "soak";
export type TierName = "10k" | "100k" | "500k" | "1m";

/** What a run must not exceed to have held. Milliseconds, shares 0 to 1, counts. A figure equal to its bound holds. */
export type Thresholds = {
  /** From the first byte of the upgrade to `session_created`. */
  readonly connectP99Ms: number;
  /** From `find_match` to `match_found`. */
  readonly matchP99Ms: number;
  /** From the moment at which a text should have left to the moment at which its receiver shows it. */
  readonly textP99Ms: number;
  /** From a cut to being where one was before. */
  readonly resumeP99Ms: number;
  /** Failed upgrades, refusals, unanswered searches and errors, over everything that was tried. */
  readonly errorRate: number;
  /** How much memory of the servers may still be held after those who left are gone, over what it was before. */
  readonly memoryLeftShare: number;
  /** Sockets that went without our wish and without the server's advice to move. */
  readonly dropped: number;
  readonly lostTexts: 0;
  readonly doubledTexts: 0;
  readonly reorderedTexts: 0;
  readonly foreignTexts: 0;
  readonly laneCrossed: 0;
  /** Chats that the server ended though neither person wished it. */
  readonly endedChats: number;
  /** Texts that came only when sent again, though neither of the two had lost their socket. */
  readonly repairedTexts: number;
};

/** What a run is to do: everything decided before any socket opens. Milliseconds, counts, shares 0 to 1. */
export type Plan = {
  readonly scenario: ScenarioName;
  readonly tier: TierName | undefined;
  /** The edge's origin, without a path: `http://127.0.0.1:8787`. */
  readonly target: string;
  readonly region: string | undefined;
  /** Sockets of all workers together. */
  readonly connections: number;
  /** The sockets come in evenly over this time. */
  readonly rampMs: number;
  /** How long they stay after the last has come in. */
  readonly holdMs: number;
  /** How many of them seek, and talk where the scenario talks. */
  readonly chatShare: number;
  /** Each person who chats says something this often. */
  readonly textEveryMs: number;
  /** Code points in a text. */
  readonly textChars: number;
  /** A search unanswered for this long is a match timeout. */
  readonly matchTimeoutMs: number;
  readonly workers: number;
  /** Local addresses to connect from, in turns; never empty against loopback, empty means: the system's choice. */
  readonly sourceIps: readonly string[];
  /** A signed load pass; with it everybody is of lane `test`. Secret: never in a report, log or error. */
  readonly loadPass: string | undefined;
  readonly seed: number;
  /** reconnect: how many of the sockets are cut; churn: how many leave. */
  readonly cutShare: number;
  /** drain, chaos: a command of the tester, run by `sh -c` at the middle of the hold. May hold secrets as well. */
  readonly hook: string | undefined;
  readonly thresholds: Thresholds;
  /** Where agents of other machines are found; `undefined` when this machine does all. May hold a password. */
  readonly agents: string | undefined;
};

/** conductor → worker. The worker drives people number `from` to `from + count - 1`; couples never span two workers. */
export type ToWorker =
  | {
      readonly say: "begin";
      readonly plan: Plan;
      readonly from: number;
      readonly count: number;
      /** On the system's clock. */
      readonly startAtMs: number;
    }
  | { readonly say: "stop" };

export type CountName =
  | "upgrades"
  | "upgradesFailed"
  | "admitted"
  | "dropped"
  | "resumed"
  | "seeks"
  | "matches"
  | "matchTimeouts"
  | "chatsBegun"
  | "chatsEnded"
  | "chatsEndedByServer"
  | "textsSent"
  | "textsDelivered"
  | "textsConfirmed"
  | "lost"
  | "doubled"
  | "reordered"
  | "foreign"
  | "laneCrossed"
  /** Came only after it was sent again, though neither of the two had lost their socket. */
  | "repaired"
  | "refused"
  | "errors";
export type Counts = { readonly [Name in CountName]: number };

export type GaugeName = "sockets" | "seeking" | "chatting";
export type Gauges = { readonly [Name in GaugeName]: number };

/** connect: upgrade to admission; match: search to offer; text: see `textP99Ms`; resume: cut to being back. */
export type HistogramName = "connect" | "match" | "text" | "resume";

/** How a generator process feels, about the second since its last tick. */
export type Health = {
  /** The longest that its event loop stood still. */
  readonly loopLagMs: number;
  /** Texts that left noticeably later than they should have, by the generator's own fault. */
  readonly lateSends: number;
  /** Of one core. */
  readonly cpuShare: number;
  readonly rssBytes: number;
  /** Sockets that its addresses and descriptors still have room for. */
  readonly portsLeft: number;
};

/**
 * worker → conductor, once a second (`tick`) and at the end (`done`). Counts and histograms are since the last tick in
 * `tick`, totals in `done`. Histograms: hdr-histogram-js V2, compressed, base64, in µs.
 */
export type WorkerTick = {
  readonly say: "tick" | "done";
  /** Since the run began; below 0 before. */
  readonly atMs: number;
  readonly counts: Counts;
  readonly gauges: Gauges;
  readonly histograms: { readonly [Name in HistogramName]: string };
  readonly health: Health;
  /** The first few things that went wrong, in words, without any id, text or address. */
  readonly examples: readonly string[];
};

/** A histogram for people: milliseconds; all zero when `count` is. */
export type Percentiles = {
  readonly count: number;
  readonly meanMs: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly maxMs: number;
};
export type Latencies = { readonly [Name in HistogramName]: Percentiles };

/** One second of the run, all workers merged. */
export type PerSecond = {
  /** Since the run began. */
  readonly atMs: number;
  /** In this second. */
  readonly counts: Counts;
  /** At its end. */
  readonly gauges: Gauges;
  readonly latencies: Latencies;
  /** The worst worker's lag, CPU and ports; late sends and memory are sums. */
  readonly health: Health;
};

/** One server process group behind one ops port, in one second. */
export type ServerSample = {
  readonly atMs: number;
  /** Which ops port, as `host:port`. */
  readonly ops: string;
  /** Resident memory of its processes together. */
  readonly rssBytes: number;
  /** Cores that its processes used together since the sample before. */
  readonly cpuCores: number;
  readonly sockets: number;
  readonly chats: number;
};

/** A stretch of the run with figures of its own, so that two runs are compared like with like. */
export type PhaseName = "ramp" | "hold" | "leave";
export type Phase = {
  readonly name: PhaseName;
  readonly fromMs: number;
  readonly toMs: number;
  readonly totals: Counts;
  readonly latencies: Latencies;
};

/** What is known about the generator when the run is over. */
export type GeneratorHealth = {
  /** The largest of any worker in any second. */
  readonly loopLagMsMax: number;
  readonly lateSends: number;
  readonly cpuShareMax: number;
  /** All workers together, at the peak. */
  readonly rssBytesMax: number;
  readonly portsLeftMin: number;
  /** Workers and agents that ended or fell silent before they said `done`, in words: "worker 3 ended by SIGKILL". */
  readonly lostParts: readonly string[];
};

export type Verdict = {
  readonly result: "held" | "crossed" | "inconclusive" | "interrupted";
  readonly reasons: readonly string[];
  readonly exitCode: 0 | 99 | 98 | 130;
};

/** A plan without what is secret. */
export type ReportedPlan = Omit<Plan, "loadPass" | "hook" | "agents"> & {
  readonly lane: "live" | "test";
  readonly hooked: boolean;
  readonly agentsAsked: boolean;
};

/** The conductor's result before anyone judged it. */
export type RunFacts = {
  readonly plan: ReportedPlan;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly machine: Machine;
  readonly commit: string;
  readonly seconds: readonly PerSecond[];
  readonly phases: readonly Phase[];
  readonly totals: Counts;
  readonly histograms: Latencies;
  readonly health: GeneratorHealth;
  readonly servers: readonly ServerSample[];
  /** The first few things that went wrong, of all workers. */
  readonly examples: readonly string[];
  readonly interrupted: boolean;
  /** What became of the tester's command, where there was one. */
  readonly hook?: HookOutcome;
};

/** How a command of the tester ended, `code 0` or a signal's name, and the last of what it printed. */
export type HookOutcome = { readonly ended: string; readonly tookMs: number; readonly output: string };

/** The whole result, what JSON holds. */
export type Report = RunFacts & { readonly verdict: Verdict };

/** What the conductor may do to the world around it, and what it is told of it. */
export type ConductHooks = {
  /** One line of progress for a person. */
  readonly say: (line: string) => void;
  /** Aborted: people leave at once, and the report says interrupted. */
  readonly signal: AbortSignal;
  /** After each merged second. */
  readonly onSecond: (second: PerSecond) => void;
  /** Ops ports of the target's pools that may be read, as URLs; often none. */
  readonly ops: readonly string[];
  /** For child processes; nothing of ours is in it. */
  readonly env: Readonly<Record<string, string>>;
};

/** A plan as a report may show it. */
export function reportedPlan(plan: Plan): ReportedPlan {
  const { loadPass, hook, agents, ...open } = plan;
  return {
    ...open,
    lane: loadPass === undefined ? "live" : "test",
    hooked: hook !== undefined,
    agentsAsked: agents !== undefined,
  };
}
