import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RegionName } from "@whisper/shared/base/ids";
import { connect } from "nats";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openJetstreamReports, reportStream } from "../src/adapters/nats/jetstream-reports.ts";
import { openNatsBus } from "../src/adapters/nats/nats-bus.ts";
import type { Bus } from "../src/ports.ts";
import { planBuses, type RegionServers, startRegionServers } from "../world/real-region.ts";
import { reportNo } from "./contract/reports.contract.ts";
import { until } from "./support/until.ts";

const REGIONS = ["eu-west", "us-east"] as RegionName[];
const [HERE, THERE] = REGIONS as [RegionName, RegionName];
let scratch: string;
let regions: readonly RegionServers[] = [];
const ignore = (): void => undefined;

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "whisper-cluster-"));
  const buses = await planBuses({ regions: REGIONS, natsServers: 3 }, "127.0.0.1");
  regions = await Promise.all(
    REGIONS.map((region, at) => startRegionServers(region, buses[at] ?? {}, scratch, () => {})),
  );
}, 60_000);
afterAll(async () => {
  await Promise.all(regions.map((servers) => servers.stop()));
  await rm(scratch, { recursive: true, force: true });
});

const urlsOf = (region: RegionName): string => regions.find((one) => one.region === region)?.natsUrl ?? "";
const natsOf = (region: RegionName) =>
  (regions.find((one) => one.region === region)?.mortals ?? []).filter(({ kind }) => kind === "nats");

/** Who has a region's stream, as its servers tell it. */
async function streamOf(region: RegionName) {
  const nats = await connect({ servers: urlsOf(region).split(",") });
  try {
    return (await (await nats.jetstreamManager()).streams.info(reportStream(region))).cluster;
  } finally {
    await nats.close();
  }
}

/** The server that leads a region's stream; its name ends with its number, from 1 up. */
async function leaderOf(region: RegionName) {
  const { leader = "" } = (await streamOf(region)) ?? {};
  const first = region === HERE ? 1 : 4;
  return natsOf(region)[Number(leader.split("-").at(-1)) - first];
}

/** Two who talk over the bus; `hears` resolves once a payload has come all the way. */
async function ends(from: RegionName, to: RegionName, subject: string) {
  const [a, b] = await Promise.all([openNatsBus(urlsOf(from), ignore), openNatsBus(urlsOf(to), ignore)]);
  let heard = 0;
  b.listen(subject, () => void heard++);
  const hears = async (): Promise<void> => {
    const before = heard;
    await until(`${to} hears ${from}`, () => {
      a.publish(subject, Uint8Array.of(1));
      return heard > before;
    });
  };
  const close = async (): Promise<void> => {
    await Promise.all([a, b].map((bus: Bus) => bus.close()));
  };
  return { hears, close, heard: () => heard };
}

test("[S73] while one server of a bus is left all go on, wherever they were, also across regions", async () => {
  const all = await Promise.all([
    ends(HERE, HERE, "t.here"),
    ends(HERE, THERE, "t.there"),
    ends(THERE, HERE, "t.back"),
  ]);
  for (const one of all) await one.hears();
  const others = natsOf(HERE).slice(1);
  for (const server of others) {
    await server.kill();
    for (const one of all) await one.hears();
  }
  await Promise.all(others.map((server) => server.start()));
  for (const one of all) await one.hears();
  for (const one of all) await one.close();
}, 60_000);

test("[S73] a payload is heard once, also by who is reached by two ways", async () => {
  const [a, b] = await Promise.all([openNatsBus(urlsOf(HERE), ignore), openNatsBus(urlsOf(THERE), ignore)]);
  const heard: number[] = [];
  const grouped: number[] = [];
  b.listen("t.once", ([no = 0]) => void heard.push(no));
  for (const bus of [a, b]) bus.listen("t.once", ([no = 0]) => void grouped.push(no), { group: "g" });
  await b.flush();
  await until("it is heard there", () => {
    a.publish("t.once", Uint8Array.of(0));
    return heard.length > 0 && grouped.length > 0;
  });
  heard.length = 0;
  grouped.length = 0;
  for (let no = 1; no <= 200; no++) a.publish("t.once", Uint8Array.of(no));
  await until("the last is heard", () => heard.includes(200) && grouped.includes(200));
  const want = Array.from({ length: 200 }, (_, at) => at + 1);
  expect(heard.filter((no) => no !== 0)).toEqual(want);
  expect(grouped.filter((no) => no !== 0)).toEqual(want);
  await a.close();
  await b.close();
});

const isTaken = (sending: Promise<void>): Promise<boolean> =>
  sending.then(
    () => true,
    () => false,
  );

test("[S74] reports outlive the server that leads their stream, and are kept once", async () => {
  const reports = await openJetstreamReports(urlsOf(HERE), HERE, ignore, 3);
  for (let no = 0; no < 5; no++) await reports.append(reportNo(no));
  const leader = await leaderOf(HERE);
  await leader?.kill();
  await until("a report is taken", () => isTaken(reports.append(reportNo(5))), 20_000);
  await reports.append(reportNo(5));
  expect((await reports.pending(100)).map(({ reportId }) => reportId)).toEqual(["r0", "r1", "r2", "r3", "r4", "r5"]);
  await leader?.start();
  await reports.close();
}, 40_000);

test("[S74] a stream of one copy is given three, by whoever opens it so, with what it has", async () => {
  const one = await openJetstreamReports(urlsOf(THERE), THERE, ignore);
  await one.append(reportNo(1));
  const three = await Promise.all([1, 2, 3].map(() => openJetstreamReports(urlsOf(THERE), THERE, ignore, 3)));
  await until("both others have all of it", async () => {
    const { replicas = [] } = (await streamOf(THERE)) ?? {};
    return replicas.length === 2 && replicas.every(({ current }) => current);
  });
  const leader = await leaderOf(THERE);
  await leader?.kill();
  await until("it is still there", async () => (await one.pending(5).catch(() => [])).length === 1, 20_000);
  await leader?.start();
  for (const reports of [one, ...three]) await reports.close();
}, 40_000);

test("[S74] more copies than servers are a rejection at the start", async () => {
  await expect(openJetstreamReports(urlsOf(HERE), "ap-south" as RegionName, ignore, 5)).rejects.toThrow();
});
