import type { PoolName, RegionName } from "@whisper/shared/base/ids";
import { MemoBatch } from "@whisper/shared/bus/codec";
import type { PoolOrder } from "@whisper/shared/bus/memos";
import { controlSubject } from "@whisper/shared/bus/subjects";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { openNatsBus } from "../src/adapters/nats/nats-bus.ts";
import type { Bus } from "../src/ports.ts";
import { openPoolGround, type PoolGround, type PoolProcess } from "./support/pool-process.ts";
import { Stranger } from "./support/stranger.ts";
import { newTickets } from "./support/tickets.ts";
import { until } from "./support/until.ts";

// Orders to a pool over the region's real bus.

const { PATH = "", HOME = "" } = process.env;
const EU = "eu-west" as RegionName;
let ground: PoolGround;
let bus: Bus;
const strangers: Stranger[] = [];

beforeAll(async () => {
  ground = await openPoolGround({ PATH, HOME });
  bus = await openNatsBus(ground.nats().url, () => {});
}, 30_000);
afterEach(async () => {
  for (const stranger of strangers.splice(0)) stranger.socket.terminate();
  await ground.clear();
});
afterAll(async () => {
  await bus?.close();
  await ground?.close();
});

const bytesOf = (order: PoolOrder, pool = "p1", region: RegionName = EU): Uint8Array => {
  const batch = new MemoBatch();
  batch.add({ kind: "order", region, pool: pool as PoolName, order });
  return batch.take();
};
const tell = (payload: Uint8Array): void => bus.publish(controlSubject(EU, "p1"), payload);
const order = (what: PoolOrder): void => tell(bytesOf(what));
const drainOf = async ({ opsUrl }: PoolProcess) =>
  (await (await fetch(`${opsUrl}/drain`)).json()) as { readonly state: string; readonly total: number };
const told = (state: string) => ground.heard.loads.at(-1)?.state === state;

async function enter(pool: PoolProcess, withinMs = 10_000): Promise<Stranger> {
  const [ticket = ""] = await newTickets(1, ground.key);
  const one = Stranger.withTicket(pool.url, ticket);
  strangers.push(one);
  await one.next("session_created", withinMs);
  return one;
}

const POOLS = [
  ["a supervisor with two shards", { WHISPER_SHARDS: "2" }],
  ["a pool of one process", { WHISPER_ROLES: "shard" }],
] as const;

test.each(POOLS)("[Q13] %s obeys drain, undrain, cordon and uncordon, twice as once", async (_what, settings) => {
  const pool = await ground.pool(settings);
  await enter(pool);
  for (const _ of [1, 2]) order("drain");
  await until("it drains", () => told("draining"));
  await until("nobody has anywhere to go", async () => (await drainOf(pool)).state === "no_room");
  expect((await drainOf(pool)).total).toBe(1);
  for (const _ of [1, 2]) order("undrain");
  await until("it is open", () => told("up"));
  for (const _ of [1, 2]) order("cordon");
  await until("it has left the directory", () => told("cordoned"));
  order("drain");
  await until("it drains", () => told("draining"));
  order("undrain");
  await until("it is still cordoned", () => told("cordoned"));
  order("uncordon");
  await until("it is open", () => told("up"));
  await until("newcomers come in", () =>
    // The port of a pool that was undone is listened on again a turn later.
    enter(pool, 500).then(
      () => true,
      () => false,
    ),
  );
});

test("[Q13] what is no order to this pool is counted and changes nothing", async () => {
  const pool = await ground.pool({ WHISPER_SHARDS: "2" });
  const one = await enter(pool);
  const drain = bytesOf("drain");
  const other = new MemoBatch();
  other.add({ kind: "exited", address: "eu-west.p1.0.abc" as never });
  const hostile = [
    Uint8Array.of(),
    Uint8Array.of(0xff, 0xff, 0xff, 0xff),
    drain.subarray(0, drain.length - 2),
    new TextEncoder().encode('{"order":"drain"}'),
    bytesOf("dance" as PoolOrder),
    bytesOf("drain", "p2"),
    bytesOf("drain", "p1", "us-east" as RegionName),
    other.take(),
  ];
  for (const payload of hostile) tell(payload);
  await until("they are counted", async () => {
    const text = await (await fetch(`${pool.opsUrl}/metrics`)).text();
    return Number(/^whisper_orders_dropped_total\{.*\} (\d+)$/m.exec(text)?.[1]) >= hostile.length - 1;
  });
  expect(await drainOf(pool)).toMatchObject({ state: "open" });
  expect(one.all("moving")).toEqual([]);
  tell(drain);
  await until("a good one is obeyed", async () => (await drainOf(pool)).state === "no_room");
});
