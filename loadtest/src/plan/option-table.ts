import type { Scenario } from "./scenarios.ts";
import { TIER_NAMES } from "./tiers.ts";

type OptionRow = {
  readonly flags: string;
  readonly does: string;
  /** Which scenarios take it; without it all do. */
  readonly of?: (scenario: Scenario) => boolean;
};

/** Every option of a run, as `--help` lists it. The key is the name under which its text is read. */
export const OPTIONS = {
  target: { flags: "--target <url>", does: "the edge, as http://127.0.0.1:8787" },
  tier: { flags: "--tier <name>", does: `size and bounds: ${TIER_NAMES.join(", ")}` },
  region: { flags: "--region <name>", does: "everybody comes in there (default: the nearest with room)" },
  connections: { flags: "--connections <count>", does: "sockets of all workers together" },
  ramp: { flags: "--ramp <time>", does: "they come in evenly over this time, such as 30s" },
  hold: { flags: "--hold <time>", does: "how long they stay after that, such as 60s or 8h" },
  chatShare: { flags: "--chat-share <share>", does: "how many of them seek and chat, 0 to 1", of: (one) => one.talks },
  rate: {
    flags: "--rate <per second>",
    does: "texts per second of all chatting people together (default: each one every 2.5 s)",
    of: (one) => one.talks,
  },
  textChars: {
    flags: "--text-chars <count>",
    does: "code points in a text, 48 to 2000 (default: 64)",
    of: (one) => one.talks,
  },
  matchTimeout: { flags: "--match-timeout <time>", does: "a search without an answer for this long has failed" },
  cut: { flags: "--cut <share>", does: "how many are cut, or leave, above 0 to 1", of: (one) => one.cuts },
  hook: {
    flags: "--hook <command>",
    does: "what to do to the servers in the middle of the hold, run by sh -c",
    of: (one) => one.hooked,
  },
  thresholds: { flags: "--thresholds <k=v,…>", does: "other bounds, such as textP99Ms=50,errorRate=0.01" },
  workers: { flags: "--workers <count>", does: "processes of the generator (default: one for each 15000 sockets)" },
  sourceIps: {
    flags: "--source-ips <list>",
    does: "addresses to connect from, by comma (default against loopback: of 127.0.0.0/8)",
  },
  agents: { flags: "--agents <url>", does: "nats:// where agents of other machines wait to take part" },
  pass: {
    flags: "--pass <file>",
    does: "a load pass; also read from WHISPER_LOAD_PASS; needed against anything but loopback",
  },
  seed: { flags: "--seed <number>", does: "chooses interests and moments (default: a new one each run)" },
  json: { flags: "--json <file>", does: "writes the whole result there" },
  html: { flags: "--html <file>", does: "writes a page with plots there" },
  metricsPort: {
    flags: "--metrics-port <port>",
    does: "serves whisper_loadtest_* for Prometheus on 127.0.0.1 while it runs",
  },
} as const satisfies Record<string, OptionRow>;

export type OptionName = keyof typeof OPTIONS;
/** What was written on the command line. `pass` is the pass itself, wherever it was read from. */
export type RawOptions = { readonly [Name in OptionName]?: string | undefined };

/** The options that a scenario takes, in the order of the table. */
export function optionsOf(scenario: Scenario): readonly (OptionRow & { readonly name: OptionName })[] {
  return (Object.keys(OPTIONS) as OptionName[]).flatMap((name) => {
    const row: OptionRow = OPTIONS[name];
    return row.of === undefined || row.of(scenario) ? [{ ...row, name }] : [];
  });
}
