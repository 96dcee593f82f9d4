import { join } from "node:path";
import { browserWorld, memoryKeep } from "@whisper/shared/client/browser-world";
import type { WhisperClient } from "@whisper/shared/client/view";
import { createWhisperClient } from "@whisper/shared/client/whisper-client";
import { TICKET_OLD_MS } from "@whisper/shared/limits";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freeRange } from "../world/chaos/free-range.ts";
import { startWorld, type World } from "../world/world.ts";
import { lives, treeOf } from "./support/processes.ts";
import { until } from "./support/until.ts";

const { PATH = "", HOME = "" } = process.env;
const START_MS = 90_000;
const BACK_MS = 60_000;
const PEOPLE = 160;
/** So few that a crowd of this size meets the bucket. */
const UPGRADES_PER_S = 10;
let world: World;
const people: Person[] = [];

beforeAll(async () => {
  const [poolPorts, opsPorts] = await freeRange();
  const ways = { root: join(import.meta.dirname, "../.."), env: { PATH, HOME }, say: () => {}, onLog: () => {} };
  const limits = { upgradesPerS: UPGRADES_PER_S };
  const size = { regions: ["eu-west"], pools: 2, shards: 2, edgePort: 0, poolPorts, opsPorts };
  world = await startWorld({ engine: "real", ...size, ...ways, limits });
  // Not all at one moment: how they come in first is not what is looked at here.
  for (let from = 0; from < PEOPLE; from += 20) {
    people.push(...Array.from({ length: 20 }, () => new Person()));
    await until("they are in", () => people.every(({ isIn }) => isIn), BACK_MS);
  }
}, START_MS);
afterAll(async () => {
  for (const { client } of people) client.close();
  expect(await world?.stop()).toEqual([]);
}, START_MS);

/** A real client, and what it asks of the edge and of the pools. */
class Person {
  asks = 0;
  knocks = 0;
  /** Tickets asked for while one was young and not used. */
  earlyAsks = 0;
  #ticketMs = Number.NEGATIVE_INFINITY;
  readonly client: WhisperClient;

  constructor() {
    const tell = { knocked: () => void this.knocks++, opened: () => this.#use() };
    class CountedSocket extends WebSocket {
      constructor(url: string, protocols: string[]) {
        super(url, protocols);
        tell.knocked();
        this.addEventListener("open", tell.opened);
      }
    }
    const ways = { tab: memoryKeep(), device: memoryKeep(), WebSocket: CountedSocket };
    this.client = createWhisperClient({ ...browserWorld(world.edgeUrl), ...ways, fetch: this.#ask });
    this.client.connect();
  }
  get isIn(): boolean {
    return this.client.view().connection === "open";
  }
  beginAnew(): void {
    this.asks = 0;
    this.knocks = 0;
    this.earlyAsks = 0;
  }
  readonly #ask: typeof fetch = async (url, init) => {
    this.asks++;
    if (performance.now() - this.#ticketMs < TICKET_OLD_MS) this.earlyAsks++;
    const answer = await fetch(`${String(url)}?region=eu-west`, init);
    if (answer.ok) this.#ticketMs = performance.now();
    return answer;
  };
  #use(): void {
    this.#ticketMs = Number.NEGATIVE_INFINITY;
  }
}

const most = (numbers: readonly number[]): number => Math.max(0, ...numbers);
const sumOf = (numbers: readonly number[]): number => numbers.reduce((sum, one) => sum + one, 0);

/** A number that all shards of a pool show, summed. */
async function read(opsUrl: string, metric: RegExp): Promise<number> {
  const lines = (await (await fetch(`${opsUrl}/metrics`)).text()).split("\n");
  return sumOf(lines.filter((line) => metric.test(line)).map((line) => Number(line.split(" ").at(-1))));
}

async function killShards(): Promise<void> {
  const shards = world.pools.flatMap(({ pid }) => treeOf(pid).slice(1));
  expect(shards).toHaveLength(4);
  for (const pid of shards) process.kill(pid, "SIGKILL");
  await until("they are gone", () => !shards.some(lives));
}

async function restartPools(): Promise<void> {
  const pools = world.mortals.filter(({ kind }) => kind === "pool");
  await Promise.all(pools.map((pool) => pool.kill()));
  await Promise.all(pools.map((pool) => pool.start()));
}

test.each([
  ["all shards of a region are killed at once", killShards, true],
  // They take longer, and by then the crowd's pauses differ so much that the bucket may not be met.
  ["all pools of a region are killed and come again", restartPools, false],
])(
  "[S75] %s: everybody comes back, spread over its pools, without a second wave",
  async (_, strike, meetsBucket) => {
    for (const person of people) person.beginAnew();
    await strike();
    await until("all have noticed", () => people.every(({ asks }) => asks > 0), BACK_MS);
    await until("all are back", () => people.every(({ isIn }) => isIn), BACK_MS);
    // Each knock is drawn from a pause twice as long as the one before, so few knocks mean that they thinned out.
    const knocks = people.map((person) => person.knocks);
    expect(most(knocks)).toBeLessThanOrEqual(14);
    expect(sumOf(knocks)).toBeLessThanOrEqual(7 * PEOPLE);
    expect(sumOf(people.map(({ earlyAsks }) => earlyAsks))).toBe(0);
    const refused = await Promise.all(
      world.pools.map(({ opsUrl }) => read(opsUrl, /^whisper_upgrades_total.*too_many/)),
    );
    if (meetsBucket) expect(sumOf(refused)).toBeGreaterThan(0);
    const held = await Promise.all(world.pools.map(({ opsUrl }) => read(opsUrl, /^whisper_connections_total/)));
    expect(sumOf(held)).toBe(PEOPLE);
    expect(Math.min(...held)).toBeGreaterThan(PEOPLE / 5);
  },
  120_000,
);
