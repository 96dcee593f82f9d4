import type { ServerSample } from "../plan/plan.ts";

/** What one look at an ops port tells; CPU time since its processes began. */
export type OpsReading = {
  readonly rssBytes: number;
  readonly cpuS: number;
  readonly sockets: number;
  readonly chats: number;
};

const LOOK_MS = 2_000;
const ANSWER_MS_MAX = 1_500;
const PAGE_CHARS_MAX = 4_000_000;
const METRIC_OF = {
  rssBytes: "whisper_process_memory_bytes",
  cpuS: "whisper_process_cpu_seconds_total",
  sockets: "whisper_connections_total",
  chats: "whisper_active_chats",
} as const satisfies Record<keyof OpsReading, string>;

/** The sums over all processes of a page of metrics; what it does not tell is 0. */
export function readingIn(page: string): OpsReading {
  const sums = new Map<string, number>();
  for (const line of page.split("\n")) {
    const [, name, value] = /^([a-z_]+)(?:\{[^}]*\})? ([\d.eE+-]+)$/.exec(line) ?? [];
    if (name !== undefined) sums.set(name, (sums.get(name) ?? 0) + Number(value));
  }
  const of = (key: keyof OpsReading): number => {
    const sum = sums.get(METRIC_OF[key]) ?? 0;
    return Number.isFinite(sum) ? sum : 0;
  };
  return { rssBytes: of("rssBytes"), cpuS: of("cpuS"), sockets: of("sockets"), chats: of("chats") };
}

/** Two looks at the same port make a sample. A process that was replaced begins its CPU time anew: then it is 0. */
export function sampleOf(
  ops: string,
  atMs: number,
  now: OpsReading,
  before: { at: number; cpuS: number },
): ServerSample {
  const tookS = (atMs - before.at) / 1_000;
  const cpuCores = tookS > 0 ? Math.max(0, (now.cpuS - before.cpuS) / tookS) : 0;
  return { atMs, ops, rssBytes: now.rssBytes, cpuCores, sockets: now.sockets, chats: now.chats };
}

/** Looks at ops ports every 2 s until it is stopped; a port that does not answer has no sample. Never rejects. */
export class OpsWatch {
  readonly #urls: readonly string[];
  readonly #sinceMs: () => number;
  readonly #before = new Map<string, { at: number; cpuS: number }>();
  readonly #timer: NodeJS.Timeout | undefined;
  readonly samples: ServerSample[] = [];

  /** `sinceMs` tells how long the run has been going on. */
  constructor(urls: readonly string[], sinceMs: () => number) {
    this.#urls = urls;
    this.#sinceMs = sinceMs;
    if (urls.length === 0) return;
    this.#timer = setInterval(() => void this.look(), LOOK_MS);
  }

  /** Looks once, at all of them. */
  async look(): Promise<void> {
    await Promise.all(this.#urls.map((url) => this.#lookAt(url)));
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.look();
  }

  async #lookAt(url: string): Promise<void> {
    const page = await fetch(new URL("/metrics", url), { signal: AbortSignal.timeout(ANSWER_MS_MAX) })
      .then((answer) => (answer.ok ? answer.text() : undefined))
      .catch(() => undefined); // a server that does not answer has no figures; whether it should is not ours to judge
    if (page === undefined || page.length > PAGE_CHARS_MAX) return;
    const ops = new URL(url).host;
    const [atMs, reading, before] = [this.#sinceMs(), readingIn(page), this.#before.get(ops)];
    this.#before.set(ops, { at: atMs, cpuS: reading.cpuS });
    this.samples.push(sampleOf(ops, atMs, reading, before ?? { at: atMs, cpuS: reading.cpuS }));
  }
}
