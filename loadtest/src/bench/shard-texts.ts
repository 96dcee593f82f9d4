import type { TalkCounts } from "../engine/talk.ts";
import type { Run } from "./groups.ts";
import { type Measured, median } from "./lines.ts";
import { askNumber, type Helper, pause } from "./processes.ts";
import type { HotSpot, Profile } from "./profile.ts";
import { type Side, startRelay, startShard } from "./shard-place.ts";

const PAIRS = 1_000;
const ROUNDS = 3;
const WARM_MS = 1_000;
const WINDOW_MS = 3_000;

/** Who is measured, and who drives them. */
export type TalkPlace = { readonly name: string; readonly servers: readonly Helper[]; readonly crowd: Helper };
type Window = {
  readonly perCpuS: number;
  readonly perS: number;
  readonly serverCpu: number;
  readonly crowdCpu: number;
};
const placeOf = ({ server, crowd }: Side): TalkPlace => ({ name: server.name, servers: [server], crowd });

type Counts = TalkCounts & { readonly cpuUs: number };
type Quiet = TalkCounts & { readonly missing: number; readonly oddType: string };

/** Brings everybody in, and together. */
export async function people({ crowd }: Pick<TalkPlace, "crowd">): Promise<void> {
  await crowd.ask("sign", 2 * PAIRS);
  await crowd.ask("open", 2 * PAIRS);
  await crowd.ask("pair");
}

/** What was read at one moment of all processes. */
async function reading({ servers, crowd }: TalkPlace) {
  const [counts, ...cpusUs] = await Promise.all([
    crowd.ask("counts") as Promise<Counts>,
    ...servers.map((server) => askNumber(server, "cpu_us")),
  ]);
  return { cpuUs: cpusUs.reduce((sum, one) => sum + one, 0), counts, atMs: performance.now() };
}

/** Waits for what is under way; rejects when a text was lost or doubled, or anything but a text came. */
export async function endOfTalk({ name, crowd }: TalkPlace): Promise<Quiet> {
  const end = (await crowd.ask("quiet")) as Quiet;
  const { doubled, lost, missing, unexpected, oddType } = end;
  if (doubled + lost + missing + unexpected > 0)
    throw new Error(
      `${name}: ${lost} texts lost, ${missing} missing, ${doubled} doubled, ${unexpected} odd frames ${oddType}`,
    );
  return end;
}

/** One window of talk; rejects when a text was lost, doubled or answered with anything but a text. */
export async function talk(
  side: TalkPlace,
  receipts: boolean,
  within: () => Promise<void> = () => pause(WINDOW_MS),
): Promise<Window> {
  await side.crowd.ask("talk", receipts);
  await pause(WARM_MS);
  const from = await reading(side);
  await within();
  const to = await reading(side);
  const end = await endOfTalk(side);
  if (receipts && end.confirmed === 0) throw new Error(`${side.name}: no receipt arrived`);
  const delivered = to.counts.delivered - from.counts.delivered;
  const serverS = (to.cpuUs - from.cpuUs) / 1e6;
  const wallS = (to.atMs - from.atMs) / 1e3;
  return {
    perCpuS: delivered / serverS,
    perS: delivered / wallS,
    serverCpu: serverS / wallS,
    crowdCpu: (to.counts.cpuUs - from.counts.cpuUs) / 1e6 / wallS,
  };
}

export const shown = ({ perCpuS, perS, serverCpu, crowdCpu }: Window): string =>
  `${perCpuS.toFixed(0)} texts/CPU-s (${perS.toFixed(0)}/s; ` +
  `CPU ${serverCpu.toFixed(2)}, generator ${crowdCpu.toFixed(2)})`;

/** A B A B A B, so that whatever else the machine does meets both. */
async function sideBySide(relay: Side, shard: Side, receipts: boolean, say: (line: string) => void) {
  const [bare, ours]: [number[], number[]] = [[], []];
  const what = receipts ? "texts with receipts" : "texts";
  for (let round = 0; round < ROUNDS; round++) {
    const a = await talk(placeOf(relay), receipts);
    say(`${what}: relay ${shown(a)}`);
    const b = await talk(placeOf(shard), receipts);
    say(`${what}: shard ${shown(b)}`);
    bare.push(a.perCpuS);
    ours.push(b.perCpuS);
  }
  return { value: median(ours), baseline: { name: "bare uWebSockets.js relay, texts/cpu_s", value: median(bare) } };
}

/** One window more, under the profiler. */
async function profiled(shard: Side, receipts: boolean, title: string): Promise<Profile> {
  let spots: unknown;
  await talk(placeOf(shard), receipts, async () => {
    await shard.server.ask("profile_start");
    await pause(WINDOW_MS);
    spots = await shard.server.ask("profile_stop");
  });
  return { title, spots: spots as readonly HotSpot[] };
}

/** Texts of 64 characters per CPU-second of one shard, without and with receipts, beside a bare relay. */
export async function measureTexts({ say, profiles }: Run): Promise<readonly Measured[]> {
  const [relay, shard] = [await startRelay(), await startShard()];
  await Promise.all([people(relay), people(shard)]);
  say(`texts: ${PAIRS} chats on the shard, and as many on the relay`);
  const plain = await sideBySide(relay, shard, false, say);
  const receipts = await sideBySide(relay, shard, true, say);
  profiles?.push(await profiled(shard, false, "texts"), await profiled(shard, true, "texts with receipts"));
  await Promise.all([relay.stop(), shard.stop()]);
  return [
    { name: "shard.texts_per_cpu_s", ...plain },
    { name: "shard.texts_with_receipts_per_cpu_s", ...receipts },
  ];
}
