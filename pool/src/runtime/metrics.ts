import { Counter, Gauge, Registry } from "prom-client";

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
} as const satisfies Record<string, Row>;

type Metrics = typeof METRICS;
type Labelled<R> = R extends { readonly label: { readonly values: readonly (infer V extends string)[] } }
  ? (value: V) => number
  : () => number;
/** Where each number is read, at the moment of the scrape: so none can drift from what it describes. */
export type Readings = { readonly [K in keyof Metrics]: Labelled<Metrics[K]> };

/** The registry of one pool. `labels` (region, pool, shard) stand on every line. */
export function buildRegistry(readings: Readings, labels: Readonly<Record<string, string>>): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ ...labels });
  for (const key of Object.keys(METRICS) as (keyof Metrics)[]) {
    const row: Row = METRICS[key];
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
