import type { Thresholds } from "./plan.ts";
import { nearestName, shown } from "./quantities.ts";
import { UsageFault } from "./usage-fault.ts";

type ThresholdName = keyof Thresholds;
type Row = { readonly most: number; readonly whole?: true; readonly fixed?: true };

const HOUR_MS = 3_600_000;
/** What each bound may be set to; a fixed one is a promise, and no run may loosen it. */
const ROWS: Readonly<Record<ThresholdName, Row>> = {
  connectP99Ms: { most: HOUR_MS },
  matchP99Ms: { most: HOUR_MS },
  textP99Ms: { most: HOUR_MS },
  resumeP99Ms: { most: HOUR_MS },
  errorRate: { most: 1 },
  memoryLeftShare: { most: 10 },
  dropped: { most: 1_000_000_000, whole: true },
  endedChats: { most: 1_000_000_000, whole: true },
  repairedTexts: { most: 1_000_000_000, whole: true },
  lostTexts: { most: 0, fixed: true },
  doubledTexts: { most: 0, fixed: true },
  reorderedTexts: { most: 0, fixed: true },
  foreignTexts: { most: 0, fixed: true },
  laneCrossed: { most: 0, fixed: true },
};
export const THRESHOLD_NAMES = Object.keys(ROWS) as readonly ThresholdName[];

const isThreshold = (name: string): name is ThresholdName => Object.hasOwn(ROWS, name);

function valueIn(name: ThresholdName, text: string): number {
  const { most, whole, fixed } = ROWS[name];
  const value = /^\d{1,12}(?:\.\d{1,9})?$/.test(text) ? Number(text) : Number.NaN;
  if (fixed && value !== 0)
    throw new UsageFault(`--thresholds ${name}=${text}: this one is 0 and stays 0: leave it out`);
  if (!(value <= most) || (whole && !Number.isInteger(value)))
    throw new UsageFault(`--thresholds ${name}=${text}: write a ${whole ? "whole " : ""}number from 0 to ${most}`);
  return value;
}

/** `k=v,…` over the given bounds; refuses unknown names, wrong values, and one name with two values. */
export function readThresholds(text: string, base: Thresholds): Thresholds {
  const given = new Map<ThresholdName, number>();
  for (const part of text.split(",")) {
    const [name = "", value, more] = part.trim().split("=");
    if (value === undefined || more !== undefined)
      throw new UsageFault(`--thresholds ${shown(part)}: write name=value, such as textP99Ms=25,errorRate=0.001`);
    if (!isThreshold(name)) throw new UsageFault(unknown(name));
    const bound = valueIn(name, value);
    const before = given.get(name);
    if (before !== undefined && before !== bound)
      throw new UsageFault(`--thresholds says ${name}=${before} and ${name}=${bound}: write one of them`);
    given.set(name, bound);
  }
  return { ...base, ...Object.fromEntries(given) };
}

function unknown(name: string): string {
  const near = nearestName(name, THRESHOLD_NAMES);
  const meant = near === undefined ? `write one of ${THRESHOLD_NAMES.join(", ")}` : `write ${near}`;
  return `--thresholds knows no ${shown(name)}: ${meant}`;
}

/** Refuses a bound that another setting makes meaningless: above the match timeout a search has failed already. */
export function refuseContradiction({ matchP99Ms }: Thresholds, matchTimeoutMs: number): void {
  if (matchP99Ms <= matchTimeoutMs) return;
  throw new UsageFault(
    `--thresholds matchP99Ms=${matchP99Ms} lies above --match-timeout, at which a search has failed already: ` +
      `write matchP99Ms=${matchTimeoutMs} or less, or a longer --match-timeout`,
  );
}
