import { readFileSync } from "node:fs";

/** Descriptors kept for everything that is no person's socket: files, the bus, connections that are being refused. */
const DESCRIPTORS_RESERVED = 200;

const SOFT_LIMIT = /^Max open files\s+(\d+|unlimited)\s/m;

/** How many descriptors a process may open, from its `/proc/self/limits`; without end where that does not say. */
export function descriptorsMax(limits: string): number {
  const said = SOFT_LIMIT.exec(limits)?.[1];
  return said === undefined || said === "unlimited" ? Number.POSITIVE_INFINITY : Number(said);
}

/** How many people this process has room for: what is wished, or what its descriptors allow, less the reserve. */
export function roomFor(wished: number, limits: string): number {
  return Math.max(1, Math.min(wished, descriptorsMax(limits) - DESCRIPTORS_RESERVED));
}

/** The limits of this process as Linux tells them; empty elsewhere. */
export function readLimits(path = "/proc/self/limits"): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // not Linux: then the wish alone counts
  }
}
