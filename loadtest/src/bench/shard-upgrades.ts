import type { Run } from "./groups.ts";
import { type Measured, median } from "./lines.ts";
import { askNumber } from "./processes.ts";
import type { HotSpot } from "./profile.ts";
import { type Side, startRelay, startShard } from "./shard-place.ts";

const SOCKETS = 4_000;
const ROUNDS = 3;

type Round = { readonly perCpuS: number; readonly perS: number };

/** Opens, counts what it cost the server until the last was in, and leaves. */
async function round({ server, crowd }: Side): Promise<Round> {
  await crowd.ask("sign", SOCKETS);
  const [fromUs, fromMs] = [await askNumber(server, "cpu_us"), performance.now()];
  await crowd.ask("open", SOCKETS);
  const [toUs, toMs] = [await askNumber(server, "cpu_us"), performance.now()];
  await crowd.ask("leave");
  return { perCpuS: (SOCKETS * 1e6) / (toUs - fromUs), perS: (SOCKETS * 1e3) / (toMs - fromMs) };
}

const shown = ({ perCpuS, perS }: Round): string => `${perCpuS.toFixed(0)} upgrades/CPU-s (${perS.toFixed(0)}/s)`;

/**
 * Admitted upgrades per CPU-second of one shard (ticket verified, admitted by a clerk, greeted), beside the bare
 * library's.
 */
export async function measureUpgrades({ say, profiles }: Run): Promise<Measured> {
  const [relay, shard] = [await startRelay(), await startShard()];
  say("upgrades: the shard's process alone is counted; bus, clerk and records are in others");
  await Promise.all([round(relay), round(shard)]); // both have run their code once
  const [bare, ours]: [number[], number[]] = [[], []];
  for (let i = 0; i < ROUNDS; i++) {
    const a = await round(relay);
    say(`upgrades: bare ${shown(a)}`);
    const b = await round(shard);
    say(`upgrades: shard ${shown(b)}`);
    bare.push(a.perCpuS);
    ours.push(b.perCpuS);
  }
  if (profiles !== undefined) {
    await shard.server.ask("profile_start");
    await round(shard);
    const spots = (await shard.server.ask("profile_stop")) as readonly HotSpot[];
    profiles.push({ title: "upgrades (and as many goodbyes)", spots });
  }
  await Promise.all([relay.stop(), shard.stop()]);
  const baseline = { name: "bare uWebSockets.js, upgrades/cpu_s", value: median(bare) };
  return { name: "shard.upgrades_per_cpu_s", value: median(ours), baseline };
}
