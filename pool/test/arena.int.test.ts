import { join } from "node:path";
import { systemClock } from "@whisper/shared/base/clock";
import type { PoolName, RegionName } from "@whisper/shared/base/ids";
import { publicHalf } from "@whisper/shared/credentials/signing-keys";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { openNatsBus } from "../src/adapters/nats/nats-bus.ts";
import type { Bus } from "../src/ports.ts";
import { type Supervisor, startSupervisor } from "../src/supervisor/supervisor.ts";
import { openPoolGround, type PoolGround } from "./support/pool-process.ts";
import { Stranger } from "./support/stranger.ts";
import { newTickets } from "./support/tickets.ts";
import { until } from "./support/until.ts";

// A supervisor with real shards, in which there is a fault of ours that anybody can hit.

const { PATH = "", HOME = "" } = process.env;
const CHILD = join(import.meta.dirname, "support/hostile-shard/main.ts");
const SHARDS = 2;
let ground: PoolGround;
let bus: Bus;
let supervisor: Supervisor | undefined;
const strangers: Stranger[] = [];

beforeAll(async () => {
  ground = await openPoolGround({ PATH, HOME });
  bus = await openNatsBus(ground.nats().url, () => {});
}, 30_000);
afterEach(async () => {
  for (const stranger of strangers.splice(0)) stranger.socket.terminate();
  await supervisor?.stop();
  await ground.clear();
  ground.heard.lines.length = 0;
});
afterAll(async () => {
  await bus?.close();
  await ground?.close();
});

async function open(): Promise<Supervisor> {
  const place = { region: "eu-west" as RegionName, pool: "p1" as PoolName, lat: 0, lon: 0, host: "127.0.0.1", port: 0 };
  const often = { heartbeatEveryMs: 200, reportEveryMs: 500, drainMs: 60_000, wellMs: 30_000 };
  const ops = { host: "127.0.0.1", port: 0 };
  const log = { info: () => {}, warn: () => {}, error: () => {} };
  const program = (number: number, port: number) => ({
    file: CHILD,
    env: {
      ...{ PATH, HOME, REGION: "eu-west", POOL: "p1", SHARD: String(number), SHARDS: String(SHARDS) },
      ...{ PORT: String(port), NATS_URL: ground.nats().url, KEY: JSON.stringify(publicHalf(ground.key)) },
    },
    upMs: 20_000,
    stopMs: 2_000,
  });
  const settings = { ...place, shards: SHARDS, ops, tellsOps: false, ...often };
  return startSupervisor(settings, { bus, clock: systemClock, log, program });
}

async function enter(url: string, count: number): Promise<readonly Stranger[]> {
  const came = (await newTickets(count, ground.key)).map((ticket) => Stranger.withTicket(url, ticket));
  strangers.push(...came);
  await Promise.all(came.map((stranger) => stranger.next("session_created")));
  return came;
}

const newestOf = (shard: number) => ground.heard.lines.findLast((line) => line.pool === "p1" && line.shard === shard);
const heldBy = (shard: number): number => newestOf(shard)?.sockets ?? 0;

/** Everybody breaks a promise of their shard, until both have had far more than enough of it. */
async function attack(url: string): Promise<void> {
  const hostile = await enter(url, 60);
  for (const one of hostile) one.say({ type: "find_match", interests: ["boom"] });
  for (const one of hostile) expect(await one.end()).toMatchObject({ code: 4101 });
}

/** Whether at any one heartbeat both shards were going. */
function bothWent(): boolean {
  let going = new Set<number>();
  for (const { pool, shard, state } of ground.heard.lines) {
    if (pool !== "p1") continue;
    going = new Set([...going].filter((one) => one !== shard));
    if (state === "draining") going.add(shard);
    if (going.size > 1) return true;
  }
  return false;
}

test("[Q14] two shards hit by hostile input at once go one after the other, each is started afresh, and the pool never empties", async () => {
  supervisor = await open();
  await ground.pool({ WHISPER_POOL: "p2" });
  const { url, opsUrl } = supervisor;
  const people = await enter(url, 40);
  await until("both shards hold people", () => heldBy(0) >= 5 && heldBy(1) >= 5);
  const before = [0, 1].map((shard) => newestOf(shard)?.incarnation);
  await attack(url);
  // Those who only stand by do as they are told.
  const gone = people.map((one) =>
    one.next("moving", 40_000).then(() => {
      one.leave();
    }),
  );
  const isFresh = (shard: number): boolean => {
    const line = newestOf(shard);
    return line?.incarnation !== before[shard] && line?.state === "up";
  };
  await until("one is fresh", () => isFresh(0) || isFresh(1), 20_000);
  await until("both are", () => isFresh(0) && isFresh(1), 20_000);
  await Promise.all(gone);
  expect(bothWent()).toBe(false);
  expect(people.every(({ closed }) => closed === undefined || closed.code !== 4101)).toBe(true);
  expect(await (await fetch(`${opsUrl}/metrics`)).text()).toMatch(/^whisper_shards_renewed_total\{.*\} 2$/m);
  await enter(url, 10);
}, 60_000);

test("[Q14] without room elsewhere an unwell shard keeps its people, and its sibling serves newcomers", async () => {
  supervisor = await open();
  const { url } = supervisor;
  const people = await enter(url, 40);
  await until("both shards hold people", () => heldBy(0) >= 5 && heldBy(1) >= 5);
  const before = [0, 1].map((shard) => newestOf(shard)?.incarnation);
  await attack(url);
  await until("one would go", () => [0, 1].some((shard) => newestOf(shard)?.state === "draining"));
  const beats = ground.heard.lines.length;
  await until("ten heartbeats pass", () => ground.heard.lines.length > beats + 20);
  for (const one of people) expect([one.closed, one.all("moving")]).toEqual([undefined, []]);
  expect([0, 1].map((shard) => newestOf(shard)?.incarnation)).toEqual(before);
  expect(bothWent()).toBe(false);
  await enter(url, 10);
}, 30_000);
