import { Agent, request } from "node:http";
import { DIRECTORY_FRESH_MS } from "@whisper/shared/limits";
import { type EdgePlace, startEdge } from "./edge-place.ts";
import type { Run } from "./groups.ts";
import { type Measured, median } from "./lines.ts";
import { askNumber, pause } from "./processes.ts";

const ROUNDS = 3;
const REQUESTS = 2_000;
const WARM_REQUESTS = 1_000;
const AT_ONCE = 8;
/** A path that no route knows: the Worker answers 404 and has done nothing. */
const EMPTY = { method: "GET", path: "/v1/none", status: 404 } as const;
const CONNECT = { method: "POST", path: "/v1/connect", status: 200 } as const;
/** How long a copy that was just refreshed is asked, well before it is stale. */
const BURST_MS = DIRECTORY_FRESH_MS - 800;
const REFRESH_MS_MAX = 10_000;
const LOOK_MS = 50;

type Shot = { readonly method: string; readonly path: string; readonly status: number };

/** One request over a kept connection; rejects for another status than the expected one. */
function shoot(url: string, agent: Agent, { method, path, status }: Shot): Promise<void> {
  return new Promise((resolve, reject) => {
    const asked = request(new URL(path, url), { method, agent, headers: { "content-type": "application/json" } });
    asked.on("response", (answer) => {
      answer.resume();
      answer.on("error", reject);
      answer.on("end", () => {
        if (answer.statusCode === status) resolve();
        else reject(new Error(`${method} ${path} was answered ${answer.statusCode}, not ${status}`));
      });
    });
    asked.on("error", reject);
    asked.end(method === "POST" ? "{}" : undefined);
  });
}

/** Many requests, a few at once, for as long as `more` says so. */
async function shootAll(url: string, shot: Shot, more: () => boolean): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  const lane = async (): Promise<void> => {
    while (more()) await shoot(url, agent, shot);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  agent.destroy();
}

const times = (count: number): (() => boolean) => {
  let left = count;
  return () => left-- > 0;
};

async function perCpuS({ url, cpuUs }: EdgePlace, shot: Shot): Promise<number> {
  const fromUs = cpuUs();
  await shootAll(url, shot, times(REQUESTS));
  return (REQUESTS * 1e6) / (cpuUs() - fromUs);
}

/**
 * Upstash calls while connects arrive at an isolate whose copy was refreshed just now, and how many connects those
 * were.
 */
async function callsWhileFresh({ url, directory }: EdgePlace): Promise<{ calls: number; connects: number }> {
  const calls = (): Promise<number> => askNumber(directory, "requests");
  const before = await calls();
  const until = performance.now() + REFRESH_MS_MAX;
  while ((await calls()) === before) {
    if (performance.now() > until) throw new Error("the edge never refreshed its copy of the directory");
    await shootAll(url, CONNECT, times(1));
    await pause(LOOK_MS);
  }
  const from = await calls();
  let connects = 0;
  const end = performance.now() + BURST_MS;
  await shootAll(url, CONNECT, () => performance.now() < end && ++connects > 0);
  return { calls: (await calls()) - from, connects };
}

/**
 * Connects per CPU-second of the user's workerd beside an empty route of the same Worker, and Upstash calls on a warm
 * isolate.
 */
export async function measureEdge({ say, env }: Run): Promise<readonly Measured[]> {
  const edge = await startEdge(env);
  try {
    for (const shot of [EMPTY, CONNECT]) await shootAll(edge.url, shot, times(WARM_REQUESTS));
    const [empty, connects]: [number[], number[]] = [[], []];
    const callsFrom = await askNumber(edge.directory, "requests");
    for (let round = 0; round < ROUNDS; round++) {
      empty.push(await perCpuS(edge, EMPTY));
      connects.push(await perCpuS(edge, CONNECT));
      say(`edge: empty route ${empty.at(-1)?.toFixed(0)}/CPU-s, connect ${connects.at(-1)?.toFixed(0)}/CPU-s`);
    }
    const refreshes = (await askNumber(edge.directory, "requests")) - callsFrom;
    const [value, bare] = [median(connects), median(empty)];
    say(`edge: a connect costs ${(1e3 / value - 1e3 / bare).toFixed(3)} ms of workerd's CPU above the empty route`);
    const fresh = await callsWhileFresh(edge);
    say(`edge: ${fresh.calls} Upstash calls during ${fresh.connects} connects on a fresh copy`);
    say(`edge: ${refreshes} refreshes behind ${ROUNDS * REQUESTS} connects in the windows before`);
    const whole = { name: `refreshes behind ${ROUNDS * REQUESTS} connects, calls`, value: refreshes };
    return [
      { name: "edge.connects_per_cpu_s", value, baseline: { name: "empty route, requests/cpu_s", value: bare } },
      { name: "edge.upstash_calls_warm", value: fresh.calls, baseline: whole },
    ];
  } finally {
    await edge.stop();
  }
}
