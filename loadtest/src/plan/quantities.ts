import { UsageFault } from "./usage-fault.ts";

// How numbers, shares and times are read from a command line. Each names the option and says what would do.

const DECIMAL = /^\d{1,15}(?:\.\d{1,9})?$/;

/** A whole number within bounds, both included. Takes `10000`, `10_000` and `10k`. */
export function wholeIn(option: string, text: string, least: number, most: number): number {
  const match = /^(\d[\d_]*)(k|m)?$/i.exec(text);
  const factor = { k: 1_000, m: 1_000_000 }[match?.[2]?.toLowerCase() ?? ""] ?? 1;
  const value = match === null ? Number.NaN : Number(match[1]?.replaceAll("_", "")) * factor;
  if (!(value >= least && value <= most))
    throw new UsageFault(`${option} ${shown(text)}: write a whole number from ${least} to ${most}`);
  return value;
}

/** A decimal number within bounds, both included. */
export function decimalIn(option: string, text: string, least: number, most: number): number {
  const value = DECIMAL.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least && value <= most))
    throw new UsageFault(`${option} ${shown(text)}: write a number from ${least} to ${most}`);
  return value;
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** A time in milliseconds, from `500ms`, `30s`, `2m`, `8h`, or plain seconds. */
export function timeIn(option: string, text: string, leastMs: number, mostMs: number): number {
  const match = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h)?$/.exec(text);
  const ms = match === null ? Number.NaN : Math.round(Number(match[1]) * (UNIT_MS[match[2] ?? "s"] ?? Number.NaN));
  if (!(ms >= leastMs && ms <= mostMs))
    throw new UsageFault(
      `${option} ${shown(text)}: write a time from ${timeText(leastMs)} to ${timeText(mostMs)}, such as 30s, 2m or 8h`,
    );
  return ms;
}

/** A time for people, exact: `90s`, `2m`, `500ms`. */
export function timeText(ms: number): string {
  for (const unit of ["h", "m", "s"]) {
    const size = UNIT_MS[unit] ?? 1;
    if (ms >= size && ms % size === 0) return `${ms / size}${unit}`;
  }
  return `${ms}ms`;
}

const SHOWN_CHARS = 60;
/** What was written, in quotes, in one line, never at length. */
export const shown = (text: string): string =>
  JSON.stringify(text.length > SHOWN_CHARS ? `${text.slice(0, SHOWN_CHARS)}…` : text);

/** The one of `names` that `text` was probably meant to be, or `undefined`. */
export function nearestName(text: string, names: readonly string[]): string | undefined {
  const scored = names.map((name) => ({ name, far: distance(text.toLowerCase(), name.toLowerCase()) }));
  const [best] = scored.sort((a, b) => a.far - b.far);
  return best !== undefined && best.far <= Math.max(1, Math.floor(best.name.length / 2)) ? best.name : undefined;
}

/** How many letters must be put in, taken out or changed (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (letter === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
