import { readdirSync, readFileSync } from "node:fs";

/** The processes that `pid` has started and that still run, the oldest first. */
export function childrenOf(pid: number): readonly number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((one) => isChild(one, pid))
    .sort((a, b) => a - b);
}

function isChild(pid: number, parent: number): boolean {
  try {
    // The name in brackets may hold anything; behind its last bracket stand the state and the parent.
    const [, state = "Z", found = ""] = /.*\) (\S) (\d+) /s.exec(readFileSync(`/proc/${pid}/stat`, "utf8")) ?? [];
    return state !== "Z" && Number(found) === parent;
  } catch {
    return false; // gone while we looked
  }
}
