import { readdirSync, readFileSync } from "node:fs";

type Process = { readonly pid: number; readonly parent: number; readonly state: string };

/** A process as /proc tells it, or `undefined` when there is none. */
function processOf(pid: number): Process | undefined {
  try {
    const [, state = "", parent = ""] = /\) (\S) (\d+) /.exec(readFileSync(`/proc/${pid}/stat`, "utf8")) ?? [];
    return { pid, parent: Number(parent), state };
  } catch {
    return undefined; // gone while we looked
  }
}

/** Whether a process runs; one that has ended and only waits for its parent to notice does not. */
export function lives(pid: number): boolean {
  const found = processOf(pid);
  return found !== undefined && found.state !== "Z";
}

/** A process and everything that it started, and they. */
export function treeOf(root: number): readonly number[] {
  const all = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => processOf(Number(name)))
    .filter((found) => found !== undefined);
  const tree = [root];
  for (const pid of tree) tree.push(...all.filter(({ parent }) => parent === pid).map((child) => child.pid));
  return tree;
}

/** What a process was started as, its words parted by spaces; empty when it is gone. */
export function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return ""; // gone while we looked
  }
}
