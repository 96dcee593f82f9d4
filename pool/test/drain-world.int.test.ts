import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startWorld, type World } from "../world/world.ts";
import { Mover } from "./support/mover.ts";
import { until } from "./support/until.ts";

const { PATH = "", HOME = "" } = process.env;
const START_MS = 90_000;
const REGION = "eu-west";
const COUPLES = 60;
let world: World;
const movers: Mover[] = [];

beforeAll(async () => {
  world = await startWorld({
    engine: "real",
    regions: [REGION],
    pools: 2,
    shards: 2,
    edgePort: 0,
    poolPorts: 0,
    opsPorts: 0,
    root: join(import.meta.dirname, "../.."),
    env: { PATH, HOME },
    limits: { textsPerWindow: 1_000_000 },
    say: () => {},
    onLog: () => {},
  });
}, START_MS);
afterAll(async () => {
  for (const mover of movers) mover.close();
  expect(await world?.stop()).toEqual([]);
}, START_MS);

const opsOf = (pool: string): string => world.pools.find((one) => one.pool === pool)?.opsUrl ?? "";
const order = (pool: string, method: "POST" | "DELETE"): Promise<Response> =>
  fetch(`${opsOf(pool)}/drain`, { method, headers: { "x-whisper-ops": "1" } });
const progress = async (pool: string): Promise<unknown> => (await fetch(`${opsOf(pool)}/drain`)).json();

/** Couples in their chats, each a seat apart from the next. */
async function couples(count: number): Promise<readonly (readonly [Mover, Mover])[]> {
  const all = Array.from(
    { length: count },
    () => [new Mover(world.edgeUrl, REGION), new Mover(world.edgeUrl, REGION)] as const,
  );
  movers.push(...all.flat());
  await until("all are in", () => all.flat().every(({ state }) => state.link.speaks !== undefined), 20_000);
  await until(
    "all are in their chats",
    () => {
      all.forEach((couple, at) => {
        for (const one of couple) one.meet(`couple ${at}`);
      });
      return all.flat().every(({ state }) => state.scene.scene === "chatting");
    },
    30_000,
  );
  return all;
}

test("[Q9] right after the start a drain moves everybody by a hand-over ticket, loses no socket and no text", async () => {
  const chats = await couples(COUPLES);
  const people = chats.flat();
  const here = people.filter(({ pool }) => pool === `${REGION}/p1`);
  expect(here.length).toBeGreaterThan(COUPLES / 3);
  const asked = people.map((one) => one.asked);
  let said = 0;
  const talk = setInterval(() => {
    said++;
    for (const one of people) one.say(`text ${said}`);
  }, 100);
  try {
    await until("texts flow", () => said >= 3);
    expect((await order("p1", "POST")).status).toBe(200);
    await until("nobody is left", async () => ((await progress("p1")) as { state: string }).state === "done", 15_000);
    await until("everybody is on the other pool", () => people.every(({ pool }) => pool === `${REGION}/p2`));
  } finally {
    clearInterval(talk);
  }
  expect(await progress("p1")).toMatchObject({ left: 0, closed: 0, moved: here.length });
  const due = Array.from({ length: said }, (_, at) => `text ${at + 1}`);
  await until("every text is there", () => people.every(({ heard }) => heard.length >= due.length));
  for (const { heard } of people) expect(heard).toEqual(due);
  expect(people.map((one) => one.asked)).toEqual(asked);
  expect(people.filter(({ losses }) => losses > 0).length).toBe(0);
  expect(people.every(({ state }) => state.scene.scene === "chatting")).toBe(true);
  expect((await order("p1", "DELETE")).status).toBe(200);
}, 60_000);
