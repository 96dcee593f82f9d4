import { spawnSync } from "node:child_process";
import { cpus, totalmem } from "node:os";
import type { Machine } from "./lines.ts";
import { ROOT } from "./processes.ts";

/** The machine that this runs on. */
export function thisMachine(): Machine {
  const all = cpus();
  return { cpu: all[0]?.model.trim() ?? "unknown", cores: all.length, memory_bytes: totalmem() };
}

/** The commit that is checked out, short; `unknown` outside a repository. */
export function headCommit(): string {
  const said = spawnSync("git", ["rev-parse", "--short", "HEAD"], { cwd: ROOT, encoding: "utf8" });
  return said.status === 0 ? said.stdout.trim() : "unknown";
}
