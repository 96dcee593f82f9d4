import type { HistogramName, Plan, ScenarioName, Thresholds } from "./plan.ts";
import type { Tier } from "./tiers.ts";

export type Scenario = {
  /** One sentence: what it does, as `--help` says it. */
  readonly does: string;
  /** What its verdict is about, as `--help` says it. */
  readonly proves: string;
  /** Which shape of a tier it takes; `undefined`: a tier gives it thresholds alone. */
  readonly shape: "stay" | "meet" | "talk" | undefined;
  /** Without a tier. */
  readonly defaults: Pick<Plan, "connections" | "rampMs" | "holdMs" | "chatShare" | "matchTimeoutMs" | "cutShare">;
  /** No tier makes it shorter: what it shows takes so long. */
  readonly holdMsLeast?: number;
  /** Where it differs from a tier's bounds. */
  readonly thresholds: Partial<Thresholds>;
  /** What must have been measured, or the run says nothing. */
  readonly measures: readonly HistogramName[];
  /** Whether people say something, so that `--rate` and the size of a text mean something. */
  readonly talks: boolean;
  /** Takes `--cut`. */
  readonly cuts: boolean;
  /** Takes `--hook`, and is nothing without it. */
  readonly hooked: boolean;
  /** Arguments of the example. */
  readonly example: string;
};

const seconds = (count: number): number => count * 1_000;
const defaults = (
  connections: number,
  rampS: number,
  holdS: number,
  chatShare: number,
  cutShare = 0,
): Scenario["defaults"] => ({
  connections,
  rampMs: seconds(rampS),
  holdMs: seconds(holdS),
  chatShare,
  matchTimeoutMs: seconds(30),
  cutShare,
});

/** Where servers or networks go away, texts are sent again: that is what the protocol is for. */
const ANY_NUMBER = 1_000_000_000;

/** Everything that tells one scenario from another. */
export const SCENARIOS: Readonly<Record<ScenarioName, Scenario>> = {
  smoke: {
    does: "two people come in, meet, talk for a few seconds and part",
    proves: "that the whole way works at all; a tier gives it bounds, never its size",
    shape: undefined,
    defaults: defaults(2, 0, 4, 1),
    thresholds: { connectP99Ms: 1_000, matchP99Ms: 2_000, textP99Ms: 1_000 },
    measures: ["connect", "match", "text"],
    talks: true,
    cuts: false,
    hooked: false,
    example: "--target http://127.0.0.1:8787",
  },
  connect: {
    does: "people come in at an even pace, stay with heartbeats on, and leave",
    proves: "how many sockets are held, how fast they are let in, and that none is dropped",
    shape: "stay",
    defaults: defaults(1_000, 10, 30, 0),
    thresholds: {},
    measures: ["connect"],
    talks: true,
    cuts: false,
    hooked: false,
    example: "--target http://127.0.0.1:8787 --tier 10k --html connect.html",
  },
  match: {
    does: "people come in, seek interests of their own couple, accept, and part again",
    proves: "how long a search takes when a partner waits, and that everybody finds theirs",
    shape: "meet",
    defaults: defaults(1_000, 10, 15, 1),
    thresholds: {},
    measures: ["connect", "match"],
    talks: false,
    cuts: false,
    hooked: false,
    example: "--target http://127.0.0.1:8787 --tier 10k --json match.json",
  },
  chat: {
    does: "the whole life: people come in, seek, accept, talk and end the chat",
    proves: "that every text arrives once, in order and in time, while everybody else stays connected",
    shape: "talk",
    defaults: defaults(200, 10, 30, 1),
    thresholds: {},
    measures: ["connect", "match", "text"],
    talks: true,
    cuts: false,
    hooked: false,
    example: "--target http://127.0.0.1:8787 --tier 10k --json chat.json --html chat.html",
  },
  cross: {
    does: "as chat, but the two of a couple sit in different pools or regions",
    proves: "that texts cross the bus once, in order and in time",
    shape: "talk",
    defaults: defaults(200, 10, 45, 1),
    // Desks of other regions are asked after 10 s of a search; pools of one region know each other at once.
    thresholds: { matchP99Ms: 12_000 },
    measures: ["connect", "match", "text"],
    talks: true,
    cuts: false,
    hooked: false,
    example: "--target http://127.0.0.1:8787 --connections 2000",
  },
  reconnect: {
    does: "as chat, and in the middle a share of the sockets is cut at once, without a word",
    proves: "that the storm of returns is let in, and no text and no chat is lost by it",
    shape: "talk",
    defaults: defaults(1_000, 10, 60, 1, 0.5),
    thresholds: { textP99Ms: 10_000, repairedTexts: ANY_NUMBER },
    measures: ["connect", "match", "text", "resume"],
    talks: true,
    cuts: true,
    hooked: false,
    example: "--target http://127.0.0.1:8787 --connections 2000 --cut 0.5",
  },
  churn: {
    does: "people come in, stay, and 90 % of them leave; then the servers' memory is watched for a minute",
    proves: "that the memory of those who left comes back (needs ops ports that answer)",
    shape: "stay",
    defaults: defaults(1_000, 10, 120, 0, 0.9),
    // They leave in the middle, and memory has a minute to come back.
    holdMsLeast: seconds(120),
    thresholds: {},
    measures: ["connect"],
    talks: false,
    cuts: true,
    hooked: false,
    example: "--target http://127.0.0.1:8787 --tier 10k",
  },
  drain: {
    does: "as chat, and in the middle your command drains a pool",
    proves: "that everybody is moved, no chat ends and no text is lost",
    shape: "talk",
    defaults: defaults(500, 10, 60, 1),
    thresholds: { textP99Ms: 1_000, repairedTexts: ANY_NUMBER },
    measures: ["connect", "match", "text"],
    talks: true,
    cuts: false,
    hooked: true,
    example: "--target http://127.0.0.1:8787 --connections 2000 --hook 'npm run drain -- --ops http://127.0.0.1:9101'",
  },
  chaos: {
    does: "as chat, and in the middle your command kills something",
    proves: "that people come back by themselves and no text is lost, doubled or swapped",
    shape: "talk",
    defaults: defaults(500, 10, 90, 1),
    // A kill drops whatever it held: what counts is that all come back, with every text.
    thresholds: { dropped: ANY_NUMBER, repairedTexts: ANY_NUMBER, textP99Ms: 30_000, errorRate: 0.05 },
    measures: ["connect", "match", "text"],
    talks: true,
    cuts: false,
    hooked: true,
    example: "--target http://127.0.0.1:8787 --connections 2000 --hook 'kill -9 <a shard>'",
  },
  soak: {
    does: "as chat, for hours",
    proves: "that nothing grows, drifts or is lost over time",
    shape: "talk",
    defaults: defaults(1_000, 30, 3_600, 0.2),
    thresholds: {},
    measures: ["connect", "match", "text"],
    talks: true,
    cuts: false,
    hooked: false,
    example: "--target http://127.0.0.1:8787 --connections 5000 --hold 8h --html soak.html",
  },
};

export const SCENARIO_NAMES = Object.keys(SCENARIOS) as readonly ScenarioName[];

/** Whether `text` names a scenario. */
export const isScenario = (text: string): text is ScenarioName => Object.hasOwn(SCENARIOS, text);

type Widened = "connectP99Ms" | "matchP99Ms" | "textP99Ms" | "errorRate" | "dropped" | "repairedTexts";

/** Bounds of a run without a tier: those of the smallest. */
const PLAIN: Thresholds = {
  connectP99Ms: 50,
  matchP99Ms: 150,
  textP99Ms: 25,
  resumeP99Ms: 10_000,
  errorRate: 0.001,
  memoryLeftShare: 0.15,
  dropped: 0,
  lostTexts: 0,
  doubledTexts: 0,
  reorderedTexts: 0,
  foreignTexts: 0,
  laneCrossed: 0,
  endedChats: 0,
  repairedTexts: 0,
};

/**
 * The bounds of a scenario at a tier: the tier's own, widened (never narrowed) where the scenario disturbs on purpose.
 */
export function thresholdsFor(scenario: Scenario, tier: Tier | undefined): Thresholds {
  const of = { ...PLAIN, ...tier?.thresholds };
  const wider = (name: Widened): number => Math.max(of[name], scenario.thresholds[name] ?? 0);
  return {
    ...of,
    connectP99Ms: wider("connectP99Ms"),
    matchP99Ms: wider("matchP99Ms"),
    textP99Ms: wider("textP99Ms"),
    errorRate: wider("errorRate"),
    dropped: wider("dropped"),
    repairedTexts: wider("repairedTexts"),
  };
}
