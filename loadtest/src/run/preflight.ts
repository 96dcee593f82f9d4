import { needsOf, SOCKETS_PER_SOURCE_MAX, SOCKETS_PER_WORKER_MAX } from "../plan/needs.ts";
import { isLoopback } from "../plan/options.ts";
import type { Plan } from "../plan/plan.ts";

/** What a machine gives to one run. */
export type Host = {
  /** The hard limit of one process; it is read, never raised. */
  readonly descriptorsMax: number;
  /** Of the whole machine, not yet used. */
  readonly filesLeft: number;
  /** How many ports the system hands out to those who connect. */
  readonly ports: number;
  /** What can be had without swapping. */
  readonly memoryBytes: number;
  readonly cpus: number;
};

/** What is wanted of one machine. `workers` is the least; there are more if its descriptors ask for it. */
export type Need = Pick<Plan, "connections" | "workers" | "sourceIps" | "target" | "chatShare" | "textEveryMs">;

/** People number `from` to `from + count - 1`. */
export type Share = { readonly from: number; readonly count: number };

export type Fit = { readonly ok: true; readonly workers: number } | { readonly ok: false; readonly lacks: Lacks };
/** One line for each thing that lacks: what to change, and by how much. */
type Lacks = readonly string[];

/** Ports of the range that others on this machine may hold. */
const PORTS_RESERVE = 2_000;
/** The kernel's half of the server's end, and the server's own, where it runs here as well (DESIGN §14). */
const SERVER_BYTES = 5_120 + 1_500;
const MEMORY_RESERVE_BYTES = 256 * 2 ** 20;
/** Texts that one processor writes, reads and checks in a second (DESIGN §14). */
const TEXTS_PER_CPU_S = 60_000;

/** Whether a machine can carry what is wanted, and by how many worker processes; else what it lacks. */
export function preflight(need: Need, host: Host): Fit {
  const other = needsOf(0, 1).descriptors;
  const perWorker = Math.min(SOCKETS_PER_WORKER_MAX, host.descriptorsMax - other);
  // Couples are not torn, so a worker may get one person more than an even share.
  const workers = Math.max(need.workers, Math.ceil(need.connections / Math.max(1, perWorker - 1)));
  const lacks = [
    ...(perWorker > 1 ? [] : [descriptorLine(host, needsOf(Math.min(need.connections, 1_000), 1).descriptors)]),
    ...fileLacks(need, host),
    ...portLacks(need, host),
    ...(perWorker > 1 ? memoryLacks(need, host, workers) : []),
    ...cpuLacks(need, host),
  ];
  return lacks.length > 0 ? { ok: false, lacks } : { ok: true, workers };
}

/** How many of the people wanted one machine can carry, the rest of the plan being the same; 0 when none. */
export function capacityOf(need: Need, host: Host): number {
  let [fits, tooMany] = [0, need.connections + 1];
  while (tooMany - fits > 1) {
    const middle = Math.floor((fits + tooMany) / 2);
    if (preflight({ ...need, connections: middle, workers: 1 }, host).ok) fits = middle;
    else tooMany = middle;
  }
  return fits;
}

/** `count` people from number `from` on, shared out by weight, a share for each; no couple is torn. */
export function sharesOf(from: number, count: number, weights: readonly number[]): readonly Share[] {
  const couples = Math.ceil(count / 2);
  const sum = weights.reduce((all, weight) => all + weight, 0);
  let [weight, before] = [0, 0];
  return weights.map((one) => {
    weight += one;
    const first = before;
    before = Math.min(count, Math.round((couples * weight) / sum) * 2);
    return { from: from + first, count: before - first };
  });
}

const counted = (value: number): string => Math.ceil(value).toLocaleString("en-US");
const mebibytes = (bytes: number): string => `${counted(bytes / 2 ** 20)} MiB`;

const descriptorLine = (host: Host, wanted: number): string =>
  `a process may open ${counted(host.descriptorsMax)} files: raise its hard limit (ulimit -Hn) to ${wanted} or more`;

function fileLacks(need: Need, host: Host): Lacks {
  const needed = need.connections * (isLoopback(need.target) ? 2 : 1);
  if (needed <= host.filesLeft) return [];
  return [
    `this machine may open ${counted(host.filesLeft)} more files and ${counted(needed)} are needed: ` +
      `raise fs.file-max by ${Math.ceil(needed - host.filesLeft)}`,
  ];
}

function portLacks(need: Need, host: Host): Lacks {
  const perAddress = Math.min(SOCKETS_PER_SOURCE_MAX, host.ports - PORTS_RESERVE);
  if (perAddress < 1)
    return [
      `there are ${counted(host.ports)} ports to connect from: widen net.ipv4.ip_local_port_range to ` +
        `${PORTS_RESERVE + Math.min(need.connections, SOCKETS_PER_SOURCE_MAX)} ports or more`,
    ];
  const addresses = Math.max(1, need.sourceIps.length);
  if (need.connections <= addresses * perAddress) return [];
  const wanted = Math.ceil(need.connections / perAddress);
  return [
    `${counted(addresses)} source address${addresses === 1 ? " carries" : "es carry"} ` +
      `${counted(addresses * perAddress)} sockets: give ${counted(wanted)} addresses to --source-ips, start agents ` +
      `on ${counted(Math.ceil(wanted / addresses))} machines, or write --connections ${addresses * perAddress}`,
  ];
}

function memoryLacks(need: Need, host: Host, workers: number): Lacks {
  const serverBytes = isLoopback(need.target) ? SERVER_BYTES : 0;
  const bytesFor = (connections: number): number =>
    needsOf(connections, workers).memoryBytes + connections * serverBytes + MEMORY_RESERVE_BYTES;
  const needed = bytesFor(need.connections);
  if (needed <= host.memoryBytes) return [];
  const perSocket = (needed - bytesFor(0)) / need.connections;
  const fitting = Math.max(0, Math.floor((host.memoryBytes - bytesFor(0)) / perSocket));
  return [
    `${mebibytes(needed)} of memory are needed and ${mebibytes(host.memoryBytes)} are free: free ` +
      `${mebibytes(needed - host.memoryBytes)}${fitting > 1 ? `, or write --connections ${fitting}` : ""}`,
  ];
}

function cpuLacks(need: Need, host: Host): Lacks {
  const perS = need.textEveryMs > 0 ? (need.connections * need.chatShare * 1_000) / need.textEveryMs : 0;
  const most = host.cpus * TEXTS_PER_CPU_S;
  if (perS <= most) return [];
  return [
    `${counted(perS)} texts/s keep ${counted(perS / TEXTS_PER_CPU_S)} processors busy and there are ` +
      `${counted(host.cpus)}: ask for ${counted(most)} texts/s or fewer, or start agents on more machines`,
  ];
}
