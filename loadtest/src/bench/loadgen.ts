import { relative } from "node:path";
import { systemClock } from "@whisper/shared/base/clock";
import type { Plan, WorkerTick } from "../plan/plan.ts";
import { bundleWorker } from "../run/bundle-worker.ts";
import { type Measured, median } from "./lines.ts";
import { askNumber, type Helper, pause, ROOT, startHelper } from "./processes.ts";
import { startRelay, startShard } from "./shard-place.ts";
import { type SmallEdge, startSmallEdge } from "./small-edge.ts";
import { planOf } from "./small-plan.ts";
import { REGION, type SmallWorld, startSmallWorld } from "./small-world.ts";

/** As many as one worker holds. */
const SOCKETS = 15_000;
const RAMP_MS = 15_000;
/** `ws` clients cost many times as much; fewer tell as well. */
const BASELINE_SOCKETS = 5_000;
const SETTLE_MS = 1_500;
const WAIT_MS_MAX = 60_000;
const LOOK_MS = 250;
const PEOPLE = 600;
const TEXT_EVERY_MS = 40;
const TALK_RAMP_MS = 2_000;
const WARM_MS = 2_000;
const WINDOW_MS = 5_000;
const ROUNDS = 3;
const HELD_MS = 600_000;

type Place = { readonly world: SmallWorld; readonly edge: SmallEdge; readonly crew: Helper; stop(): Promise<void> };

async function startPlace(): Promise<Place> {
  const world = await startSmallWorld();
  const edge = await startSmallEdge(REGION, world.key, world.shards);
  const file = await bundleWorker("loadtest/src/bench/crew-process.ts");
  const crew = await startHelper("the people", relative(ROOT, file));
  return {
    world,
    edge,
    crew,
    async stop() {
      await crew.stop();
      edge.close();
      await world.stop();
    },
  };
}

async function begin({ crew, edge }: Place, given: Partial<Plan>): Promise<void> {
  await crew.ask("begin", { plan: planOf(edge.url, given), startAtMs: systemClock.nowMs() });
}

/** Waits until as many as that are there, or chat; rejects when they never are. */
async function until(crew: Helper, gauge: "sockets" | "chatting", count: number): Promise<void> {
  const end = performance.now() + WAIT_MS_MAX;
  for (;;) {
    const { gauges, examples } = (await crew.ask("tick")) as WorkerTick;
    if (gauges[gauge] >= count) return;
    if (performance.now() > end) throw new Error(`only ${gauges[gauge]} of ${count} came: ${examples.join("; ")}`);
    await pause(LOOK_MS);
  }
}

/** Memory of a whole worker, its base included, per idle socket. */
async function bytesPerSocket(): Promise<number> {
  const place = await startPlace();
  await begin(place, { scenario: "connect", chatShare: 0, connections: SOCKETS, rampMs: RAMP_MS, holdMs: HELD_MS });
  await until(place.crew, "sockets", SOCKETS);
  await pause(SETTLE_MS);
  const bytes = await askNumber(place.crew, "memory_bytes");
  await place.stop();
  return bytes / SOCKETS;
}

async function wsBytesPerSocket(): Promise<number> {
  const relay = await startRelay();
  const file = await bundleWorker("loadtest/src/bench/ws-clients-process.ts");
  const clients = await startHelper("clients of ws", relative(ROOT, file));
  await clients.ask("open", { url: `ws://127.0.0.1:${relay.server.ready.port}`, count: BASELINE_SOCKETS });
  await pause(SETTLE_MS);
  const bytes = await askNumber(clients, "memory_bytes");
  await clients.stop();
  await relay.stop();
  return bytes / BASELINE_SOCKETS;
}

/** `loadgen.bytes_per_socket`: a worker's user memory per idle socket, its process's base included, beside `ws`. */
export async function measureSocketBytes(say: (line: string) => void): Promise<Measured> {
  const value = await bytesPerSocket();
  const baseline = await wsBytesPerSocket();
  say(`generator: ${value.toFixed(0)} bytes a socket, clients of ws ${baseline.toFixed(0)}`);
  const name = `ws clients, ${BASELINE_SOCKETS} of them, bytes/socket`;
  return { name: "loadgen.bytes_per_socket", value, baseline: { name, value: baseline } };
}

type Reading = { readonly texts: number; readonly cpuUs: number };

/** Texts that arrive and are checked in one window, per CPU-second of the generator. */
async function perCpuS(read: () => Promise<Reading>): Promise<number> {
  const before = await read();
  await pause(WINDOW_MS);
  const after = await read();
  return ((after.texts - before.texts) * 1e6) / (after.cpuUs - before.cpuUs);
}

async function crewTextsPerCpuS(): Promise<number> {
  const place = await startPlace();
  const { crew } = place;
  const talk = { rampMs: TALK_RAMP_MS, holdMs: HELD_MS, textEveryMs: TEXT_EVERY_MS };
  await begin(place, { scenario: "drain", connections: PEOPLE, ...talk });
  await until(crew, "chatting", PEOPLE);
  await pause(WARM_MS);
  let texts = 0;
  const read = async (): Promise<Reading> => {
    const { counts } = (await crew.ask("tick")) as WorkerTick;
    const { lost, doubled, reordered, foreign, errors, textsDelivered } = counts;
    if (lost + doubled + reordered + foreign + errors > 0) throw new Error("texts went wrong while they were measured");
    texts += textsDelivered;
    return { texts, cpuUs: await askNumber(crew, "cpu_us") };
  };
  const value = await perCpuS(read);
  await place.stop();
  return value;
}

async function plainTextsPerCpuS(): Promise<number> {
  const { crowd, stop } = await startShard();
  await crowd.ask("sign", PEOPLE);
  await crowd.ask("open", PEOPLE);
  await crowd.ask("pair");
  await crowd.ask("talk", true);
  await pause(WARM_MS);
  const read = async (): Promise<Reading> => {
    const counts = (await crowd.ask("counts")) as { readonly delivered: number; readonly cpuUs: number };
    return { texts: counts.delivered, cpuUs: counts.cpuUs };
  };
  const value = await perCpuS(read);
  await crowd.ask("quiet");
  await stop();
  return value;
}

/** `loadgen.texts_per_cpu_s`: texts that are sent, received and checked, per CPU-second of a worker. */
export async function measureCheckedTexts(say: (line: string) => void): Promise<Measured> {
  const [ours, plain]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    ours.push(await crewTextsPerCpuS());
    plain.push(await plainTextsPerCpuS());
    say(`generator: ${ours.at(-1)?.toFixed(0)} checked texts a CPU-second, plain ${plain.at(-1)?.toFixed(0)}`);
  }
  const baseline = { name: "closed loop that looks at numbers alone, texts/cpu_s", value: median(plain) };
  return { name: "loadgen.texts_per_cpu_s", value: median(ours), baseline };
}
