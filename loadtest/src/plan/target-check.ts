import type { Plan } from "./plan.ts";
import { nearestName } from "./quantities.ts";
import { UsageFault } from "./usage-fault.ts";

const ANSWER_MS = 5_000;
const ANSWER_CHARS_MAX = 1_000_000;

/** What the target tells before any socket opens. */
export type Target = {
  readonly regions: readonly string[];
  /** Ops ports that it names (in development alone), as URLs. */
  readonly ops: readonly string[];
  /** Free places, of the region if one is pinned. */
  readonly free: number;
};

/** Gets a JSON answer of a target; the rim of the check. Throws a UsageFault when there is none. */
export type Asking = (url: string) => Promise<unknown>;

/**
 * Asks a target who it is, and refuses one that is down, is none of ours, or has not what the plan wants. `ask` is a
 * seam for tests.
 */
export async function checkTarget(
  plan: Pick<Plan, "target" | "region" | "connections" | "scenario">,
  ask: Asking = askOverHttp,
): Promise<Target> {
  const { target } = plan;
  if (!isHealth(await ask(`${target}/healthz`))) throw new UsageFault(notOurs(target));
  const lines = regionLines(await ask(`${target}/v1/regions`));
  if (lines === undefined) throw new UsageFault(notOurs(target));
  const regions = lines.map(({ region }) => region);
  if (regions.length === 0) throw new UsageFault(`${target} has no region that is up: start a pool first`);
  const wanted = plan.region === undefined ? lines : lines.filter(({ region }) => region === plan.region);
  if (wanted.length === 0) throw new UsageFault(unknownRegion(plan.region ?? "", regions));
  const usable = wanted.filter(({ state }) => state === "up" || state === "full");
  if (usable.length === 0)
    throw new UsageFault(
      `${wanted.map(({ region, state }) => `${region} is ${state}`).join(", ")}: wait until it is up`,
    );
  const free = usable.reduce((sum, line) => sum + line.free, 0);
  if (free < plan.connections)
    throw new UsageFault(
      `${target} has ${free} free places${plan.region === undefined ? "" : ` in ${plan.region}`} for ` +
        `${plan.connections} sockets: write --connections ${free} or fewer, or add shards there`,
    );
  return { regions, ops: lines.flatMap(({ ops }) => ops), free };
}

const notOurs = (target: string): string =>
  `${target} answers, but is no Whisper edge: write the address that npm start prints`;

function unknownRegion(region: string, regions: readonly string[]): string {
  const near = nearestName(region, regions);
  return `the target has no region ${region}: write --region ${near ?? regions.join(" or ")}`;
}

async function askOverHttp(url: string): Promise<unknown> {
  const { origin } = new URL(url);
  let answer: Response;
  try {
    answer = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS), redirect: "manual" });
  } catch (error) {
    throw new UsageFault(`${origin} does not answer: start it (npm start), or write another --target`, {
      cause: error,
    });
  }
  const text = await answer.text().catch(() => "");
  if (!answer.ok) throw new UsageFault(refused(origin, url, answer.status, text));
  try {
    return text.length > ANSWER_CHARS_MAX ? undefined : JSON.parse(text);
  } catch {
    return undefined; // not JSON, so none of ours: the caller says so
  }
}

/** An edge whose directory is away says so itself; anything else that refuses these two routes is none of ours. */
function refused(origin: string, url: string, status: number, text: string): string {
  if (status === 503 && text.includes('"error"'))
    return `${origin} knows of no pools (${new URL(url).pathname} says 503): wait until its directory is there`;
  return notOurs(origin);
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isHealth = (raw: unknown): boolean => isRecord(raw) && raw.status === "ok" && typeof raw.pools === "number";

type Line = { readonly region: string; readonly state: string; readonly free: number; readonly ops: readonly string[] };

function regionLines(raw: unknown): readonly Line[] | undefined {
  if (!isRecord(raw) || !Array.isArray(raw.regions)) return undefined;
  const lines = raw.regions.map(lineOf);
  return lines.every((line) => line !== undefined) ? lines : undefined;
}

function lineOf(raw: unknown): Line | undefined {
  if (!isRecord(raw)) return undefined;
  const { region, state, free, ports } = raw;
  if (typeof region !== "string" || typeof state !== "string" || typeof free !== "number") return undefined;
  const ops = (Array.isArray(ports) ? ports : []).flatMap((port: unknown) =>
    isRecord(port) && typeof port.ops === "string" ? [port.ops] : [],
  );
  return { region, state, free, ops };
}
