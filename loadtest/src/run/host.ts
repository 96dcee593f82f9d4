import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import type { Host } from "./preflight.ts";

/** What this machine gives, as Linux tells it. Rejects where it does not. */
export async function readHost(): Promise<Host> {
  const [limits, files, ports, memory] = await Promise.all([
    read("/proc/self/limits"),
    read("/proc/sys/fs/file-nr"),
    read("/proc/sys/net/ipv4/ip_local_port_range"),
    read("/proc/meminfo"),
  ]);
  return { ...hostIn(limits, files, ports, memory), cpus: availableParallelism() };
}

const read = (path: string): Promise<string> => readFile(path, "utf8");

/** Reads the four files. Throws when one of them says nothing that is known. */
export function hostIn(limits: string, files: string, ports: string, memory: string): Omit<Host, "cpus"> {
  const hard = /^Max open files\s+\S+\s+(\d+|unlimited)/m.exec(limits)?.[1];
  const [, used, , most] = /^(\d+)\s+(\d+)\s+(\d+)/.exec(files) ?? [];
  const [, first, last] = /^(\d+)\s+(\d+)/.exec(ports) ?? [];
  const free = /^MemAvailable:\s+(\d+) kB/m.exec(memory)?.[1];
  if (hard === undefined || used === undefined || most === undefined || last === undefined || free === undefined)
    throw new Error("this machine does not tell its limits under /proc: the load test runs on Linux");
  return {
    descriptorsMax: hard === "unlimited" ? Number.MAX_SAFE_INTEGER : Number(hard),
    filesLeft: Number(most) - Number(used),
    ports: Number(last) - Number(first) + 1,
    memoryBytes: Number(free) * 1_024,
  };
}
