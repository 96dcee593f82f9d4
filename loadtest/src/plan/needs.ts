// What a run asks of the machine that it runs on, as arithmetic.

/** Sockets of one process: each is a file, the hard limit may be 20,000, and sockets are not its only files. */
export const SOCKETS_PER_WORKER_MAX = 15_000;
/** Above about 14,000 per pair of addresses `connect()` searches the port range for ages. */
export const SOCKETS_PER_SOURCE_MAX = 9_000;
/** Files of a process that are no sockets of the load, and some air. */
const OTHER_DESCRIPTORS = 200;
const WORKER_BASE_BYTES = 90 * 2 ** 20;
/** Our own bound of 4 KB per socket, and one kernel end: measured as 5.0 KB of slab. */
const BYTES_PER_SOCKET = 4_096 + 5_120;

export type Needs = {
  readonly workers: number;
  readonly sourceIps: number;
  /** Of one process. */
  readonly descriptors: number;
  /** Of all processes, and the kernel's end of their sockets. */
  readonly memoryBytes: number;
};

/** How many worker processes hold so many sockets; at least one. */
export const workersFor = (connections: number): number => Math.max(1, Math.ceil(connections / SOCKETS_PER_WORKER_MAX));

/** How many source addresses so many sockets want towards one address and port; at least one. */
export const sourcesFor = (connections: number): number => Math.max(1, Math.ceil(connections / SOCKETS_PER_SOURCE_MAX));

/** What a generator of so many sockets in so many processes needs of its machine. */
export function needsOf(connections: number, workers: number): Needs {
  return {
    workers,
    sourceIps: sourcesFor(connections),
    descriptors: Math.ceil(connections / workers) + OTHER_DESCRIPTORS,
    memoryBytes: workers * WORKER_BASE_BYTES + connections * BYTES_PER_SOCKET,
  };
}

/** The first `count` addresses of loopback from 127.0.0.1 on; never a network's or broadcast's last byte. */
export function loopbackSources(count: number): readonly string[] {
  return Array.from({ length: count }, (_, at) => {
    const host = at % 254;
    const net = Math.floor(at / 254);
    return `127.${net >> 8}.${net & 255}.${host + 1}`;
  });
}
