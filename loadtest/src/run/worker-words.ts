import type { CountName, Counts, GaugeName, Gauges, Health, HistogramName, WorkerTick } from "../plan/plan.ts";

// What a worker says is read as what any other process says: with suspicion.

export const COUNT_NAMES: readonly CountName[] = [
  ...(["upgrades", "upgradesFailed", "admitted", "dropped", "resumed", "seeks", "matches", "matchTimeouts"] as const),
  ...(["chatsBegun", "chatsEnded", "chatsEndedByServer", "textsSent", "textsDelivered", "textsConfirmed"] as const),
  ...(["lost", "doubled", "reordered", "foreign", "laneCrossed", "repaired", "refused", "errors"] as const),
];
export const HISTOGRAM_NAMES: readonly HistogramName[] = ["connect", "match", "text", "resume"];
const GAUGE_NAMES: readonly GaugeName[] = ["sockets", "seeking", "chatting"];
const HEALTH_NAMES: readonly (keyof Health)[] = ["loopLagMs", "lateSends", "cpuShare", "rssBytes", "portsLeft"];

const HISTOGRAM_CHARS_MAX = 262_144;
const EXAMPLES_MAX = 16;
const EXAMPLE_CHARS_MAX = 300;

type Fields = Readonly<Record<string, unknown>>;
type Filled<Name extends string, Value> = { readonly [N in Name]: Value };

const isFields = (raw: unknown): raw is Fields => typeof raw === "object" && raw !== null && !Array.isArray(raw);
const isNumber = (raw: unknown): raw is number => typeof raw === "number" && Number.isFinite(raw);
const isAmount = (raw: unknown): raw is number => isNumber(raw) && raw >= 0;
const isEncoded = (raw: unknown): raw is string => typeof raw === "string" && raw.length <= HISTOGRAM_CHARS_MAX;

/** An object of exactly these names, made by `of`. */
export function filled<Name extends string, Value>(
  names: readonly Name[],
  of: (name: Name) => Value,
): Filled<Name, Value> {
  return Object.fromEntries(names.map((name) => [name, of(name)])) as Filled<Name, Value>;
}

function read<Name extends string, Value>(
  names: readonly Name[],
  raw: unknown,
  is: (raw: unknown) => raw is Value,
): Filled<Name, Value> | undefined {
  if (!isFields(raw)) return undefined;
  const found: [Name, Value][] = [];
  for (const name of names) {
    const value = raw[name];
    if (!is(value)) return undefined;
    found.push([name, value]);
  }
  return Object.fromEntries(found) as Filled<Name, Value>;
}

/** A worker's tick, or `undefined` for anything else. Never throws; histograms are not yet decoded. */
export function tickIn(raw: unknown): WorkerTick | undefined {
  if (!isFields(raw) || (raw.say !== "tick" && raw.say !== "done") || !isNumber(raw.atMs)) return undefined;
  const counts = read(COUNT_NAMES, raw.counts, isAmount);
  const gauges = read(GAUGE_NAMES, raw.gauges, isAmount);
  const health = read(HEALTH_NAMES, raw.health, isAmount);
  const histograms = read(HISTOGRAM_NAMES, raw.histograms, isEncoded);
  const { examples } = raw;
  if (counts === undefined || gauges === undefined || health === undefined || histograms === undefined)
    return undefined;
  if (!Array.isArray(examples) || !examples.every((one) => typeof one === "string")) return undefined;
  const few = examples.slice(0, EXAMPLES_MAX).map((one) => one.slice(0, EXAMPLE_CHARS_MAX));
  return { say: raw.say, atMs: raw.atMs, counts, gauges, health, histograms, examples: few };
}

export const NO_COUNTS: Counts = filled(COUNT_NAMES, () => 0);
export const NO_GAUGES: Gauges = filled(GAUGE_NAMES, () => 0);

/** Each count with what is added to it. */
export const addedCounts = (a: Counts, b: Counts): Counts => filled(COUNT_NAMES, (name) => a[name] + b[name]);
/** What `a` has more than `b`; never below 0. */
export const countsSince = (a: Counts, b: Counts): Counts =>
  filled(COUNT_NAMES, (name) => Math.max(0, a[name] - b[name]));
/** The same of gauges. */
export const addedGauges = (a: Gauges, b: Gauges): Gauges => filled(GAUGE_NAMES, (name) => a[name] + b[name]);
