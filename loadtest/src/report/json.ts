import { fail, ok, type Result } from "@whisper/shared/base/result";
import type { Report } from "../plan/plan.ts";
import { SCENARIO_NAMES } from "../plan/scenarios.ts";
import { COUNT_NAMES, HISTOGRAM_NAMES } from "./figures.ts";

/** Raised when a field changes its meaning; fields may be added without. */
const FORMAT = "whisper-loadtest/1";

/** A report as JSON text, with its format named. */
export const reportText = (report: Report): string => `${JSON.stringify({ format: FORMAT, ...report })}\n`;

/** JSON text as a report; `not_json`, or `not_ours` for what lacks a field that a comparison reads. */
export function readReport(text: string): Result<Report, "not_json" | "not_ours"> {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return fail("not_json");
  }
  return isReport(raw) ? ok(raw) : fail("not_ours");
}

type Raw = Readonly<Record<string, unknown>>;
const isRaw = (value: unknown): value is Raw => typeof value === "object" && value !== null && !Array.isArray(value);
const hasNumbers = (raw: unknown, names: readonly string[]): boolean =>
  isRaw(raw) && names.every((name) => typeof raw[name] === "number");
const PERCENTILES = ["count", "meanMs", "p50Ms", "p90Ms", "p99Ms", "p999Ms", "maxMs"];

const areFigures = (totals: unknown, latencies: unknown): boolean =>
  hasNumbers(totals, COUNT_NAMES) &&
  isRaw(latencies) &&
  HISTOGRAM_NAMES.every((name) => hasNumbers(latencies[name], PERCENTILES));

function isReport(raw: unknown): raw is Report {
  if (!isRaw(raw) || raw.format !== FORMAT) return false;
  const { plan, verdict, phases, seconds, servers, health } = raw;
  if (!isRaw(plan) || !SCENARIO_NAMES.some((name) => name === plan.scenario)) return false;
  if (!hasNumbers(plan, ["connections", "rampMs", "holdMs", "chatShare", "textEveryMs"])) return false;
  if (!isRaw(verdict) || typeof verdict.result !== "string" || !isRaw(health)) return false;
  if (!Array.isArray(seconds) || !Array.isArray(servers) || !Array.isArray(phases)) return false;
  return areFigures(raw.totals, raw.histograms) && phases.every(isPhase);
}

const isPhase = (raw: unknown): boolean =>
  isRaw(raw) &&
  typeof raw.name === "string" &&
  hasNumbers(raw, ["fromMs", "toMs"]) &&
  areFigures(raw.totals, raw.latencies);
