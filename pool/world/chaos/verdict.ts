import type { Findings } from "./check-sides.ts";
import type { FaultKind } from "./fault-kinds.ts";

/** What a run must have seen before its verdict counts. Shares are from 0 to 1. */
export type Needs = {
  readonly chats: number;
  readonly texts: number;
  readonly acrossPools: number;
  readonly acrossRegions: number;
  readonly faultsEach: number;
  readonly kinds: readonly FaultKind[];
  /** Two faults at one time may take away what would have mended either: a chat may end then, a text is never lost. */
  readonly mayEndChats: boolean;
};

/** One fault as it went; times in milliseconds since the run began. */
export type FaultDone = {
  readonly kind: FaultKind;
  readonly victim: string;
  readonly atMs: number;
  /** When the part served again. */
  readonly healedMs: number;
  /** When every seat was back and every old text delivered; `undefined`: not before the next fault, or the end. */
  readonly settledMs: number | undefined;
};

/** A seat that lost its socket and, with `backMs`, was taken up again. */
export type Loss = { readonly seat: number; readonly lostMs: number; readonly backMs: number | undefined };

/** What else a run noted. */
export type RunNotes = {
  readonly faults: readonly FaultDone[];
  readonly losses: readonly Loss[];
  /** Texts still in an outbox when the time to settle was up. */
  readonly undelivered: number;
  /** How the seats stood that could not get on, some of them. */
  readonly held: readonly string[];
  /** Processes that ended and that nobody had killed. */
  readonly crashes: readonly string[];
  /** Broken assertions that the processes logged. */
  readonly brokenPromises: number;
};

export type Times = {
  readonly count: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** How many took 10 s at most. */
  readonly within10s: number;
};

export type Verdict = {
  readonly verdict: "held" | "lost" | "inconclusive";
  /** Why it is not `held`. */
  readonly reasons: readonly string[];
  readonly findings: Findings;
  readonly undelivered: number;
  readonly held: readonly string[];
  readonly crashes: readonly string[];
  readonly brokenPromises: number;
  readonly faults: Readonly<Partial<Record<FaultKind, number>>>;
  /** From the fault to the moment at which each seat that lost its socket was back, by the kind of the fault. */
  readonly resumed: Readonly<Partial<Record<FaultKind | "all", Times>>>;
  /** From the fault to the moment at which everybody was back and no text held up, for those that were waited for. */
  readonly calm: Readonly<Partial<Record<FaultKind, Times>>>;
  /** Seats that never came back. */
  readonly neverBack: number;
};

const BROKEN = ["lost", "doubled", "reordered", "foreign", "endedByUs", "ghosts", "inTwoChats"] as const;

/** Whether the run held what is promised; `inconclusive` when it found nothing wrong but saw too little. Pure. */
export function judge(findings: Findings, notes: RunNotes, needs: Needs): Verdict {
  const counted = (kind: FaultKind): number => notes.faults.filter((fault) => fault.kind === kind).length;
  const neverBack = notes.losses.filter(({ backMs }) => backMs === undefined).length;
  const wrongs = [
    ...BROKEN.filter((name) => findings[name] > 0 && !(name === "endedByUs" && needs.mayEndChats)).map(
      (name) => `${name}: ${findings[name]}`,
    ),
    ...(notes.undelivered > 0 ? [`texts still on their way at the end: ${notes.undelivered}`] : []),
    ...(neverBack > 0 ? [`seats that never came back: ${neverBack}`] : []),
    ...(notes.crashes.length > 0 ? [`processes that crashed: ${notes.crashes.length}`] : []),
    ...(notes.brokenPromises > 0 ? [`broken assertions: ${notes.brokenPromises}`] : []),
  ];
  const missing = [
    ...tooFew("chats", findings.chats, needs.chats),
    ...tooFew("texts", findings.texts, needs.texts),
    ...tooFew("share of chats across pools", findings.acrossPools, needs.acrossPools),
    ...tooFew("share of chats across regions", findings.acrossRegions, needs.acrossRegions),
    ...needs.kinds.flatMap((kind) => tooFew(kind, counted(kind), needs.faultsEach)),
  ];
  return {
    verdict: wrongs.length > 0 ? "lost" : missing.length > 0 ? "inconclusive" : "held",
    reasons: [...wrongs, ...missing],
    findings,
    undelivered: notes.undelivered,
    held: notes.held,
    crashes: notes.crashes,
    brokenPromises: notes.brokenPromises,
    faults: Object.fromEntries(needs.kinds.map((kind) => [kind, counted(kind)])),
    resumed: resumeTimes(notes),
    calm: calmTimes(notes.faults),
    neverBack,
  };
}

const tooFew = (what: string, seen: number, wanted: number): readonly string[] =>
  seen >= wanted ? [] : [`${what}: ${Math.round(seen * 1_000) / 1_000} of ${wanted}`];

function resumeTimes({ faults, losses }: RunNotes): Verdict["resumed"] {
  const took = losses.flatMap(({ lostMs, backMs }): readonly Took<FaultKind | "all">[] => {
    const fault = faults.findLast(({ atMs }) => atMs <= lostMs);
    if (fault === undefined || backMs === undefined) return [];
    const tookMs = backMs - fault.atMs;
    return [
      { kind: fault.kind, tookMs },
      { kind: "all", tookMs },
    ];
  });
  return timesByKind(took);
}

const calmTimes = (faults: readonly FaultDone[]): Verdict["calm"] =>
  timesByKind(
    faults.flatMap(({ kind, atMs, settledMs }) =>
      settledMs === undefined ? [] : [{ kind, tookMs: settledMs - atMs }],
    ),
  );

type Took<Kind extends string> = { readonly kind: Kind; readonly tookMs: number };

function timesByKind<Kind extends string>(took: readonly Took<Kind>[]): Readonly<Partial<Record<Kind, Times>>> {
  const kinds = new Set(took.map(({ kind }) => kind));
  const of = (wanted: Kind): Times => timesOf(took.filter(({ kind }) => kind === wanted).map(({ tookMs }) => tookMs));
  return Object.fromEntries([...kinds].map((kind) => [kind, of(kind)])) as Partial<Record<Kind, Times>>;
}

const SOON_MS = 10_000;

/** Percentiles by the nearest rank. */
export function timesOf(all: readonly number[]): Times {
  const sorted = [...all].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
  const within10s = sorted.filter((ms) => ms <= SOON_MS).length;
  return { count: sorted.length, p50Ms: at(0.5), p90Ms: at(0.9), p99Ms: at(0.99), maxMs: at(1), within10s };
}
