import { readFileSync } from "node:fs";

/** Kernel ticks per second in /proc (USER_HZ), the same on every Linux that Node runs on. */
const TICKS_PER_S = 100;

/** CPU time of a process so far, user and system, in microseconds, in steps of a tick (proc(5), stat). */
export function cpuUsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return ((Number(fields[11]) + Number(fields[12])) * 1e6) / TICKS_PER_S;
}
