import { Counter, Gauge, Registry } from "prom-client";

export type { Registry } from "prom-client";

type Row = {
  readonly kind: "gauge" | "counter";
  readonly name: string;
  readonly help: string;
  /** The one label, and its closed list of values; never an id or a text. */
  readonly label?: { readonly name: string; readonly values: readonly string[] };
};

/** Every number of a pool that we publish, by the name of what it is read from. */
export const METRICS = {
  sockets: { kind: "gauge", name: "whisper_connections_total", help: "Sockets on this shard." },
  chats: { kind: "gauge", name: "whisper_active_chats", help: "Chats with a side on this shard." },
  seekers: { kind: "gauge", name: "whisper_match_queue_size", help: "People of this shard who seek." },
  texts: {
    kind: "counter",
    name: "whisper_messages_total",
    help: "Texts sent by people here, shown to people here, and refused for their content.",
    label: { name: "type", values: ["sent", "received", "blocked"] },
  },
  upgrades: {
    kind: "counter",
    name: "whisper_upgrades_total",
    help: "Sockets that asked to come in, by what became of them.",
    label: {
      name: "result",
      values: [
        ...["new", "back", "stale", "expired", "full", "draining", "banned", "home_away", "forgotten", "gone"],
        ...["no_ticket", "shape", "unknown_key", "other_pool", "too_many", "forged", "forger"],
      ],
    },
  },
  broken: { kind: "counter", name: "whisper_promises_broken_total", help: "Sockets closed because we were wrong." },
  reportsLost: { kind: "counter", name: "whisper_reports_lost_total", help: "Reports that the stream did not take." },
  memory: { kind: "gauge", name: "whisper_process_memory_bytes", help: "Resident memory of this shard's process." },
  cpu: {
    kind: "counter",
    name: "whisper_process_cpu_seconds_total",
    help: "Processor time of this shard's process, its own and the system's for it.",
  },
} as const satisfies Record<string, Row>;

/** Numbers of a pool as a whole, which only its supervisor knows. */
const POOL_METRICS = {
  shardsUp: { kind: "gauge", name: "whisper_shards_up", help: "Shards of this pool that serve." },
  restarts: { kind: "counter", name: "whisper_shard_restarts_total", help: "Shards started again after they died." },
  drainLeft: { kind: "gauge", name: "whisper_drain_left", help: "People whom a drain has yet to move; 0 without one." },
  ordersDropped: {
    kind: "counter",
    name: "whisper_orders_dropped_total",
    help: "Words at the pool's control subject that were no order to it.",
  },
  renewed: { kind: "counter", name: "whisper_shards_renewed_total", help: "Shards drained for broken promises." },
} as const satisfies Record<string, Row>;

type Labelled<R> = R extends { readonly label: { readonly values: readonly (infer V extends string)[] } }
  ? (value: V) => number
  : () => number;
/** Where each number is read, at the moment of the scrape: so none can drift from what it describes. */
type ReadingsOf<M> = { readonly [K in keyof M]: Labelled<M[K]> };
export type Readings = ReadingsOf<typeof METRICS>;
export type PoolReadings = ReadingsOf<typeof POOL_METRICS>;

type Labels = Readonly<Record<string, string>>;

/** The registry of one shard. `labels` (region, pool, shard) stand on every line. */
export const buildRegistry = (readings: Readings, labels: Labels): Registry => registryOf(METRICS, readings, labels);

/** The registry of a pool as a whole. `labels` (region, pool) stand on every line. */
export const buildPoolRegistry = (readings: PoolReadings, labels: Labels): Registry =>
  registryOf(POOL_METRICS, readings, labels);

function registryOf<M extends Readonly<Record<string, Row>>>(table: M, readings: ReadingsOf<M>, labels: Labels) {
  const registry = new Registry();
  registry.setDefaultLabels({ ...labels });
  for (const key of Object.keys(table)) {
    const row = table[key] as Row;
    const read = readings[key] as (value: string) => number;
    const common = { name: row.name, help: row.help, registers: [registry] };
    const labelNames = row.label === undefined ? [] : [row.label.name];
    const { label } = row;
    const values = label?.values.map((value) => ({ at: { [label.name]: value }, value })) ?? [{ at: {}, value: "" }];
    const each = (tell: (at: Readonly<Record<string, string>>, value: number) => void): void => {
      for (const { at, value } of values) tell(at, read(value));
    };
    if (row.kind === "gauge") {
      new Gauge({
        ...common,
        labelNames,
        collect() {
          each((at, value) => this.set(at, value));
        },
      });
    } else {
      new Counter({
        ...common,
        labelNames,
        collect() {
          this.reset(); // the true count lives where it is raised; here it is only shown
          each((at, value) => this.inc(at, value));
        },
      });
    }
  }
  return registry;
}
