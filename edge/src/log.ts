import type { Log } from "./ports.ts";

/** The Worker's log: one JSON line an event. */
export const consoleLog: Log = {
  warn: (event, fields) => console.warn(JSON.stringify({ event, ...fields })),
};
