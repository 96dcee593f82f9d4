import pino from "pino";
import type { Log } from "../ports.ts";
import { type FieldRule, LOG_EVENTS } from "./log-events.ts";

export const LOG_LEVELS = ["silent", "error", "warn", "info"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export type LogOptions = {
  readonly level: LogLevel;
  /** Where this process stands (region, pool, shard): on every line. Taken from checked settings only. */
  readonly base: Readonly<Record<string, string | number>>;
  /** Where the lines go; standard error if not given. */
  readonly write?: (line: string) => void;
};

type Fields = Readonly<Record<string, number | string | boolean>>;

/**
 * Promises are plain words and small numbers of our own source, or a place in it (`step.ts:12`): no id, address or
 * token has that form.
 */
const WORD = String.raw`(?:[A-Za-z][a-z'-]{0,23}|MiB|\d{1,3}(?:,\d{3})*|[a-z-]+\.ts:\d{1,5})`;
const PROMISE = new RegExp(`^${WORD}(?:[,:]? ${WORD}){0,30}$`);

function fits(rule: FieldRule | undefined, value: number | string | boolean): boolean {
  if (rule === "promise") return typeof value === "string" && PROMISE.test(value);
  return typeof rule === "object" ? typeof value === "string" && rule.includes(value) : typeof value === rule;
}

/** Only what the table lists, in the form the table says: anything else might be somebody's text, address or token. */
function allowed(event: string, fields: Fields): Record<string, unknown> {
  const rules = Object.hasOwn(LOG_EVENTS, event) ? LOG_EVENTS[event] : undefined;
  if (rules === undefined) return { event: "unlisted" };
  const line: Record<string, unknown> = { event };
  let withheld = 0;
  for (const [name, value] of Object.entries(fields)) {
    if (Object.hasOwn(rules, name) && fits(rules[name], value)) line[name] = value;
    else withheld++;
  }
  if (withheld > 0) line.withheld = withheld;
  return line;
}

/** A log of JSON lines. Never throws, and never writes what the table of events does not list. */
export function createLog({ level, base, write }: LogOptions): Log {
  const destination = write === undefined ? pino.destination({ fd: 2, sync: true }) : { write };
  const options = {
    level,
    base,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (name: string) => ({ level: name }) },
  };
  const logger = pino(options, destination);
  return {
    info: (event, fields = {}) => logger.info(allowed(event, fields)),
    warn: (event, fields = {}) => logger.warn(allowed(event, fields)),
    error: (event, fields = {}) => logger.error(allowed(event, fields)),
  };
}
