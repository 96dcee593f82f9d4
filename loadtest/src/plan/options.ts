import { isIP } from "node:net";
import { isRegionName } from "@whisper/shared/base/ids";
import { TEXT_POINTS_MAX } from "@whisper/shared/limits";
import { regionOfPass, sessionsOf } from "./load-pass.ts";
import { loopbackSources, SOCKETS_PER_SOURCE_MAX, SOCKETS_PER_WORKER_MAX, sourcesFor, workersFor } from "./needs.ts";
import type { RawOptions } from "./option-table.ts";
import type { Plan, ScenarioName, TierName } from "./plan.ts";
import { decimalIn, nearestName, shown, timeIn, wholeIn } from "./quantities.ts";
import { isScenario, SCENARIO_NAMES, SCENARIOS, type Scenario, thresholdsFor } from "./scenarios.ts";
import { readThresholds, refuseContradiction } from "./thresholds.ts";
import { isTier, TIER_NAMES, TIERS } from "./tiers.ts";
import { UsageFault } from "./usage-fault.ts";

const CONNECTIONS_MAX = 4_000_000;
const WORKERS_MAX = 1_000;
const DAY_MS = 86_400_000;
const SEEDS = 2 ** 32;
/** Four texts in 10 s: one below what the server's meter passes in that time. */
const TEXT_EVERY_MS = 2_500;
const TEXT_EVERY_MS_LEAST = 10;
const TEXT_CHARS = 64;
/** Run, couple, sender and number of a text have to fit. */
const TEXT_CHARS_LEAST = 48;

/** A scenario by its name; refuses what is none. */
export function scenarioIn(text: string): ScenarioName {
  if (isScenario(text)) return text;
  const near = nearestName(text, SCENARIO_NAMES);
  throw new UsageFault(`there is no scenario ${shown(text)}: write ${near ?? `one of ${SCENARIO_NAMES.join(", ")}`}`);
}

/**
 * A command line as a plan. Pure: looks at nothing but its arguments, and throws a UsageFault for the first thing that
 * cannot be meant.
 */
export function readPlan(name: ScenarioName, raw: RawOptions, nowMs: number): Plan {
  const scenario = SCENARIOS[name];
  const target = targetIn(raw.target);
  const tier = raw.tier === undefined ? undefined : tierIn(raw.tier);
  const sized = sizeOf(scenario, raw, tier);
  const workers = workersIn(raw.workers, sized.connections, sized.couples);
  const thresholds =
    raw.thresholds === undefined
      ? thresholdsFor(scenario, tier && TIERS[tier])
      : readThresholds(raw.thresholds, thresholdsFor(scenario, tier && TIERS[tier]));
  const { couples, ...size } = sized;
  refuseContradiction(thresholds, size.matchTimeoutMs);
  const plan: Plan = {
    scenario: name,
    tier,
    target,
    region: undefined,
    ...size,
    textEveryMs: textEveryIn(raw.rate, couples * 2),
    textChars:
      raw.textChars === undefined
        ? TEXT_CHARS
        : wholeIn("--text-chars", raw.textChars, TEXT_CHARS_LEAST, TEXT_POINTS_MAX),
    workers,
    sourceIps: sourcesIn(raw.sourceIps, target, size.connections),
    loadPass: raw.pass,
    // Of its own for every run: two runs of one seed at one time would meet each other.
    seed: raw.seed === undefined ? nowMs % SEEDS : wholeIn("--seed", raw.seed, 0, SEEDS - 1),
    hook: hookIn(name, scenario, raw.hook),
    thresholds,
    agents: raw.agents === undefined ? undefined : agentsIn(raw.agents),
  };
  return { ...plan, region: regionFor(raw, plan, nowMs) };
}

function targetIn(text: string | undefined): string {
  if (text === undefined) throw new UsageFault("say what to aim at: --target http://127.0.0.1:8787");
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new UsageFault(`--target ${shown(text)} is no web address: write http://127.0.0.1:8787 or https://host`);
  if (url.username !== "" || url.password !== "")
    throw new UsageFault("--target takes no user and password: write the address alone, a load pass goes into --pass");
  if (url.pathname !== "/" || url.search !== "" || url.hash !== "")
    throw new UsageFault(`--target takes no path: write ${url.origin}`);
  return url.origin;
}

/** Whether a target is this machine by its loopback, where nobody else can be hurt. */
export function isLoopback(target: string): boolean {
  const { hostname } = new URL(target);
  return hostname === "localhost" || hostname === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

function tierIn(text: string): TierName {
  if (isTier(text)) return text;
  throw new UsageFault(`there is no tier ${shown(text)}: write one of ${TIER_NAMES.join(", ")}`);
}

type Size = Pick<Plan, "connections" | "rampMs" | "holdMs" | "chatShare" | "matchTimeoutMs" | "cutShare"> & {
  readonly couples: number;
};

/** How many, how long: what was written, else the tier's, else the scenario's own. */
function sizeOf(scenario: Scenario, raw: RawOptions, tierName: TierName | undefined): Size {
  const tier = tierName === undefined || scenario.shape === undefined ? undefined : TIERS[tierName];
  const base = {
    ...scenario.defaults,
    ...(tier === undefined || scenario.shape === undefined ? {} : tier[scenario.shape]),
    ...(tier === undefined ? {} : { connections: tier.connections }),
  };
  const given = <T>(text: string | undefined, otherwise: T, read: (text: string) => T): T =>
    text === undefined ? otherwise : read(text);
  const connections = given(raw.connections, base.connections, (text) =>
    wholeIn("--connections", text, 1, CONNECTIONS_MAX),
  );
  const chatShare = given(raw.chatShare, base.chatShare, (text) => decimalIn("--chat-share", text, 0, 1));
  const couples = Math.floor((connections * chatShare) / 2);
  if (chatShare > 0 && couples === 0)
    throw new UsageFault(
      `--connections ${connections} of whom a share of ${chatShare} chats makes no couple: ` +
        `write --connections ${Math.ceil(2 / chatShare)} or more`,
    );
  return {
    connections,
    chatShare,
    couples,
    rampMs: given(raw.ramp, base.rampMs, (text) => timeIn("--ramp", text, 0, DAY_MS)),
    holdMs: given(raw.hold, Math.max(base.holdMs, scenario.holdMsLeast ?? 0), (text) =>
      timeIn("--hold", text, 1_000, 14 * DAY_MS),
    ),
    matchTimeoutMs: given(raw.matchTimeout, base.matchTimeoutMs, (text) =>
      timeIn("--match-timeout", text, 1_000, 3_600_000),
    ),
    cutShare: given(raw.cut, base.cutShare, (text) => decimalIn("--cut", text, 0.001, 1)),
  };
}

function workersIn(text: string | undefined, connections: number, couples: number): number {
  const least = workersFor(connections);
  const workers = text === undefined ? least : wholeIn("--workers", text, 1, WORKERS_MAX);
  if (workers < least)
    throw new UsageFault(
      `--workers ${workers} would hold ${Math.ceil(connections / workers)} sockets each, more than ` +
        `${SOCKETS_PER_WORKER_MAX}: write --workers ${least} or more`,
    );
  const most = Math.max(1, couples > 0 ? couples : connections);
  if (workers > most)
    throw new UsageFault(
      `--workers ${workers} are too many, for a couple lives in one process: write --workers ${most} or fewer`,
    );
  return workers;
}

function textEveryIn(rate: string | undefined, talkers: number): number {
  if (rate === undefined) return TEXT_EVERY_MS;
  const perSecond = decimalIn("--rate", rate, 0.001, 100_000_000);
  if (talkers === 0) throw new UsageFault("--rate is for texts, and nobody chats: write a --chat-share as well");
  const everyMs = (talkers / perSecond) * 1_000;
  if (everyMs < TEXT_EVERY_MS_LEAST)
    throw new UsageFault(
      `--rate ${rate} is a text every ${everyMs.toFixed(3)} ms from each of ${talkers} people: ` +
        `write --rate ${(talkers * 1_000) / TEXT_EVERY_MS_LEAST} or less, or more --connections`,
    );
  return everyMs;
}

function sourcesIn(text: string | undefined, target: string, connections: number): readonly string[] {
  if (text === undefined) return isLoopback(target) ? loopbackSources(sourcesFor(connections)) : [];
  const sources = sourceAddressesIn(text);
  if (sources.length * SOCKETS_PER_SOURCE_MAX < connections)
    throw new UsageFault(
      `--source-ips has room for ${sources.length * SOCKETS_PER_SOURCE_MAX} sockets ` +
        `(${SOCKETS_PER_SOURCE_MAX} each): write ${sourcesFor(connections)} addresses, or fewer --connections`,
    );
  return sources;
}

/** The addresses of `--source-ips`, by comma. */
export function sourceAddressesIn(text: string): readonly string[] {
  const sources = text.split(",").map((one) => one.trim());
  const wrong = sources.find((one) => isIP(one) === 0);
  if (wrong !== undefined)
    throw new UsageFault(`--source-ips ${shown(wrong)} is no IP address: write such as 127.0.0.1,127.0.0.2`);
  if (new Set(sources).size !== sources.length)
    throw new UsageFault("--source-ips names an address twice: write each once");
  return sources;
}

function regionFor({ region, pass }: RawOptions, plan: Plan, nowMs: number): string | undefined {
  if (region !== undefined && !isRegionName(region))
    throw new UsageFault(`--region ${shown(region)} is no region's name: write such as eu-west`);
  if (pass !== undefined)
    return regionOfPass(pass, { region, sessions: sessionsOf(plan), runMs: plan.rampMs + plan.holdMs, nowMs });
  if (!isLoopback(plan.target))
    throw new UsageFault(
      "a target that is not loopback needs a load pass: write --pass <file>, made by npm run loadtest:token",
    );
  return region;
}

function hookIn(name: ScenarioName, scenario: Scenario, hook: string | undefined): string | undefined {
  if (!scenario.hooked) return undefined;
  if (hook === undefined || hook.trim() === "")
    throw new UsageFault(`${name} does nothing by itself: write --hook '<what to do to the servers>'`);
  return hook;
}

function agentsIn(text: string): string {
  const isNats = URL.canParse(text) && /^(?:nats|tls):$/.test(new URL(text).protocol);
  if (!isNats) throw new UsageFault("--agents takes the address of a NATS server: write nats://host:4222");
  return text;
}

/** The port for Prometheus, 0 for any; `undefined` when none is wanted. */
export const readMetricsPort = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : wholeIn("--metrics-port", text, 0, 65_535);
