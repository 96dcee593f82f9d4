import type { Latencies } from "../engine/open-loop.ts";
import type { Run } from "./groups.ts";
import { type Measured, median } from "./lines.ts";
import { askNumber, type Helper, pause, startHelper } from "./processes.ts";
import type { HotSpot } from "./profile.ts";
import { type RegionPlace, startRegionPlace } from "./region-place.ts";
import { endOfTalk, people, shown, type TalkPlace, talk } from "./shard-texts.ts";

const ROUNDS = 3;
const WARM_MS = 1_000;
const WINDOW_MS = 3_000;
/** As many texts are in the air in each direction as there are people on a side. */
const UNDER_WAY = 1_000;
/** The share of what the place can carry at which latency is measured. */
const LOAD = 0.7;
const PACED_WARM_MS = 1_000;
const PACED_MS = 4_000;
/** How late the generator may write (p99): later, and it is the machine that is measured. */
const WRITTEN_LATE_MS_MAX = 4;
const PACED_TRIES = 8;

type BareBus = { perCpuS(): Promise<number>; stop(): Promise<void> };

/** Two processes that throw payloads to each other over the bus of the place, and nothing else. */
async function startBareBus(natsUrl: string): Promise<BareBus> {
  const start = (mine: string, theirs: string): Promise<Helper> =>
    startHelper("the bare bus", "pool/bench/bus-relay-process.ts", { natsUrl, mine, theirs, underWay: UNDER_WAY });
  const sides = [await start("bench.a", "bench.b"), await start("bench.b", "bench.a")];
  const sum = async (what: string): Promise<number> => {
    const all = await Promise.all(sides.map((side) => askNumber(side, what)));
    return all.reduce((one, other) => one + other, 0);
  };
  return {
    async perCpuS() {
      await Promise.all(sides.map((side) => side.ask("start")));
      await pause(WARM_MS);
      const [fromUs, from] = [await sum("cpu_us"), await sum("heard")];
      await pause(WINDOW_MS);
      const [toUs, to] = [await sum("cpu_us"), await sum("heard")];
      await Promise.all(sides.map((side) => side.ask("stop_texts")));
      return ((to - from) * 1e6) / (toUs - fromUs);
    },
    stop: async () => {
      await Promise.all(sides.map((side) => side.stop()));
    },
  };
}

/**
 * Texts of one direction and the other at 70 % of what was carried a moment ago, each at its moment; every one is
 * checked.
 */
async function paced(place: TalkPlace, say: (line: string) => void): Promise<Latencies> {
  const { perS } = await talk(place, true);
  await place.crowd.ask("pace", { perS: perS * LOAD, receipts: true, fromMs: PACED_WARM_MS });
  await pause(PACED_WARM_MS + PACED_MS);
  await endOfTalk(place);
  const found = (await place.crowd.ask("latencies")) as Latencies;
  if (found.count === 0) throw new Error(`${place.name}: no text of the window arrived`);
  const { p50Ms, p99Ms, maxMs, writtenP99Ms } = found;
  const times = [p50Ms, p99Ms, maxMs].map((ms) => ms.toFixed(2)).join(", ");
  say(
    `${place.name}: at ${(perS * LOAD).toFixed(0)}/s p50, p99, most ${times} ms; ` +
      `the generator was late by ${writtenP99Ms.toFixed(2)} ms (p99)`,
  );
  return found;
}

type Pair = { readonly p50Ms: number; readonly p99Ms: number };

/** The medians of three rounds in which the generator was on time; rejects when the machine has no such moment. */
async function latency(place: TalkPlace, say: (line: string) => void): Promise<Pair> {
  const rounds: Latencies[] = [];
  for (let tries = 0; tries < PACED_TRIES && rounds.length < ROUNDS; tries++) {
    const round = await paced(place, say);
    if (round.writtenP99Ms <= WRITTEN_LATE_MS_MAX) rounds.push(round);
  }
  if (rounds.length < ROUNDS) throw new Error(`${place.name}: the generator was late, for this machine is busy`);
  return { p50Ms: median(rounds.map(({ p50Ms }) => p50Ms)), p99Ms: median(rounds.map(({ p99Ms }) => p99Ms)) };
}

async function profiled({ cross }: RegionPlace): Promise<readonly HotSpot[]> {
  const [shard] = cross.servers;
  let spots: unknown = [];
  await talk(cross, true, async () => {
    await shard?.ask("profile_start");
    await pause(WINDOW_MS);
    spots = await shard?.ask("profile_stop");
  });
  return spots as readonly HotSpot[];
}

/** Texts across pools with receipts per CPU-second of both shards, beside the bus alone. */
export async function measureCrossTexts({ say, profiles }: Run): Promise<readonly Measured[]> {
  const place = await startRegionPlace();
  const bus = await startBareBus(place.natsUrl);
  const { cross } = place;
  await people(cross);
  const [ours, bare]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    bare.push(await bus.perCpuS());
    say(`the bus alone: ${bare.at(-1)?.toFixed(0)} payloads/CPU-s`);
    const natsFromUs = place.natsCpuUs();
    const across = await talk(cross, true);
    const natsS = (place.natsCpuUs() - natsFromUs) / 1e6;
    say(`${cross.name}: ${shown(across)}; nats-server ${natsS.toFixed(2)} CPU-s; Redis has no part in it`);
    ours.push(across.perCpuS);
  }
  profiles?.push({ title: "texts across pools, one of the two shards", spots: await profiled(place) });
  await bus.stop();
  await place.stop();
  const baseline = { name: "the bus from Node alone, 250-byte payloads/cpu_s", value: median(bare) };
  return [{ name: "region.cross_texts_per_cpu_s", value: median(ours), baseline }];
}

/**
 * How long texts take at 70 % of what this machine carries with its generator on it, in one pool and across, beside the
 * median.
 */
export async function measureLatency({ say }: Run): Promise<readonly Measured[]> {
  const place = await startRegionPlace();
  const { same, cross } = place;
  await people(same);
  await people(cross);
  const inOne = await latency(same, say);
  const inTwo = await latency(cross, say);
  await place.stop();
  const p50 = ({ p50Ms }: Pair) => ({ name: "p50 in the same run, ms", value: p50Ms });
  return [
    { name: "region.same_p99_ms", value: inOne.p99Ms, baseline: p50(inOne) },
    { name: "region.cross_p99_ms", value: inTwo.p99Ms, baseline: p50(inTwo) },
  ];
}
